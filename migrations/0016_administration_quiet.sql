-- Whether a change of a job is told with its transaction is decided before the function is called: a worker writes many rows at once, and
-- each call of a function that then tells nothing took longer than the row.

drop trigger notify_job_event on job_events;
drop trigger notify_job_state on jobs;
drop trigger notify_job_state on job_steps;

create or replace function notify_job_event() returns trigger
language plpgsql as $$
begin
  perform pg_notify('job_event', new.job_id || ':' || new.id);
  return null;
end $$;
create or replace function notify_job_state() returns trigger
language plpgsql as $$
begin
  perform pg_notify('job_state', (case tg_table_name when 'jobs' then to_jsonb(new) ->> 'id' else to_jsonb(new) ->> 'job_id' end));
  return null;
end $$;

create trigger notify_job_event after insert on job_events
  for each row when (not is_quiet()) execute function notify_job_event();
create trigger notify_job_state after insert or update of status, error, cancel_requested_at on jobs
  for each row when (not is_quiet()) execute function notify_job_state();
create trigger notify_job_state after insert or update of status, error on job_steps
  for each row when (not is_quiet()) execute function notify_job_state();
