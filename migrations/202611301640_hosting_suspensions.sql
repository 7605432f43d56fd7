-- Why a pod is suspended: a stack of reasons. It is suspended as long as one of them is not lifted.

create table pod_suspensions (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  cloud_pod_id uuid not null,
  reason       text not null check (reason in ('NON_PAYMENT', 'ABUSE', 'OWNER_REQUEST', 'STAFF')),
  note         text not null default '' check (length(note) <= 1000), -- for staff
  actor        jsonb not null,
  created_at   timestamptz not null,
  lifted_at    timestamptz,
  lifted_by    jsonb,
  unique (tenant_id, id),
  constraint pod_suspensions_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id),
  constraint pod_suspensions_lifted_check check ((lifted_at is null) = (lifted_by is null))
);
create unique index pod_suspensions_reason_key on pod_suspensions (cloud_pod_id, reason) where lifted_at is null;
create index pod_suspensions_pod on pod_suspensions (tenant_id, cloud_pod_id);

select protect_tenant_table('pod_suspensions');
grant select (id, tenant_id, cloud_pod_id, reason, created_at, lifted_at) on pod_suspensions to mpanel_tenant;
grant select, insert, update on pod_suspensions to mpanel_platform;

alter table cloud_pods
  drop constraint cloud_pods_status_check,
  add constraint cloud_pods_status_check
    check (status in ('REQUESTED', 'PROVISIONING', 'RUNNING', 'FAILED', 'SUSPENDING', 'SUSPENDED', 'UNSUSPENDING', 'DELETING', 'HELD', 'DELETED')),
  drop constraint cloud_pods_desired_state_check,
  add constraint cloud_pods_desired_state_check check (desired_state in ('RUNNING', 'SUSPENDED', 'HELD', 'ABSENT'));
