-- ALIAS records: what their targets lead to, which name servers answer as addresses of their names.

alter table dns_records drop constraint dns_records_type_check;
alter table dns_records add constraint dns_records_type_check
  check (type in ('A', 'AAAA', 'CNAME', 'MX', 'TXT', 'SRV', 'CAA', 'NS', 'PTR', 'SSHFP', 'TLSA', 'DS', 'HTTPS', 'SVCB', 'ALIAS'));

create table dns_aliases (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  zone_id    uuid not null,
  target     text not null check (length(target) between 1 and 254), -- as in the records' values
  addresses  text[] not null check (cardinality(addresses) between 1 and 32), -- that are answered, sorted
  changed_at timestamptz not null,
  checked_at timestamptz not null,
  error      text check (length(error) <= 500), -- why the last lookup gave none
  unique (tenant_id, id),
  constraint dns_aliases_key unique (zone_id, target),
  constraint dns_aliases_zone_fkey foreign key (tenant_id, zone_id) references dns_zones (tenant_id, id)
);
create index dns_aliases_zone on dns_aliases (tenant_id, zone_id);

select protect_tenant_table('dns_aliases');
grant select on dns_aliases to mpanel_tenant;
grant select, insert, delete, update (addresses, changed_at, checked_at, error) on dns_aliases to mpanel_platform;

create trigger notify_dns_alias_listed after insert or delete on dns_aliases for each row execute function notify_dns_zone_server();
create trigger notify_dns_alias after update of addresses, error on dns_aliases
  for each row
  when ((old.addresses, old.error) is distinct from (new.addresses, new.error))
  execute function notify_dns_zone_server();
