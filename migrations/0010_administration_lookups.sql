-- What a stranger may look up: one row, by something only its holder knows. The public door has no other way to these tables.

create function sign_in_lookup(p_email text)
returns table (user_id uuid, email text, name text, status text, password_hash text, platform_role text)
language sql stable security definer set search_path = public, pg_temp as $$
  select id, email, name, status, password_hash, platform_role from users where users.email = lower(p_email)
$$;

-- Whether the session still counts is for the caller, who holds the clock.
create function session_lookup(p_token_hash bytea)
returns table (session_id uuid, user_id uuid, email text, name text, status text, platform_role text,
               created_at timestamptz, last_seen_at timestamptz, expires_at timestamptz, ip text, user_agent text)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, u.id, u.email, u.name, u.status, u.platform_role, s.created_at, s.last_seen_at, s.expires_at, s.ip, s.user_agent
    from sessions s join users u on u.id = s.user_id
   where s.token_hash = p_token_hash
$$;

create function access_link_lookup(p_token_hash bytea)
returns table (link_id uuid, purpose text, user_id uuid, email text, name text, user_status text,
               created_at timestamptz, expires_at timestamptz, used_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select l.id, l.purpose, l.user_id, u.email, u.name, u.status, l.created_at, l.expires_at, l.used_at
    from access_links l left join users u on u.id = l.user_id
   where l.token_hash = p_token_hash
$$;

-- Attempts on this address or from this peer since then, for the rules of lockout: newest first, at most 1000.
create function login_attempts_lookup(p_email text, p_ip text, p_since timestamptz)
returns setof login_attempts
language sql stable security definer set search_path = public, pg_temp as $$
  (select * from login_attempts where email = lower(p_email) and at >= p_since order by at desc limit 500)
  union
  (select * from login_attempts where ip = p_ip and at >= p_since order by at desc limit 500)
$$;

-- Is the domain a pod's, or about to be one's? The answer is "not available", never whose.
create function domain_taken(p_domain text) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from cloud_pods where primary_domain = lower(p_domain) and status <> 'DELETED')
$$;

-- The buyer follows the purchase with the token that stands in the link; `follow_hash` is its SHA-256.
create function checkout_lookup(p_id uuid, p_follow_hash bytea)
returns setof checkout_sessions
language sql stable security definer set search_path = public, pg_temp as $$
  select * from checkout_sessions where id = p_id and follow_hash = p_follow_hash
$$;

create function checkout_result_lookup(p_id uuid, p_follow_hash bytea)
returns table (status text, tenant_slug text, pod_name text, pod_status text, stack text, primary_domain text, site_url text,
               job_id uuid, job_status text, job_error text, invoice_number text)
language sql stable security definer set search_path = public, pg_temp as $$
  select c.status, t.slug, p.name, p.status, p.stack, p.primary_domain, p.site_url, j.id, j.status, j.error, i.number
    from checkout_sessions c
    left join tenants t on t.id = c.tenant_id
    left join cloud_pods p on p.id = c.cloud_pod_id
    left join jobs j on j.id = c.job_id
    left join invoices i on i.checkout_session_id = c.id
   where c.id = p_id and c.follow_hash = p_follow_hash
$$;

-- The provider's name for a checkout that is still open, told once.
create function checkout_provider_ref(p_id uuid, p_follow_hash bytea, p_provider_ref text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update checkout_sessions set provider_ref = p_provider_ref
   where id = p_id and follow_hash = p_follow_hash and status = 'OPEN' and provider_ref is null;
  return found;
end $$;

revoke execute on function
  sign_in_lookup(text), session_lookup(bytea), access_link_lookup(bytea), login_attempts_lookup(text, text, timestamptz),
  domain_taken(text), checkout_lookup(uuid, bytea), checkout_result_lookup(uuid, bytea),
  checkout_provider_ref(uuid, bytea, text)
  from public;
grant execute on function
  sign_in_lookup(text), session_lookup(bytea), access_link_lookup(bytea), login_attempts_lookup(text, text, timestamptz),
  domain_taken(text), checkout_lookup(uuid, bytea), checkout_result_lookup(uuid, bytea),
  checkout_provider_ref(uuid, bytea, text)
  to mpanel_public;
grant execute on function domain_taken(text) to mpanel_tenant;
