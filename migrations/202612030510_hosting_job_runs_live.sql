-- `live_object 'cloud_pod:<id>'` when a scheduled job has come to something; pages that show it fetch it again.
create function notify_job_run() returns trigger
language plpgsql as $$
begin
  perform pg_notify('live_object', 'cloud_pod:' || w.cloud_pod_id) from websites w where w.id = new.website_id;
  return null;
end $$;
create trigger notify_job_run after insert or update of ended_at on site_job_runs for each row execute function notify_job_run();
