-- Saved cards, and every attempt to move money.

create table payment_methods (
  id            uuid primary key,
  tenant_id     uuid not null references tenants (id),
  provider      text not null,
  provider_ref  text not null check (length(provider_ref) between 1 and 255),
  brand         text not null check (length(brand) between 1 and 40),
  last4         text not null check (last4 ~ '^[0-9]{4}$'),
  expires_month integer not null check (expires_month between 1 and 12),
  expires_year  integer not null check (expires_year between 2000 and 2200),
  status        text not null default 'ACTIVE' check (status in ('ACTIVE', 'FAILED', 'REMOVED')),
  decline_code  text, -- why it failed for good
  preferred_at  timestamptz not null, -- the latest one is charged first
  created_at    timestamptz not null,
  unique (tenant_id, id),
  constraint payment_methods_ref_key unique (provider, provider_ref),
  constraint payment_methods_failed_check check (status = 'REMOVED' or (status = 'FAILED') = (decline_code is not null))
);
create index payment_methods_account on payment_methods (tenant_id, preferred_at);

-- A page of the provider on which a customer pays an open invoice.
create table payment_sessions (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  invoice_id   uuid not null,
  amount       bigint not null check (amount > 0),
  currency     text not null check (currency ~ '^[A-Z]{3}$'),
  provider     text not null,
  provider_ref text,
  status       text not null default 'OPEN' check (status in ('OPEN', 'PAID', 'DECLINED')),
  token_hash   bytea not null check (length(token_hash) = 32),
  created_at   timestamptz not null,
  expires_at   timestamptz not null,
  unique (tenant_id, id),
  constraint payment_sessions_provider_ref_key unique (provider, provider_ref),
  constraint payment_sessions_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create index payment_sessions_invoice on payment_sessions (tenant_id, invoice_id);

create table payments (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  invoice_id   uuid not null, -- what it was made for; the ledger says what it has paid
  method_id    uuid,
  provider     text not null, -- `manual`: a bank transfer that staff have recorded
  provider_ref text check (length(provider_ref) between 1 and 255),
  attempt      integer, -- of charges of a saved card
  amount       bigint not null check (amount > 0),
  currency     text not null check (currency ~ '^[A-Z]{3}$'),
  status       text not null check (status in ('PENDING', 'SUCCEEDED', 'FAILED')),
  decline_code text,
  is_hard_decline boolean not null default false, -- this card is not tried again
  created_at   timestamptz not null,
  settled_at   timestamptz,
  card_asked_at timestamptz, -- when the provider was asked for its card
  unique (tenant_id, id),
  constraint payments_attempt_key unique (invoice_id, attempt),
  constraint payments_settled_check check ((status = 'PENDING') = (settled_at is null)),
  constraint payments_failed_check check ((status = 'FAILED') = (decline_code is not null)),
  constraint payments_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
  constraint payments_method_fkey foreign key (tenant_id, method_id) references payment_methods (tenant_id, id)
);
create unique index payments_pending_key on payments (invoice_id) where status = 'PENDING';
create unique index payments_ref_key on payments (provider, provider_ref) where provider_ref is not null and provider <> 'manual';
create index payments_invoice on payments (invoice_id);
create index payments_method on payments (tenant_id, method_id);
-- Their cards are asked of the provider and saved.
create index payments_without_card on payments (id) where status = 'SUCCEEDED' and method_id is null and card_asked_at is null and provider <> 'manual';

alter table ledger_entries
  add constraint ledger_entries_payment_fkey foreign key (tenant_id, payment_id) references payments (tenant_id, id);

select protect_tenant_table('payment_methods'), protect_tenant_table('payment_sessions'), protect_tenant_table('payments');
grant select on payment_methods, payments to mpanel_tenant;
grant select (id, tenant_id, invoice_id, amount, currency, provider, status, created_at, expires_at) on payment_sessions to mpanel_tenant;
grant select, insert, update on payment_methods, payment_sessions, payments to mpanel_platform;

-- The customer opens the page with the token that stands in its link; `token_hash` is its SHA-256.
create function payment_session_lookup(p_id uuid, p_token_hash bytea)
returns table (id uuid, amount bigint, currency text, provider text, status text, expires_at timestamptz, invoice_number text, invoice_id uuid, tenant_slug text)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, s.amount, s.currency, s.provider, s.status, s.expires_at, i.number, i.id, t.slug
    from payment_sessions s join invoices i on i.id = s.invoice_id join tenants t on t.id = s.tenant_id
   where s.id = p_id and s.token_hash = p_token_hash
$$;
revoke execute on function payment_session_lookup(uuid, bytea) from public;
grant execute on function payment_session_lookup(uuid, bytea) to mpanel_public;

-- What was paid before this was kept: each paid invoice has its payment, and both stand in the ledger.
with paid as (
  select i.id as invoice_id, i.tenant_id, i.total, i.currency, i.paid_at, coalesce(c.provider, 'manual') as provider, c.provider_ref,
         gen_random_uuid() as payment_id
    from invoices i left join checkout_sessions c on c.id = i.checkout_session_id where i.status = 'PAID' and i.total > 0
), payment as (
  insert into payments (id, tenant_id, invoice_id, provider, provider_ref, amount, currency, status, created_at, settled_at)
  select payment_id, tenant_id, invoice_id, provider, provider_ref, total, currency, 'SUCCEEDED', paid_at, paid_at from paid
  returning id, tenant_id, invoice_id, amount, currency, settled_at
), charge as (
  insert into ledger_entries (id, tenant_id, kind, amount, currency, invoice_id, created_at)
  select gen_random_uuid(), tenant_id, 'CHARGE', amount, currency, invoice_id, settled_at from payment
), money as (
  insert into ledger_entries (id, tenant_id, kind, amount, currency, payment_id, created_at)
  select gen_random_uuid(), tenant_id, 'PAYMENT', -amount, currency, id, settled_at from payment
  returning id, tenant_id, payment_id, created_at
)
insert into ledger_allocations (id, tenant_id, entry_id, invoice_id, amount, created_at)
select gen_random_uuid(), m.tenant_id, m.id, p.invoice_id, p.amount, m.created_at from money m join payment p on p.id = m.payment_id;
