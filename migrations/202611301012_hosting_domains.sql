-- A domain that a customer has typed is reserved for its CloudPod: served, but nobody has proved to own it. Staff can release it.

create table domain_reservations (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  cloud_pod_id uuid not null,
  domain       text not null check (domain = lower(domain) and length(domain) between 1 and 253),
  reserved_at  timestamptz not null,
  released_at  timestamptz,
  unique (tenant_id, id),
  constraint domain_reservations_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id)
);
create unique index domain_reservations_open_key on domain_reservations (domain) where released_at is null;
create index domain_reservations_pod on domain_reservations (tenant_id, cloud_pod_id);

select protect_tenant_table('domain_reservations');
grant select on domain_reservations to mpanel_tenant;
grant select, insert, update (released_at) on domain_reservations to mpanel_platform;

-- What was ordered before was not proved either.
insert into domain_reservations (id, tenant_id, cloud_pod_id, domain, reserved_at)
select gen_random_uuid(), tenant_id, id, primary_domain, created_at from cloud_pods where status <> 'DELETED';
