-- Certificates of the platform itself: one with a wildcard for the names that sites get below its domain, and the panel's own. And the zone in which
-- authorities look for what proves names whose DNS is elsewhere.

-- A row for each kind. What is in use stands in the columns without a prefix; what was ordered and is not issued yet, in those with `order_`.
create table platform_certificates (
  kind             text primary key check (kind in ('SITES', 'PANEL')),
  id               uuid not null unique, -- seals the keys
  names            text[] not null,
  chain            text check (length(chain) <= 65536),
  sealed_key       bytea,
  covers           text[] not null default '{}',
  authority        text check (length(authority) <= 500),
  issuer           text check (length(issuer) <= 400),
  fingerprint      text check (fingerprint ~ '^[0-9a-f]{64}$'),
  not_before       timestamptz,
  not_after        timestamptz,
  issued_at        timestamptz,
  verified_at      timestamptz, -- when visitors were last seen to get it
  order_url        text check (length(order_url) <= 500),
  order_authority  text check (length(order_authority) <= 500),
  order_sealed_key bytea,
  renew_at         timestamptz,
  checked_at       timestamptz,
  last_try_at      timestamptz,
  next_try_at      timestamptz,
  failures         integer not null default 0 check (failures >= 0),
  failure          text check (length(failure) <= 1000),
  remedy           text check (length(remedy) <= 1000),
  warned_days      integer check (warned_days > 0),
  created_at       timestamptz not null,
  constraint platform_certificates_whole check (
    num_nulls(chain, sealed_key, authority, issuer, fingerprint, not_before, not_after, issued_at) in (0, 8)),
  constraint platform_certificates_order_whole check (num_nulls(order_url, order_authority, order_sealed_key) in (0, 3))
);
select protect_table('platform_certificates');
grant select, insert, update on platform_certificates to mpanel_platform;

-- Answers to an authority that asks the panel over HTTP.
create table panel_challenges (
  token      text primary key check (token ~ '^[A-Za-z0-9_-]{1,128}$'),
  answer     text not null check (length(answer) between 1 and 300),
  created_at timestamptz not null
);
select protect_table('panel_challenges');
grant select, insert, delete on panel_challenges to mpanel_platform;

-- The zone of proofs. There is one; another base domain makes another, and the old one goes.
create table proof_zones (
  name         text primary key check (name = lower(name) and length(name) between 3 and 253),
  serial       bigint not null check (serial between 1 and 4294967295),
  name_servers text[] not null, -- that this serial was published with
  removed_at   timestamptz,
  created_at   timestamptz not null
);
select protect_table('proof_zones');
grant select, insert, update (serial, name_servers, removed_at) on proof_zones to mpanel_platform;

-- Its records: TXT alone. They belong to a job or to a certificate of the platform, and go with it.
create table proof_records (
  owner      uuid not null,
  name       text not null check (name = lower(name) and length(name) between 3 and 253), -- the whole name
  value      text not null check (length(value) between 1 and 255),
  created_at timestamptz not null,
  primary key (owner, name, value)
);
select protect_table('proof_records');
grant select, insert, delete on proof_records to mpanel_platform;

-- What a name server serves of it. A row is deleted once its server no longer has the zone.
create table proof_zone_servers (
  id         uuid primary key,
  zone       text not null references proof_zones (name),
  server_id  uuid not null references servers (id),
  applied_at timestamptz, -- when its full content was last compared
  constraint proof_zone_servers_key unique (zone, server_id)
);
select protect_table('proof_zone_servers');
grant select, insert, delete, update (applied_at) on proof_zone_servers to mpanel_platform;

-- `is_platform` says that the certificate in use is the platform's. Where a site has other names too, `also_` is the platform's and the columns
-- without a prefix are that of the others; `covers` and `not_after` hold for both together.
alter table ssl_certificates
  add column is_platform boolean not null default false,
  add column also_chain text check (length(also_chain) <= 65536),
  add column also_sealed_key bytea,
  add column next_is_platform boolean not null default false,
  add column next_also_chain text check (length(next_also_chain) <= 65536),
  add column next_also_sealed_key bytea,
  add column next_also_covers text[] not null default '{}',
  add constraint ssl_certificates_also_whole check (num_nulls(also_chain, also_sealed_key) in (0, 2)),
  add constraint ssl_certificates_next_also_whole check (num_nulls(next_also_chain, next_also_sealed_key) in (0, 2));


-- Wildcards that the customer wants a site's certificate to be for.
alter table ssl_certificates add column wildcards text[] not null default '{}' check (cardinality(wildcards) <= 10);
grant select (is_platform, wildcards) on ssl_certificates to mpanel_tenant;
