-- Changes of plan: paid first, then made. One at a time for a subscription.

create table subscription_changes (
  id              uuid primary key,
  tenant_id       uuid not null references tenants (id),
  subscription_id uuid not null,
  invoice_id      uuid, -- none where nothing is to be paid
  status          text not null check (status in ('PENDING', 'APPLIED', 'FAILED')),
  reason          text, -- why it failed
  agreed          jsonb not null, -- what was agreed on: prices, period, limits
  created_at      timestamptz not null,
  settled_at      timestamptz,
  unique (tenant_id, id),
  constraint subscription_changes_settled_check check ((status = 'PENDING') = (settled_at is null)),
  constraint subscription_changes_failed_check check ((status = 'FAILED') = (reason is not null)),
  constraint subscription_changes_subscription_fkey foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id),
  constraint subscription_changes_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create unique index subscription_changes_pending_key on subscription_changes (subscription_id) where status = 'PENDING';
create index subscription_changes_subscription on subscription_changes (subscription_id, created_at);

select protect_tenant_table('subscription_changes');
grant select on subscription_changes to mpanel_tenant;
grant select, insert, update on subscription_changes to mpanel_platform;
