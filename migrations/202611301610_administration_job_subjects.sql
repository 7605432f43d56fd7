-- A job is about any kind of object, not about a pod alone; what it does is a word of its module, with the title that people see; and it says
-- with which version of its steps it was made.

alter table jobs
  add column subject_kind text,
  add column subject_id   uuid,
  add column subject_name text not null default '',
  add column title        text not null default '',
  add column version      integer not null default 1 check (version > 0);

update jobs j set subject_kind = 'cloud_pod', subject_id = p.id, subject_name = p.name
  from cloud_pods p where p.tenant_id = j.tenant_id and p.id = j.cloud_pod_id;
update jobs set title = case kind when 'CREATE_CLOUDPOD' then 'Create CloudPod' else 'Delete CloudPod' end;

drop function followed_job(uuid, bytea);
drop index jobs_cloud_pod;
alter table jobs
  drop constraint jobs_kind_check,
  drop column cloud_pod_id,
  alter column title drop default,
  add constraint jobs_kind_check check (kind ~ '^[A-Z][A-Z0-9_]*$'),
  add constraint jobs_subject_check check ((subject_kind is null) = (subject_id is null));
create index jobs_subject on jobs (subject_kind, subject_id);

create function followed_job(p_job uuid, p_follow_hash bytea)
returns table (id uuid, title text, kind text, subject_kind text, subject_id uuid, subject_name text, tenant_name text, status text,
               created_at timestamptz, started_at timestamptz, finished_at timestamptz, tenant_id uuid, server_id uuid, server_name text,
               actor jsonb, error text, attempt integer, deadline_at timestamptz, cancel_requested_at timestamptz, run_after timestamptz,
               worker text, heartbeat_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select j.id, j.title, j.kind, j.subject_kind, j.subject_id, j.subject_name, t.name, j.status, j.created_at, j.started_at, j.finished_at,
         j.tenant_id, null::uuid, null::text, j.actor, j.error, j.attempt, j.deadline_at, j.cancel_requested_at, j.run_after, null::text,
         j.heartbeat_at
    from checkout_sessions c
    join jobs j on j.id = c.job_id
    left join tenants t on t.id = j.tenant_id
   where c.job_id = p_job and c.follow_hash = p_follow_hash
$$;
revoke execute on function followed_job(uuid, bytea) from public;
grant execute on function followed_job(uuid, bytea) to mpanel_public;
