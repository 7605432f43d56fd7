-- Scheduled jobs of sites stand in their `config`. Here is what the last run of each came to, as its server has told it.
create table site_job_runs (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  website_id uuid not null,
  job        text not null check (job ~ '^[a-z][a-z0-9]{0,15}$'),
  started_at timestamptz not null,
  ended_at   timestamptz not null,
  exit_code  smallint not null check (exit_code between 0 and 255),
  timed_out  boolean not null,
  output     text not null check (length(output) <= 8192),
  unique (tenant_id, id),
  constraint site_job_runs_key unique (website_id, job),
  constraint site_job_runs_website_fkey foreign key (tenant_id, website_id) references websites (tenant_id, id)
);
create index site_job_runs_website on site_job_runs (tenant_id, website_id);
select protect_tenant_table('site_job_runs');
grant select on site_job_runs to mpanel_tenant;
grant select, insert, update, delete on site_job_runs to mpanel_platform;
