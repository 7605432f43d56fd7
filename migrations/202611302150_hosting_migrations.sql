-- Pods that move from one server to another.

-- Room is kept for a pod on the server that it is on its way to.
alter table cloud_pods add column moving_to uuid references servers (id);
create index cloud_pods_moving_to on cloud_pods (moving_to) where moving_to is not null;

-- What a move has left on a server: the virtual host that sends visitors on, or a copy that could not be removed at once.
create table pod_remains (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  cloud_pod_id uuid not null,
  server_id    uuid not null references servers (id),
  kind         text not null check (kind in ('FORWARD', 'COPY')),
  due_at       timestamptz not null, -- when it is to be removed
  created_at   timestamptz not null,
  removed_at   timestamptz,
  unique (tenant_id, id),
  constraint pod_remains_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id)
);
create unique index pod_remains_place_key on pod_remains (cloud_pod_id, server_id) where removed_at is null;
create index pod_remains_pod on pod_remains (tenant_id, cloud_pod_id);
create index pod_remains_server on pod_remains (server_id) where removed_at is null;

select protect_tenant_table('pod_remains');
grant select, insert, update on pod_remains to mpanel_platform;
