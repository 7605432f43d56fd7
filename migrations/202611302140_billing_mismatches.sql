-- Where billing and infrastructure differ. A row is opened when a difference is found, confirmed once it has lasted, and cleared when it no
-- longer holds; it changes nothing itself.

create table mismatches (
  id              uuid primary key,
  kind            text not null check (kind in ('PAID_NOT_RUNNING', 'RUNNING_NOT_PAID', 'SUSPENDED_SERVING', 'POD_WITHOUT_SUBSCRIPTION',
                                                'SUBSCRIPTION_WITHOUT_POD', 'INVOICE_WITHOUT_PAYMENT', 'PAYMENT_WITHOUT_INVOICE')),
  object          text not null check (length(object) between 1 and 255), -- the object's id; the provider's name of a payment
  tenant_id       uuid references tenants (id), -- none for a payment of nobody known
  cloud_pod_id    uuid,
  subscription_id uuid,
  invoice_id      uuid,
  purpose         text, -- what a payment was taken for, by the provider's word
  subject         text not null, -- the object's name
  message         text not null,
  amount          bigint not null check (amount >= 0), -- what is at stake: each period, or once where there is none
  currency        text not null check (currency ~ '^[A-Z]{3}$'),
  billing_cycle   text check (billing_cycle in ('MONTHLY', 'YEARLY')),
  since           timestamptz not null, -- when it began, as far as that is known
  found_at        timestamptz not null,
  checked_at      timestamptz not null, -- when it was last found to hold
  confirmed_at    timestamptz, -- what is over before that was a change under way
  cleared_at      timestamptz,
  unique (tenant_id, id),
  constraint mismatches_tenant_check check (tenant_id is not null or (cloud_pod_id is null and subscription_id is null and invoice_id is null)),
  constraint mismatches_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id),
  constraint mismatches_subscription_fkey foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id),
  constraint mismatches_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create unique index mismatches_open_key on mismatches (kind, object) where cleared_at is null;
create index mismatches_open on mismatches (id) where cleared_at is null and confirmed_at is not null;
create index mismatches_cleared on mismatches (cleared_at) where cleared_at is not null;

-- The last comparison: when it was, and how much it went through.
create table mismatch_scans (
  singleton     boolean primary key default true check (singleton),
  checked_at    timestamptz not null,
  pods          bigint not null,
  subscriptions bigint not null,
  invoices      bigint not null,
  payments      bigint, -- none when the provider did not respond
  payments_at   timestamptz -- those taken before were listed
);

select protect_tenant_table('mismatches'), protect_table('mismatch_scans');
grant select, insert, update, delete on mismatches to mpanel_platform;
grant select, insert, update on mismatch_scans to mpanel_platform;

-- Paid invoices of the last days are gone through by the time they were paid.
create index invoices_paid on invoices (paid_at, id) where status = 'PAID' and kind = 'INVOICE';
