-- Machines that hold pods. Capacity is 0 until a probe has measured it, so an unprobed server takes nothing.

create table servers (
  id            uuid primary key,
  name          text not null constraint servers_name_key unique check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  type          text not null default 'WEB' check (type in ('WEB')),
  provider      text not null default '',
  region        text not null check (length(region) between 1 and 60),
  address       text not null constraint servers_address_key unique,
  site_address  text not null,
  status        text not null default 'PENDING' check (status in ('PENDING', 'ACTIVE', 'DRAINING', 'QUARANTINED', 'RETIRED')),
  status_reason text not null default '',
  driver        text not null default 'SSH' check (driver in ('SSH', 'SIMULATED')),
  host_key      text,
  node_version  text,
  node_sha256   text check (node_sha256 ~ '^[0-9a-f]{64}$'),
  cpu_millis    integer not null default 0 check (cpu_millis >= 0),
  memory_mb     integer not null default 0 check (memory_mb >= 0),
  disk_mb       integer not null default 0 check (disk_mb >= 0),
  max_pods      integer not null default 0 check (max_pods >= 0),
  probe         jsonb,
  created_at    timestamptz not null default now(),
  enrolled_at   timestamptz,
  last_seen_at  timestamptz
);

create table server_capabilities (
  server_id  uuid not null references servers (id) on delete cascade,
  capability text not null check (capability in ('WEB', 'PHP', 'WORDPRESS', 'NODE', 'STATIC')),
  ready      boolean not null,
  missing    text not null default '',
  primary key (server_id, capability)
);

create table server_tags (
  server_id uuid not null references servers (id) on delete cascade,
  tag       text not null check (tag ~ '^[a-z0-9][a-z0-9_.:-]{0,62}$'),
  primary key (server_id, tag)
);

grant select, insert, update on servers to mpanel_platform;
grant select, insert, update, delete on server_capabilities, server_tags to mpanel_platform;
