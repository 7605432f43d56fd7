-- When the sites of a CloudPod sleep, by its plan; nothing for never. Whether its owner may keep a site always on all the same.
alter table cloud_pod_quotas
  add column sleep_after_minutes integer check (sleep_after_minutes between 5 and 43200),
  add column sleep_is_optional   boolean not null default false,
  add constraint cloud_pod_quotas_sleep_check check (sleep_after_minutes is not null or not sleep_is_optional);

-- Since when its server saw a site asleep: its programs are stopped because nobody visits it, and the next visitor starts them.
alter table websites add column asleep_since timestamptz;

-- Since when all sites of a CloudPod that are not stopped are asleep; nothing where one is not.
create function asleep_since(p_tenant uuid, p_pod uuid) returns timestamptz
language sql stable as $$
  select case when bool_and(w.asleep_since is not null) then max(w.asleep_since) end
    from websites w
   where w.tenant_id = p_tenant and w.cloud_pod_id = p_pod and w.status = 'ACTIVE' and not coalesce((w.config ->> 'stopped')::boolean, false)
$$;
