-- DNS zones: the desired records, earlier versions, and what each name server serves.

alter table server_capabilities drop constraint server_capabilities_capability_check;
alter table server_capabilities add constraint server_capabilities_capability_check
  check (capability in ('WEB', 'PHP', 'WORDPRESS', 'NODE', 'STATIC', 'DNS'));

-- Servers that serve the zones, with their names in the zones' NS records.
create table nameservers (
  server_id  uuid primary key references servers (id),
  name       text not null constraint nameservers_name_key unique check (name = lower(name) and length(name) between 3 and 253),
  created_at timestamptz not null
);
select protect_table('nameservers');
grant select, insert, delete on nameservers to mpanel_platform;

create table dns_zones (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  domain_id    uuid not null,
  name         text not null check (name = lower(name) and length(name) between 3 and 253),
  serial       bigint not null check (serial between 1 and 4294967295),
  version      integer not null check (version >= 1), -- of its records
  name_servers text[] not null, -- that this serial was published with
  created_at   timestamptz not null,
  removed_at   timestamptz,
  unique (tenant_id, id),
  constraint dns_zones_domain_fkey foreign key (tenant_id, domain_id) references domains (tenant_id, id)
);
create unique index dns_zones_name_key on dns_zones (name) where removed_at is null;
create index dns_zones_domain on dns_zones (tenant_id, domain_id);
create index dns_zones_serials on dns_zones (name, serial);

-- The desired records. Names are relative to the zone: `@` is the zone itself.
create table dns_records (
  id        uuid primary key,
  tenant_id uuid not null references tenants (id),
  zone_id   uuid not null,
  name      text not null check (length(name) between 1 and 253),
  type      text not null check (type in ('A', 'AAAA', 'CNAME', 'MX', 'TXT', 'SRV', 'CAA', 'NS', 'PTR', 'SSHFP', 'TLSA', 'DS')),
  ttl       integer not null check (ttl between 60 and 604800),
  value     text not null check (length(value) between 1 and 16384),
  unique (tenant_id, id),
  constraint dns_records_zone_fkey foreign key (tenant_id, zone_id) references dns_zones (tenant_id, id)
);
create index dns_records_zone on dns_records (tenant_id, zone_id);

create table dns_zone_versions (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  zone_id    uuid not null,
  version    integer not null check (version >= 1),
  serial     bigint not null check (serial between 1 and 4294967295),
  records    jsonb not null,
  summary    text not null check (length(summary) between 1 and 200),
  made_by    text not null check (length(made_by) between 1 and 400),
  created_at timestamptz not null,
  unique (tenant_id, id),
  constraint dns_zone_versions_key unique (tenant_id, zone_id, version),
  constraint dns_zone_versions_zone_fkey foreign key (tenant_id, zone_id) references dns_zones (tenant_id, id)
);

-- What a name server serves of a zone. A row is deleted once its server no longer has the zone.
create table dns_zone_servers (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  zone_id      uuid not null,
  server_id    uuid not null references servers (id),
  name         text not null check (length(name) between 3 and 253),
  seen_serial  bigint check (seen_serial between 0 and 4294967295),
  seen_at      timestamptz, -- when it last responded
  behind_since timestamptz,
  applied_at   timestamptz, -- when its full content was last compared
  agent_failed_at timestamptz, -- when its agent last failed while it was silent over the network
  error        text check (length(error) <= 500),
  unique (tenant_id, id),
  constraint dns_zone_servers_key unique (zone_id, server_id),
  constraint dns_zone_servers_zone_fkey foreign key (tenant_id, zone_id) references dns_zones (tenant_id, id)
);
create index dns_zone_servers_zone on dns_zone_servers (tenant_id, zone_id);
create index dns_zone_servers_failed on dns_zone_servers (server_id, agent_failed_at);

select protect_tenant_table('dns_zones'), protect_tenant_table('dns_records'), protect_tenant_table('dns_zone_versions'),
       protect_tenant_table('dns_zone_servers');
grant select on dns_zones, dns_records, dns_zone_versions, dns_zone_servers to mpanel_tenant;
grant select, insert, update (serial, version, name_servers, removed_at) on dns_zones to mpanel_platform;
grant select, insert, delete on dns_records to mpanel_platform;
grant select, insert, delete on dns_zone_versions to mpanel_platform;
grant select, insert, delete, update (name, seen_serial, seen_at, behind_since, applied_at, agent_failed_at, error) on dns_zone_servers to mpanel_platform;

-- `live_object 'dns_zone:<domain id>'` when a zone or what a name server serves of it has changed; pages that show it fetch it again.
create function notify_dns_zone() returns trigger
language plpgsql as $$
begin
  perform pg_notify('live_object', 'dns_zone:' || new.domain_id);
  return null;
end $$;
create trigger notify_dns_zone_created after insert on dns_zones for each row execute function notify_dns_zone();
create trigger notify_dns_zone after update of serial, version, name_servers, removed_at on dns_zones
  for each row
  when ((old.serial, old.version, old.name_servers, old.removed_at) is distinct from (new.serial, new.version, new.name_servers, new.removed_at))
  execute function notify_dns_zone();

create function notify_dns_zone_server() returns trigger
language plpgsql as $$
begin
  perform pg_notify('live_object', 'dns_zone:' || z.domain_id) from dns_zones z where z.id = coalesce(new.zone_id, old.zone_id);
  return null;
end $$;
create trigger notify_dns_zone_server_listed after insert or delete on dns_zone_servers for each row execute function notify_dns_zone_server();
create trigger notify_dns_zone_server after update of name, seen_serial, behind_since, error on dns_zone_servers
  for each row
  when ((old.name, old.seen_serial, old.behind_since, old.error) is distinct from (new.name, new.seen_serial, new.behind_since, new.error))
  execute function notify_dns_zone_server();

-- Names of all name servers: whoever has a domain enters them at the registrar.
create function name_server_names() returns text[]
language sql stable security definer set search_path = public, pg_temp as $$
  select coalesce(array_agg(name order by name), '{}') from nameservers
$$;
revoke execute on function name_server_names() from public;
grant execute on function name_server_names() to mpanel_tenant, mpanel_platform;
