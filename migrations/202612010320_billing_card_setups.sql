-- A page of the provider on which a customer saves a card without a payment.

create table card_setups (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  provider     text not null,
  provider_ref text check (length(provider_ref) between 1 and 255),
  status       text not null default 'OPEN' check (status in ('OPEN', 'SAVED')),
  created_at   timestamptz not null,
  unique (tenant_id, id),
  constraint card_setups_provider_ref_key unique (provider, provider_ref)
);

select protect_tenant_table('card_setups');
grant select, insert, update on card_setups to mpanel_platform;
