-- How often something was done that leaves no row of its own, for all limits of so many in a time: DNS lookups and questions to the registry of an
-- account, looks at the repository of a site and pushes to it. What was counted until now is of an hour at most, and is not taken over.
create table limit_counts (
  id        uuid primary key,
  tenant_id uuid not null references tenants (id),
  kind      text not null check (kind ~ '^[a-z_]{1,40}$'),
  subject   uuid not null, -- the account itself, or one of its sites
  since     timestamptz not null,
  count     integer not null check (count >= 1),
  unique (tenant_id, id),
  constraint limit_counts_subject_key unique (tenant_id, kind, subject)
);
select protect_tenant_table('limit_counts');
grant select, insert, update (since, count) on limit_counts to mpanel_platform;

drop table dns_lookups, registry_questions;
alter table site_sources drop column looks, drop column looks_hour, drop column pushes, drop column hour;
