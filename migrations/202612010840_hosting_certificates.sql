-- Certificates of sites, and the accounts at the authorities that issue them.

create table acme_accounts (
  directory_url text primary key check (length(directory_url) between 1 and 500),
  sealed_key    bytea not null,
  created_at    timestamptz not null
);
select protect_table('acme_accounts');
grant select, insert, update (sealed_key) on acme_accounts to mpanel_platform;

-- A row for each site that is served. What is in use stands in the columns without a prefix; what was ordered and is not in use yet, in those
-- with `next_`. `is_installing` says which of the two the server is given.
create table ssl_certificates (
  id              uuid primary key,
  tenant_id       uuid not null references tenants (id),
  cloud_pod_id    uuid not null,
  website_id      uuid not null,
  names           text[] not null default '{}',
  chain           text check (length(chain) <= 65536),
  sealed_key      bytea,
  covers          text[] not null default '{}',
  issuer          text check (length(issuer) <= 400),
  fingerprint     text check (fingerprint ~ '^[0-9a-f]{64}$'),
  not_before      timestamptz,
  not_after       timestamptz,
  issued_at       timestamptz,
  verified_at     timestamptz,
  is_redirecting  boolean not null default false,
  next_chain      text check (length(next_chain) <= 65536),
  next_sealed_key bytea,
  next_covers     text[] not null default '{}',
  next_authority  text check (length(next_authority) <= 500),
  is_installing   boolean not null default false,
  authority       text check (length(authority) <= 500),
  renew_at        timestamptz,
  checked_at      timestamptz,
  last_try_at     timestamptz,
  next_try_at     timestamptz,
  failures        integer not null default 0 check (failures >= 0),
  failure         text check (length(failure) <= 1000),
  remedy          text check (length(remedy) <= 1000),
  last_failed_job uuid,
  warned_days     integer check (warned_days > 0),
  created_at      timestamptz not null,
  unique (tenant_id, id),
  constraint ssl_certificates_site_key unique (website_id),
  constraint ssl_certificates_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id),
  constraint ssl_certificates_site_fkey foreign key (tenant_id, website_id) references websites (tenant_id, id),
  constraint ssl_certificates_whole check (
    num_nulls(chain, sealed_key, issuer, fingerprint, not_before, not_after, issued_at, verified_at) in (0, 8)),
  constraint ssl_certificates_redirects_with_one check (not is_redirecting or chain is not null),
  constraint ssl_certificates_installs_one check (not is_installing or (next_chain is not null and next_sealed_key is not null))
);
create index ssl_certificates_pod on ssl_certificates (tenant_id, cloud_pod_id);

select protect_tenant_table('ssl_certificates');
grant select (id, tenant_id, cloud_pod_id, website_id, names, covers, issuer, fingerprint, not_before, not_after, issued_at, verified_at,
              is_redirecting, renew_at, last_try_at, next_try_at, failures, failure, remedy, created_at) on ssl_certificates to mpanel_tenant;
grant select, insert, update, delete on ssl_certificates to mpanel_platform;
