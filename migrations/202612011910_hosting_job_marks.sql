-- When jobs of sites were started by hand, and when people were told of failures: neither may happen too often. Marks of more than a day are deleted.
-- They stay when their job goes, so that it cannot be added again to begin anew.
create table site_job_marks (
  id        uuid primary key,
  tenant_id uuid not null references tenants (id),
  job       text not null check (job ~ '^[a-z][a-z0-9]{0,15}$'),
  kind      text not null check (kind in ('STARTED', 'TOLD')),
  at        timestamptz not null,
  unique (tenant_id, id)
);
create index site_job_marks_at on site_job_marks (tenant_id, kind, at);
select protect_tenant_table('site_job_marks');
grant select, insert, delete on site_job_marks to mpanel_platform;

-- People were told that it fails since it last succeeded.
alter table site_job_runs add column is_told boolean not null default false;
update site_job_runs set is_told = true where exit_code <> 0 or timed_out;
