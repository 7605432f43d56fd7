-- DNSSEC of zones, records of two types more, and how often DNS is asked for customers.

-- The key of a signed zone, and what its parent says of it. A zone without a row is not signed.
create table dns_signing (
  id            uuid primary key,
  tenant_id     uuid not null references tenants (id),
  zone_id       uuid not null,
  public_key    text not null check (length(public_key) = 88), -- 64 bytes in base64 (ECDSA P-256)
  sealed_key    bytea not null,
  started_at    timestamptz not null,
  served_at     timestamptz,             -- since when all name servers return the key
  ds            text[] not null default '{}', -- at the parent, when it was last looked up
  ds_ttl        integer not null default 0 check (ds_ttl >= 0), -- the longest that was seen
  ds_checked_at timestamptz,
  ds_seen_at    timestamptz,             -- when the parent last had one
  ds_gone_at    timestamptz,             -- since when it has none, after it had one
  ds_error      text check (length(ds_error) <= 500),
  off_asked_at  timestamptz,             -- when it was asked to be turned off
  unique (tenant_id, id),
  constraint dns_signing_zone_key unique (zone_id),
  constraint dns_signing_zone_fkey foreign key (tenant_id, zone_id) references dns_zones (tenant_id, id)
);
create index dns_signing_zone on dns_signing (tenant_id, zone_id);

-- How often DNS was asked for an account since then.
create table dns_lookups (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  since      timestamptz not null,
  count      integer not null check (count >= 1),
  unique (tenant_id, id),
  constraint dns_lookups_tenant_key unique (tenant_id)
);

select protect_tenant_table('dns_signing'), protect_tenant_table('dns_lookups');
grant select (id, tenant_id, zone_id, public_key, started_at, served_at, ds, ds_ttl, ds_checked_at, ds_seen_at, ds_gone_at, ds_error, off_asked_at)
  on dns_signing to mpanel_tenant;
grant select, insert, delete, update (sealed_key, served_at, ds, ds_ttl, ds_checked_at, ds_seen_at, ds_gone_at, ds_error, off_asked_at)
  on dns_signing to mpanel_platform;
grant select, insert, update (since, count) on dns_lookups to mpanel_platform;

create trigger notify_dns_signing_listed after insert or delete on dns_signing for each row execute function notify_dns_zone_server();
create trigger notify_dns_signing after update of served_at, ds, ds_checked_at, ds_gone_at, ds_error, off_asked_at on dns_signing
  for each row
  when ((old.served_at, old.ds, old.ds_gone_at, old.ds_error, old.off_asked_at, old.ds_checked_at is null)
        is distinct from (new.served_at, new.ds, new.ds_gone_at, new.ds_error, new.off_asked_at, new.ds_checked_at is null))
  execute function notify_dns_zone_server();

alter table dns_records drop constraint dns_records_type_check;
alter table dns_records add constraint dns_records_type_check
  check (type in ('A', 'AAAA', 'CNAME', 'MX', 'TXT', 'SRV', 'CAA', 'NS', 'PTR', 'SSHFP', 'TLSA', 'DS', 'HTTPS', 'SVCB'));
