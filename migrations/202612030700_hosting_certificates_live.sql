-- `live_object 'cloud_pod:<id>'` when what a CloudPod's page says of a certificate has changed; pages that show it fetch it again.
create function notify_certificate() returns trigger
language plpgsql as $$
begin
  perform pg_notify('live_object', 'cloud_pod:' || coalesce(new.cloud_pod_id, old.cloud_pod_id));
  return null;
end $$;
create trigger notify_certificate_listed after insert or delete on ssl_certificates for each row execute function notify_certificate();
create trigger notify_certificate after update of names, covers, not_after, failure, remedy, is_redirecting on ssl_certificates
  for each row
  when ((old.names, old.covers, old.not_after, old.failure, old.remedy, old.is_redirecting)
        is distinct from (new.names, new.covers, new.not_after, new.failure, new.remedy, new.is_redirecting))
  execute function notify_certificate();
