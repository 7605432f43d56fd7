-- The buyer follows the job of a purchase with the token that stands in the result page's address: the job and the token must
-- belong together. Neither servers nor workers are shown.

create index checkout_sessions_job on checkout_sessions (job_id) where job_id is not null;

create function followed_job(p_job uuid, p_follow_hash bytea)
returns table (id uuid, kind text, subject text, tenant_name text, status text, created_at timestamptz, started_at timestamptz,
               finished_at timestamptz, tenant_id uuid, cloud_pod_id uuid, server_id uuid, server_name text, actor jsonb, error text,
               attempt integer, deadline_at timestamptz, cancel_requested_at timestamptz, run_after timestamptz, worker text,
               heartbeat_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select j.id, j.kind, coalesce(p.name, ''), t.name, j.status, j.created_at, j.started_at, j.finished_at, j.tenant_id, j.cloud_pod_id,
         null::uuid, null::text, j.actor, j.error, j.attempt, j.deadline_at, j.cancel_requested_at, j.run_after, null::text, j.heartbeat_at
    from checkout_sessions c
    join jobs j on j.id = c.job_id
    left join tenants t on t.id = j.tenant_id
    left join cloud_pods p on p.id = j.cloud_pod_id
   where c.job_id = p_job and c.follow_hash = p_follow_hash
$$;

create function followed_steps(p_job uuid, p_follow_hash bytea)
returns table (seq integer, title text, status text, error text, attempt integer, started_at timestamptz, finished_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.seq, s.title, s.status, s.error, s.attempt, s.started_at, s.finished_at
    from checkout_sessions c join job_steps s on s.job_id = c.job_id
   where c.job_id = p_job and c.follow_hash = p_follow_hash
   order by s.seq
$$;

create function followed_events(p_job uuid, p_follow_hash bytea, p_after bigint)
returns table (id bigint, at timestamptz, level text, message text)
language sql stable security definer set search_path = public, pg_temp as $$
  select e.id, e.at, e.level, e.message
    from checkout_sessions c join job_events e on e.job_id = c.job_id
   where c.job_id = p_job and c.follow_hash = p_follow_hash and e.id > p_after
   order by e.id
   limit 500
$$;

revoke execute on function followed_job(uuid, bytea), followed_steps(uuid, bytea), followed_events(uuid, bytea, bigint) from public;
grant execute on function followed_job(uuid, bytea), followed_steps(uuid, bytea), followed_events(uuid, bytea, bigint) to mpanel_public;
