-- What the provider was last told about an account: it is told again when that is something else now.

create table payment_customers (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  provider   text not null,
  digest     bytea not null check (length(digest) = 32), -- SHA-256 of what it was told
  unique (tenant_id, id),
  constraint payment_customers_key unique (tenant_id, provider)
);

select protect_tenant_table('payment_customers');
grant select, insert, update on payment_customers to mpanel_platform;
