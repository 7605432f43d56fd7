-- The life of a subscription: periods by the calendar, counted from an anchor, and the states between paid and ended.

alter table subscriptions
  add column anchor timestamptz not null default now(), -- start of period 0
  add column period integer not null default 0 check (period >= 0),
  add column period_start timestamptz not null default now(),
  add column suspended_at timestamptz;
update subscriptions set anchor = started_at, period_start = started_at;
create index subscriptions_parent on subscriptions (parent_id) where parent_id is not null;
alter table subscriptions
  drop constraint subscriptions_status_check,
  add constraint subscriptions_status_check check (status in ('ACTIVE', 'PAST_DUE', 'SUSPENDED', 'CANCELLED')),
  add constraint subscriptions_suspended_check check ((status = 'SUSPENDED') = (suspended_at is not null)),
  add constraint subscriptions_cancelled_check check (status <> 'CANCELLED' or cancel_at is not null);

-- What a customer was told about an overdue invoice; each once.
create table dunning_notices (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  invoice_id uuid not null,
  notice     text not null check (notice in ('PAYMENT_FAILED', 'SUSPENSION_IN_7', 'SUSPENSION_IN_3', 'SUSPENSION_IN_1', 'SUSPENDED',
                                             'TERMINATION_IN_14', 'TERMINATION_IN_7', 'TERMINATION_IN_1', 'TERMINATED', 'REINSTATED')),
  created_at timestamptz not null,
  unique (tenant_id, id),
  constraint dunning_notices_notice_key unique (invoice_id, notice),
  constraint dunning_notices_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);

select protect_tenant_table('dunning_notices');
grant select on dunning_notices to mpanel_tenant;
grant select, insert on dunning_notices to mpanel_platform;
