-- PostgreSQL lets commits that carry notices through one after the other, and each waits for the disk alone. A worker commits often: its
-- transactions are quiet about the job that it holds, and it tells of the job right after the commit. Everybody else's changes are told here.

create function is_quiet() returns boolean
language sql stable as $$ select coalesce(current_setting('mpanel.quiet', true), '') = 'on' $$;

create or replace function notify_job_event() returns trigger
language plpgsql as $$
begin
  if not is_quiet() then
    perform pg_notify('job_event', new.job_id || ':' || new.id);
  end if;
  return null;
end $$;
create or replace function notify_job_state() returns trigger
language plpgsql as $$
begin
  if not is_quiet() then
    perform pg_notify('job_state', (case tg_table_name when 'jobs' then to_jsonb(new) ->> 'id' else to_jsonb(new) ->> 'job_id' end));
  end if;
  return null;
end $$;
