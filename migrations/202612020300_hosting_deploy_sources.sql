-- Deploys of uploaded archives, and looks at repositories for new commits.

alter table deploys drop constraint deploys_trigger_check;
alter table deploys
  add constraint deploys_trigger_check check (trigger in ('MANUAL', 'PUSH', 'ROLLBACK', 'POLL', 'UPLOAD')),
  add column upload jsonb check (jsonb_typeof(upload) = 'object'), -- the archive's name on the server, and what is done with it
  add constraint deploys_upload_trigger_check check ((trigger = 'UPLOAD') = (upload is not null));

-- A site whose repository is looked at. The row goes with its source.
create table site_polls (
  website_id uuid primary key,
  tenant_id  uuid not null references tenants (id),
  minutes    integer not null check (minutes in (5, 15, 60)),
  next_at    timestamptz not null, -- later than the minutes say once the repository did not answer
  failures   integer not null default 0 check (failures >= 0), -- in a row
  looked_at  timestamptz,
  result     text check (length(result) between 1 and 500), -- of the last look, for people
  created_at timestamptz not null,
  constraint site_polls_key unique (tenant_id, website_id),
  constraint site_polls_source_fkey foreign key (tenant_id, website_id) references site_sources (tenant_id, website_id) on delete cascade
);

select protect_tenant_table('site_polls');
grant select on site_polls to mpanel_tenant;
grant select, insert, update, delete on site_polls to mpanel_platform;

-- Pages that show it fetch it again.
create function notify_site_poll() returns trigger
language plpgsql as $$
begin
  perform pg_notify('live_object', 'cloud_pod:' || w.cloud_pod_id) from websites w where w.id = new.website_id;
  return null;
end $$;
create trigger notify_site_poll after update of looked_at on site_polls for each row execute function notify_site_poll();
