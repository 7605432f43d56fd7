-- Deploys of sites from git: where a site comes from, and its deploys with their releases.

create table site_sources (
  website_id     uuid primary key,
  tenant_id      uuid not null references tenants (id),
  remote         text not null check (length(remote) between 1 and 400),
  branch         text not null check (length(branch) between 1 and 100),
  folder         text not null check (length(folder) <= 200),
  build_command  text not null check (length(build_command) <= 2000),
  publish        text not null check (length(publish) <= 200),
  start_file     text not null check (length(start_file) <= 200),
  shared         text not null check (length(shared) <= 2100),
  deploy_key     text not null check (length(deploy_key) between 1 and 400), -- its public part
  sealed_key     bytea not null,
  host_keys      text check (length(host_keys) between 1 and 8000), -- as its server has shown them first
  sealed_webhook bytea,
  webhook_at     timestamptz,
  pushed_at      timestamptz, -- a push that no deploy was started for yet
  pushed_commit  text check (length(pushed_commit) between 1 and 64),
  hour           timestamptz, -- since when pushes are counted
  pushes         integer not null default 0 check (pushes >= 0),
  created_at     timestamptz not null,
  constraint site_sources_key unique (tenant_id, website_id),
  constraint site_sources_website_fkey foreign key (tenant_id, website_id) references websites (tenant_id, id),
  constraint site_sources_webhook_check check ((sealed_webhook is null) = (webhook_at is null))
);
create index site_sources_pushed on site_sources (website_id) where pushed_at is not null;

-- A release is named by the number of the deploy that built it; a rollback makes that of an earlier one live.
create table deploys (
  id          uuid primary key,
  tenant_id   uuid not null references tenants (id),
  website_id  uuid not null,
  number      integer not null check (number between 1 and 999999999),
  release     integer not null check (release between 1 and number),
  trigger     text not null check (trigger in ('MANUAL', 'PUSH', 'ROLLBACK')),
  status      text not null check (status in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED')),
  config      jsonb not null check (jsonb_typeof(config) = 'object'), -- what of its release is served, and how
  started_by  text not null check (length(started_by) between 1 and 400),
  commit      text check (length(commit) between 1 and 64),
  subject     text check (length(subject) <= 200),
  is_on_disk  boolean not null default false,
  job_id      uuid,
  created_at  timestamptz not null,
  finished_at timestamptz,
  unique (tenant_id, id),
  constraint deploys_number_key unique (website_id, number),
  constraint deploys_website_fkey foreign key (tenant_id, website_id) references websites (tenant_id, id),
  constraint deploys_job_fkey foreign key (tenant_id, job_id) references jobs (tenant_id, id),
  constraint deploys_rollback_check check ((trigger = 'ROLLBACK') = (release < number)),
  constraint deploys_finished_check check ((status in ('SUCCEEDED', 'FAILED')) = (finished_at is not null))
);
create index deploys_website on deploys (tenant_id, website_id);

select protect_tenant_table('site_sources'), protect_tenant_table('deploys');
-- Sealed secrets are read by workers only.
grant select (website_id, tenant_id, remote, branch, folder, build_command, publish, start_file, shared, deploy_key, host_keys, webhook_at, pushed_at)
  on site_sources to mpanel_tenant;
grant select on deploys to mpanel_tenant;
grant select, insert, update, delete on site_sources to mpanel_platform;
grant select, insert, update (status, commit, subject, is_on_disk, job_id, finished_at) on deploys to mpanel_platform;

-- `live_object 'cloud_pod:<id>'` when a deploy has come further; pages that show it fetch it again.
create function notify_deploy() returns trigger
language plpgsql as $$
begin
  perform pg_notify('live_object', 'cloud_pod:' || w.cloud_pod_id) from websites w where w.id = new.website_id;
  return null;
end $$;
create trigger notify_deploy after insert or update of status, is_on_disk on deploys for each row execute function notify_deploy();
