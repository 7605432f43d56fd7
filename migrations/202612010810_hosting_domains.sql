-- Domains that customers say are theirs, and those of which they have proved it by a TXT record. A name has one owner that has proved it.

create table domains (
  id          uuid primary key,
  tenant_id   uuid not null references tenants (id),
  name        text not null check (name = lower(name) and length(name) between 1 and 253),
  token       text not null check (length(token) = 32),
  status      text not null default 'PENDING' check (status in ('PENDING', 'VERIFIED')),
  created_at  timestamptz not null,
  checked_at  timestamptz, -- when DNS was last asked
  finding     text check (length(finding) <= 500), -- what it said, in words
  verified_at timestamptz,
  released_at timestamptz, -- disconnected, given up, or proved by somebody else
  unique (tenant_id, id),
  constraint domains_verified_check check ((status = 'VERIFIED') = (verified_at is not null))
);
create unique index domains_own_key on domains (tenant_id, name) where released_at is null;
create unique index domains_verified_key on domains (name) where status = 'VERIFIED' and released_at is null;
create index domains_pending on domains (id) where status = 'PENDING' and released_at is null;

select protect_tenant_table('domains');
grant select on domains to mpanel_tenant;
grant select, insert, update (status, checked_at, finding, verified_at, released_at) on domains to mpanel_platform;

-- Whether a pod has other names than a job has brought to its server and verified there.
alter table cloud_pods add column names_pending boolean not null default false;

-- Where visitors of a pod's server are to come; of an account's own pods only, where one is open.
create function pod_address(p_pod uuid) returns text
language sql stable security definer set search_path = public, pg_temp as $$
  select s.site_address from cloud_pods p join servers s on s.id = p.server_id
   where p.id = p_pod and (current_tenant() is null or p.tenant_id = current_tenant())
$$;
revoke execute on function pod_address(uuid) from public;
grant execute on function pod_address(uuid) to mpanel_tenant, mpanel_platform;

-- Whether this domain cannot be ordered: something uses it, or somebody has proved it or a name above it.
create or replace function domain_taken(p_domain text) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from cloud_pods where primary_domain = lower(p_domain) and status <> 'DELETED')
      or exists (select from site_domains where domain = lower(p_domain) and released_at is null)
      or exists (select from domains where status = 'VERIFIED' and released_at is null
                  and (name = lower(p_domain) or right(lower(p_domain), length(name) + 1) = '.' || name))
$$;
