-- Who is invoiced, where, and under which VAT number. An account without a profile is invoiced by what its first order said.

create table billing_profiles (
  id               uuid primary key,
  tenant_id        uuid not null references tenants (id) constraint billing_profiles_tenant_key unique,
  name             text not null check (length(name) between 1 and 200),
  address          text not null check (length(address) between 1 and 1000),
  country          text not null check (country ~ '^[A-Z]{2}$'),
  vat_number       text check (vat_number ~ '^[A-Z]{2}[A-Z0-9+*]{2,13}$'),
  vat_status       text check (vat_status in ('PENDING', 'CONFIRMED', 'REJECTED')),
  vat_checked_at   timestamptz, -- when VIES answered last
  vat_consultation text not null default '' check (length(vat_consultation) <= 60), -- VIES' proof of that answer
  contacts         text[] not null default '{}' check (cardinality(contacts) <= 5),
  updated_at       timestamptz not null,
  unique (tenant_id, id),
  constraint billing_profiles_vat_check check ((vat_number is null) = (vat_status is null)),
  constraint billing_profiles_vat_checked_check check (vat_checked_at is not null or vat_status is null or vat_status = 'PENDING')
);
create index billing_profiles_vat on billing_profiles (tenant_id) where vat_number is not null;

select protect_tenant_table('billing_profiles');
grant select on billing_profiles to mpanel_tenant;
grant select, insert, update on billing_profiles to mpanel_platform;
