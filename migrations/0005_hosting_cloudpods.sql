-- CloudPods and what each of them reserves on its server.

create table cloud_pods (
  id              uuid primary key,
  tenant_id       uuid not null references tenants (id),
  subscription_id uuid not null,
  server_id       uuid references servers (id),
  name            text not null check (length(name) between 1 and 200),
  plan_code       text not null,
  status          text not null default 'REQUESTED'
                  check (status in ('REQUESTED', 'PROVISIONING', 'RUNNING', 'FAILED', 'DELETING', 'HELD', 'DELETED')),
  region          text not null,
  primary_domain  text not null check (primary_domain = lower(primary_domain) and length(primary_domain) between 1 and 253),
  stack           text not null check (stack in ('WORDPRESS', 'PHP', 'NODE', 'STATIC')),
  site_title      text check (length(site_title) <= 200),
  site_url        text,
  sealed_secrets  bytea,
  held_until      timestamptz,
  observed_at     timestamptz,
  observed        jsonb,
  created_at      timestamptz not null default now(),
  deleted_at      timestamptz,
  unique (tenant_id, id),
  constraint cloud_pods_subscription_fkey foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id)
);
create unique index cloud_pods_primary_domain_key on cloud_pods (primary_domain) where status <> 'DELETED';
create index cloud_pods_server on cloud_pods (server_id);
create index cloud_pods_subscription on cloud_pods (tenant_id, subscription_id);

-- The reservation. What is taken on a server is the sum over its pods, added up while the server's row is locked.
create table cloud_pod_quotas (
  tenant_id    uuid not null references tenants (id),
  cloud_pod_id uuid primary key,
  cpu_millis   integer not null check (cpu_millis > 0),
  memory_mb    integer not null check (memory_mb > 0),
  disk_mb      integer not null check (disk_mb > 0),
  tasks        integer not null check (tasks > 0),
  unique (tenant_id, cloud_pod_id),
  constraint cloud_pod_quotas_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id)
);

select protect_tenant_table('cloud_pods'), protect_tenant_table('cloud_pod_quotas');

-- Everything but the sealed secrets: those are opened by workers only.
grant select (id, tenant_id, subscription_id, server_id, name, plan_code, status, region, primary_domain, stack, site_title,
              site_url, held_until, observed_at, observed, created_at, deleted_at),
      insert, update (name, status, site_title, held_until)
  on cloud_pods to mpanel_tenant;
grant select, insert on cloud_pod_quotas to mpanel_tenant;

grant select, insert, update on cloud_pods to mpanel_platform;
grant select, insert, update, delete on cloud_pod_quotas to mpanel_platform;
