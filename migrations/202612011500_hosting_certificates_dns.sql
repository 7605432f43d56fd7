-- Certificates whose names are proved by DNS, who can do something about one that could not be issued, and signing requests of customers.

-- Answers to authorities in zones: the panel's own records, no part of a zone's versions. They go with their job.
create table dns_challenges (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  zone_id    uuid not null,
  job_id     uuid not null,
  name       text not null check (name = lower(name) and length(name) between 3 and 253), -- the whole name
  value      text not null check (length(value) between 1 and 255),
  created_at timestamptz not null,
  unique (tenant_id, id),
  constraint dns_challenges_key unique (zone_id, job_id, name, value),
  constraint dns_challenges_zone_fkey foreign key (tenant_id, zone_id) references dns_zones (tenant_id, id)
);
create index dns_challenges_zone on dns_challenges (tenant_id, zone_id);
create index dns_challenges_job on dns_challenges (job_id);
select protect_tenant_table('dns_challenges');
grant select, insert, delete on dns_challenges to mpanel_platform;

-- `by_dns` are the names that were proved by DNS; all others were over HTTP. `http_failed_job` is the last job in which the authority did not get
-- through to a name over HTTP: until that works again, names are proved by DNS where that is possible.
alter table ssl_certificates
  add column by_dns text[] not null default '{}',
  add column next_by_dns text[] not null default '{}',
  add column http_failed_job uuid,
  add column owner_can_fix boolean not null default false;
grant select (by_dns, owner_can_fix) on ssl_certificates to mpanel_tenant;

-- How the names of a certificate were proved; nothing for one that its customer has brought, and where there is none.
create function certificate_verification(p_authority text, p_by_dns text[]) returns text
language sql immutable as $$
  select case when p_authority is not null then case when p_by_dns = '{}' then 'HTTP' else 'DNS' end end
$$;

-- What was made last for a certificate that a customer buys elsewhere, with its key.
alter table ssl_certificates
  add column csr text check (length(csr) <= 65536),
  add column csr_sealed_key bytea,
  add column csr_at timestamptz,
  add constraint ssl_certificates_csr_whole check (num_nulls(csr, csr_sealed_key, csr_at) in (0, 3));
grant select (csr, csr_at) on ssl_certificates to mpanel_tenant;
