-- `live_object 'cloud_pod:<id>'` or `'server:<id>'` when what people are shown of it has changed; pages that show it fetch it again.

create function notify_live_object() returns trigger
language plpgsql as $$
begin
  perform pg_notify('live_object', tg_argv[0] || ':' || new.id);
  return null;
end $$;

create trigger notify_live_object after update of status, desired_state, observed_state, server_id, held_until, primary_domain on cloud_pods
  for each row
  when ((old.status, old.desired_state, old.observed_state, old.server_id, old.held_until, old.primary_domain)
        is distinct from (new.status, new.desired_state, new.observed_state, new.server_id, new.held_until, new.primary_domain))
  execute function notify_live_object('cloud_pod');

create trigger notify_live_object after update of status, status_reason, node_sha256, node_version on servers
  for each row
  when ((old.status, old.status_reason, old.node_sha256, old.node_version)
        is distinct from (new.status, new.status_reason, new.node_sha256, new.node_version))
  execute function notify_live_object('server');
