-- Staff give a customer more time to pay: until then no card is charged, and nothing is suspended or terminated for an unpaid invoice.

create table dunning_extensions (
  id              uuid primary key,
  tenant_id       uuid not null references tenants (id),
  subscription_id uuid not null,
  until           timestamptz not null,
  reason          text not null,
  created_at      timestamptz not null,
  ended_at        timestamptz, -- taken back, or replaced by another one
  unique (tenant_id, id),
  constraint dunning_extensions_until_check check (until > created_at),
  constraint dunning_extensions_subscription_fkey foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id)
);
create unique index dunning_extensions_open_key on dunning_extensions (subscription_id) where ended_at is null;
create index dunning_extensions_subscription on dunning_extensions (tenant_id, subscription_id, id);

select protect_tenant_table('dunning_extensions');
-- Why is for staff.
grant select (id, tenant_id, subscription_id, until, created_at, ended_at) on dunning_extensions to mpanel_tenant;
grant select, insert, update (ended_at) on dunning_extensions to mpanel_platform;
