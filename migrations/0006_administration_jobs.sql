-- Jobs: what is to be done, how far it is, and what was said on the way. The queue only carries the wake-up.

create table jobs (
  id                  uuid primary key,
  tenant_id           uuid references tenants (id),
  kind                text not null check (kind in ('CREATE_CLOUDPOD', 'DELETE_CLOUDPOD')),
  idempotency_key     text not null constraint jobs_idempotency_key_key unique,
  payload             jsonb not null,
  status              text not null default 'queued' check (status in ('queued', 'running', 'unwinding', 'done', 'undone', 'stuck')),
  error               text,
  actor               jsonb not null,
  cloud_pod_id        uuid,
  server_id           uuid references servers (id),
  attempt             integer not null default 0 check (attempt >= 0),
  deadline_at         timestamptz not null,
  cancel_requested_at timestamptz,
  heartbeat_at        timestamptz,
  worker              text,
  run_after           timestamptz not null default now(),
  created_at          timestamptz not null default now(),
  started_at          timestamptz,
  finished_at         timestamptz,
  unique (tenant_id, id),
  constraint jobs_cloud_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id),
  constraint jobs_cloud_pod_has_tenant check (cloud_pod_id is null or tenant_id is not null)
);
create index jobs_cloud_pod on jobs (tenant_id, cloud_pod_id);
create index jobs_unfinished on jobs (run_after) where status in ('queued', 'running', 'unwinding');

create table job_steps (
  job_id      uuid not null references jobs (id),
  seq         integer not null,
  tenant_id   uuid references tenants (id),
  name        text not null,
  title       text not null,
  status      text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed', 'undoing', 'undone')),
  output      jsonb,
  error       text,
  attempt     integer not null default 0 check (attempt >= 0),
  started_at  timestamptz,
  finished_at timestamptz,
  primary key (job_id, seq),
  constraint job_steps_job_fkey foreign key (tenant_id, job_id) references jobs (tenant_id, id)
);

create table job_events (
  id        bigint primary key generated always as identity,
  job_id    uuid not null references jobs (id),
  tenant_id uuid references tenants (id),
  at        timestamptz not null default now(),
  level     text not null check (level in ('step', 'info', 'warn', 'error')),
  message   text not null,
  constraint job_events_job_fkey foreign key (tenant_id, job_id) references jobs (tenant_id, id)
);
create index job_events_job on job_events (job_id, id);

-- A step or a line belongs to the tenant of its job, whatever the writer says: the two cannot drift apart.
create function tenant_of_job() returns trigger
language plpgsql as $$
begin
  new.tenant_id := (select tenant_id from jobs where id = new.job_id);
  return new;
end $$;
create trigger tenant_of_job before insert on job_steps for each row execute function tenant_of_job();
create trigger tenant_of_job before insert on job_events for each row execute function tenant_of_job();

-- `job_event '<job>:<event>'` for each line, `job_state '<job>'` for each change of a job or of a step.
create function notify_job_event() returns trigger
language plpgsql as $$
begin
  perform pg_notify('job_event', new.job_id || ':' || new.id);
  return null;
end $$;
create function notify_job_state() returns trigger
language plpgsql as $$
begin
  perform pg_notify('job_state', (case tg_table_name when 'jobs' then to_jsonb(new) ->> 'id' else to_jsonb(new) ->> 'job_id' end));
  return null;
end $$;
create trigger notify_job_event after insert on job_events for each row execute function notify_job_event();
create trigger notify_job_state after insert or update of status, error, cancel_requested_at on jobs
  for each row execute function notify_job_state();
create trigger notify_job_state after insert or update of status, error on job_steps
  for each row execute function notify_job_state();

alter table checkout_sessions
  add constraint checkout_sessions_cloud_pod_fkey foreign key (tenant_id, cloud_pod_id)
    references cloud_pods (tenant_id, id) deferrable initially deferred,
  add constraint checkout_sessions_job_fkey foreign key (tenant_id, job_id)
    references jobs (tenant_id, id) deferrable initially deferred;

select protect_tenant_table('jobs'), protect_tenant_table('job_steps'), protect_tenant_table('job_events');

grant select, insert, update (cancel_requested_at) on jobs to mpanel_tenant;
grant select, insert on job_steps, job_events to mpanel_tenant;

grant select, insert, update on jobs to mpanel_platform;
grant select, insert, update, delete on job_steps, job_events to mpanel_platform;
