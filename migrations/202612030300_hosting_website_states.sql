-- Whether a site is stopped by itself; a preview is while its site is.
create function website_is_stopped(p_website websites) returns boolean
language sql stable as $$
  select coalesce((p_website.config ->> 'stopped')::boolean, false)
      or exists (select from websites w
                  where w.tenant_id = p_website.tenant_id and w.id = p_website.preview_of and (w.config ->> 'stopped')::boolean)
$$;

-- What state a site is in, as lists are narrowed down by it. A tenant cannot read all of a CloudPod, so the caller says whether it runs.
create function website_state(p_website websites, p_pod_runs boolean) returns text
language sql stable as $$
  select case when p_website.status in ('REQUESTED', 'CREATING') then 'CREATING'
              when p_website.status <> 'ACTIVE' then p_website.status
              when not p_pod_runs then 'OFFLINE'
              when website_is_stopped(p_website) then 'STOPPED'
              else 'RUNNING' end
$$;
