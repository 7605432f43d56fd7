-- Payments that a cardholder has disputed at the bank. Nothing is done about them but telling staff, who answer at the provider.

create table disputes (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  payment_id   uuid not null,
  provider     text not null,
  provider_ref text not null check (length(provider_ref) between 1 and 255),
  amount       bigint not null check (amount > 0),
  currency     text not null check (currency ~ '^[A-Z]{3}$'),
  reason       text not null check (length(reason) between 1 and 100),
  status       text not null check (status in ('OPEN', 'WON', 'LOST')),
  respond_by   timestamptz,
  created_at   timestamptz not null,
  settled_at   timestamptz,
  unique (tenant_id, id),
  constraint disputes_ref_key unique (provider, provider_ref),
  constraint disputes_settled_check check ((status = 'OPEN') = (settled_at is null)),
  constraint disputes_payment_fkey foreign key (tenant_id, payment_id) references payments (tenant_id, id)
);
create index disputes_payment on disputes (tenant_id, payment_id);
create index disputes_open on disputes (id) where status = 'OPEN';
create index disputes_settled on disputes (settled_at) where settled_at is not null;
select protect_tenant_table('disputes');
grant select, insert, update on disputes to mpanel_platform;
