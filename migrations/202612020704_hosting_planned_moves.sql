-- Moves of CloudPods that wait until resolvers have forgotten the old address, and the TTLs that were lowered for them.

create table dns_lowered_ttls (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  zone_id      uuid not null,
  cloud_pod_id uuid not null,
  name         text not null check (length(name) between 1 and 253), -- as in the zone's records
  type         text not null check (type in ('A', 'AAAA')),
  ttl          integer not null check (ttl between 60 and 604800), -- before
  created_at   timestamptz not null,
  unique (tenant_id, id),
  constraint dns_lowered_ttls_key unique (zone_id, name, type),
  constraint dns_lowered_ttls_zone_fkey foreign key (tenant_id, zone_id) references dns_zones (tenant_id, id),
  constraint dns_lowered_ttls_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id)
);
create index dns_lowered_ttls_zone on dns_lowered_ttls (tenant_id, zone_id);
create index dns_lowered_ttls_pod on dns_lowered_ttls (tenant_id, cloud_pod_id);

create table planned_moves (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  cloud_pod_id uuid not null,
  server_id    uuid not null references servers (id), -- where it is to go
  asked_by     jsonb not null,
  wait_seconds integer not null check (wait_seconds between 1 and 86400), -- the longest TTL before, as far as it is waited for
  created_at   timestamptz not null,
  due_at       timestamptz, -- once all name servers answer with the lowered TTLs
  job_id       uuid,        -- once it has begun
  failure      text check (length(failure) <= 500),
  ended_at     timestamptz,
  unique (tenant_id, id),
  constraint planned_moves_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id)
);
create unique index planned_moves_open_key on planned_moves (cloud_pod_id) where ended_at is null;
create index planned_moves_pod on planned_moves (tenant_id, cloud_pod_id);
create index planned_moves_server on planned_moves (server_id);

select protect_tenant_table('dns_lowered_ttls'), protect_tenant_table('planned_moves');
grant select, insert, delete on dns_lowered_ttls to mpanel_platform;
grant select, insert, update (due_at, job_id, failure, ended_at) on planned_moves to mpanel_platform;
