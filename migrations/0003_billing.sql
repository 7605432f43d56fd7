-- What is sold, to whom, and what was paid. Money is whole minor units with its currency beside it.

create table products (
  id           uuid primary key,
  code         text not null constraint products_code_key unique check (code ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  name         text not null check (length(name) between 1 and 200),
  description  text not null default '',
  type         text not null check (type in ('CLOUDPOD', 'ADDON')),
  base_price   bigint not null check (base_price >= 0),
  yearly_price bigint check (yearly_price >= 0),
  currency     text not null check (currency ~ '^[A-Z]{3}$'),
  features     text[] not null default '{}',
  metadata     jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  active       boolean not null default true,
  position     integer not null default 0,
  created_at   timestamptz not null default now()
);

create table subscriptions (
  id                  uuid primary key,
  tenant_id           uuid not null references tenants (id),
  product_id          uuid not null references products (id),
  status              text not null default 'ACTIVE' check (status in ('ACTIVE', 'CANCELLED')),
  billing_cycle       text not null check (billing_cycle in ('MONTHLY', 'YEARLY')),
  quantity            integer not null default 1 check (quantity > 0),
  price               bigint not null check (price >= 0),
  currency            text not null check (currency ~ '^[A-Z]{3}$'),
  started_at          timestamptz not null default now(),
  renews_at           timestamptz not null,
  cancel_at           timestamptz,
  billing_provider    text not null,
  billing_provider_id text,
  parent_id           uuid, -- an add-on belongs to the subscription of its plan
  unique (tenant_id, id),
  constraint subscriptions_parent_fkey foreign key (tenant_id, parent_id) references subscriptions (tenant_id, id)
);
create index subscriptions_product on subscriptions (product_id);

create table checkout_sessions (
  id            uuid primary key,
  plan_code     text not null,
  billing_cycle text not null check (billing_cycle in ('MONTHLY', 'YEARLY')),
  email         text not null check (email = lower(email) and length(email) <= 254),
  country       text not null check (country ~ '^[A-Z]{2}$'),
  domain        text not null check (length(domain) <= 253),
  site_title    text check (length(site_title) <= 200),
  add_ons       text[] not null default '{}',
  currency      text not null check (currency ~ '^[A-Z]{3}$'),
  net           bigint not null check (net >= 0),
  tax           bigint not null check (tax >= 0),
  tax_rate_bp   integer not null check (tax_rate_bp between 0 and 10000),
  total         bigint not null,
  lines         jsonb not null check (jsonb_typeof(lines) = 'array'),
  status        text not null default 'OPEN' check (status in ('OPEN', 'PAID', 'DECLINED', 'EXPIRED')),
  provider      text not null,
  provider_ref  text,
  follow_hash   bytea not null check (length(follow_hash) = 32),
  tenant_id     uuid references tenants (id),
  cloud_pod_id  uuid,
  job_id        uuid,
  created_at    timestamptz not null default now(),
  expires_at    timestamptz not null,
  unique (tenant_id, id),
  constraint checkout_sessions_provider_ref_key unique (provider, provider_ref),
  constraint checkout_sessions_total_check check (total = net + tax),
  constraint checkout_sessions_result_check check (tenant_id is not null or (cloud_pod_id is null and job_id is null))
);
create index checkout_sessions_open on checkout_sessions (expires_at) where status = 'OPEN';

create table invoices (
  id                  uuid primary key,
  tenant_id           uuid not null references tenants (id),
  subscription_id     uuid not null,
  checkout_session_id uuid constraint invoices_checkout_session_key unique,
  number              text not null constraint invoices_number_key unique check (number ~ '^[A-Z]+-[0-9]{4}-[0-9]{5,}$'),
  status              text not null check (status in ('PAID', 'OPEN', 'VOID')),
  currency            text not null check (currency ~ '^[A-Z]{3}$'),
  net                 bigint not null,
  tax                 bigint not null,
  tax_rate_bp         integer not null check (tax_rate_bp between 0 and 10000),
  total               bigint not null,
  buyer               jsonb not null, -- copied: what the invoice says must not move with the account
  seller              jsonb not null,
  issued_at           timestamptz not null default now(),
  due_at              timestamptz not null,
  paid_at             timestamptz,
  unique (tenant_id, id),
  constraint invoices_total_check check (total = net + tax),
  constraint invoices_paid_check check ((status = 'PAID') = (paid_at is not null)),
  constraint invoices_subscription_fkey foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id),
  -- Deferred: the checkout learns its tenant in the same transaction, in whatever order.
  constraint invoices_checkout_fkey foreign key (tenant_id, checkout_session_id)
    references checkout_sessions (tenant_id, id) deferrable initially deferred
);

create table invoice_lines (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  invoice_id   uuid not null,
  position     integer not null,
  description  text not null,
  quantity     integer not null check (quantity > 0),
  unit_price   bigint not null,
  net          bigint not null,
  period_start timestamptz not null,
  period_end   timestamptz not null,
  unique (tenant_id, id),
  unique (invoice_id, position),
  constraint invoice_lines_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create index invoice_lines_invoice on invoice_lines (tenant_id, invoice_id);

-- Numbers without gaps: `update .. returning` in the transaction of the invoice, so a rollback gives the number back.
create table invoice_counters (
  series text primary key,
  last   bigint not null default 0 check (last >= 0)
);

create table payment_events (
  id                  uuid primary key,
  provider            text not null,
  event_id            text not null check (length(event_id) between 1 and 255),
  kind                text not null,
  body                bytea not null,
  received_at         timestamptz not null default now(),
  status              text not null default 'RECEIVED' check (status in ('RECEIVED', 'PROCESSED', 'IGNORED', 'FAILED')),
  reason              text,
  processed_at        timestamptz,
  checkout_session_id uuid references checkout_sessions (id),
  constraint payment_events_event_key unique (provider, event_id)
);
create index payment_events_waiting on payment_events (received_at) where status = 'RECEIVED';

select protect_table('products'), protect_table('payment_events'),
       protect_tenant_table('subscriptions'), protect_tenant_table('checkout_sessions'),
       protect_tenant_table('invoices'), protect_tenant_table('invoice_lines');

create policy tenant on products for select to mpanel_tenant using (true);
create policy public on products for select to mpanel_public using (active);
-- A visitor starts a checkout and never sees it again but by its follow token (see the lookups).
create policy public on checkout_sessions for insert to mpanel_public
  with check (status = 'OPEN' and tenant_id is null);
-- The inbox takes a message in; only workers act on it.
create policy public on payment_events for insert to mpanel_public
  with check (status = 'RECEIVED' and checkout_session_id is null);

grant select on products, subscriptions, invoices, invoice_lines to mpanel_tenant;
grant select (id, plan_code, billing_cycle, email, country, domain, site_title, add_ons, currency, net, tax, tax_rate_bp, total,
              lines, status, provider, tenant_id, cloud_pod_id, job_id, created_at, expires_at)
  on checkout_sessions to mpanel_tenant;
grant select on products to mpanel_public;
grant insert on checkout_sessions, payment_events to mpanel_public;

grant select, insert, update on products, subscriptions, checkout_sessions, payment_events, invoice_counters to mpanel_platform;
grant select, insert, update (status, paid_at) on invoices to mpanel_platform;
grant select, insert on invoice_lines to mpanel_platform;
