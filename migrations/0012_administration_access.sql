-- The second step, the password typed again, the rules for signing in; and the doors' decision, which knows them.

alter table users add column password_set_at timestamptz;
-- When the password was typed again in this session.
alter table sessions add column proved_at timestamptz;
grant update (password_set_at) on users to mpanel_public;
grant update (proved_at) on sessions to mpanel_public;

-- The key of a login's code app, sealed; it counts from its confirmation on. Codes of `last_step` and before are used up.
create table totp_secrets (
  user_id      uuid primary key references users (id),
  sealed       bytea not null,
  created_at   timestamptz not null,
  confirmed_at timestamptz,
  last_step    bigint not null default 0
);

create table recovery_codes (
  id         uuid primary key,
  user_id    uuid not null references users (id),
  code_hash  bytea not null check (length(code_hash) = 32),
  created_at timestamptz not null,
  used_at    timestamptz,
  constraint recovery_codes_hash_key unique (user_id, code_hash)
);

-- The password was right, the code is still missing.
create table sign_in_steps (
  id         uuid primary key,
  token_hash bytea not null constraint sign_in_steps_token_hash_key unique check (length(token_hash) = 32),
  user_id    uuid not null references users (id),
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sign_in_steps_user on sign_in_steps (user_id);

create table security_policies (
  name       text primary key check (name in ('STAFF_SECOND_STEP')),
  enabled    boolean not null,
  changed_at timestamptz not null
);

select protect_table('totp_secrets'), protect_table('recovery_codes'), protect_table('sign_in_steps'), protect_table('security_policies');

create policy login on totp_secrets to mpanel_public
  using (user_id = (select current_login())) with check (user_id = (select current_login()));
create policy login on recovery_codes to mpanel_public
  using (user_id = (select current_login())) with check (user_id = (select current_login()));
create policy login on sign_in_steps to mpanel_public
  using (user_id = (select current_login())) with check (user_id = (select current_login()));
create policy everybody on security_policies for select to mpanel_public using (true);

grant select, insert, update, delete on totp_secrets to mpanel_public;
grant select, insert, update (used_at), delete on recovery_codes to mpanel_public;
grant select, insert, delete on sign_in_steps to mpanel_public;
grant select on security_policies to mpanel_public;

grant select (user_id, confirmed_at), delete on totp_secrets to mpanel_platform;
grant select (user_id), delete on recovery_codes to mpanel_platform;
grant select (user_id, expires_at), delete on sign_in_steps to mpanel_platform;
grant select, insert, update on security_policies to mpanel_platform;

-- Is this login staff who must set up a second step before anything else?
create function second_step_missing(p_user uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from security_policies where name = 'STAFF_SECOND_STEP' and enabled)
     and exists (select from users where id = p_user and platform_role is not null)
     and not exists (select from totp_secrets where user_id = p_user and confirmed_at is not null)
$$;

-- May this login do this here, by which role, and why? `p_tenant` null asks for the platform. The doors and `why` both ask this.
--   ok           `role` grants it                                              reason: member, staff
--   forbidden    is a member (or staff) whose role does not grant it                   role_lacks
--   second_step  staff who must set up a second step first                             second_step
--   not_found    a stranger, a login that cannot be used, no such tenant               no_login, not_active, no_tenant, stranger, not_staff
drop function access_decision(uuid, uuid, text);
create function access_decision(p_user uuid, p_tenant uuid, p_permission text,
                                out outcome text, out role text, out platform boolean, out reason text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  login_status text;
  staff_role text;
  member_role text;
  staff_holds boolean;
begin
  outcome := 'not_found';
  select u.status, u.platform_role into login_status, staff_role from users u where u.id = p_user;
  if not found then
    reason := 'no_login';
    return;
  elsif login_status <> 'ACTIVE' then
    reason := 'not_active';
    return;
  elsif p_tenant is not null and not exists (select from tenants t where t.id = p_tenant) then
    reason := 'no_tenant';
    return;
  end if;
  if p_tenant is not null then
    select m.role into member_role from tenant_users m where m.tenant_id = p_tenant and m.user_id = p_user;
  end if;
  staff_holds := exists (select from role_permissions rp where rp.role = staff_role and rp.permission = p_permission);
  platform := member_role is null and staff_role is not null;
  if member_role is not null and exists (
    select from role_permissions rp where rp.role = member_role and rp.permission = p_permission) then
    outcome := 'ok'; role := member_role; platform := false; reason := 'member';
  elsif staff_role is not null and (p_tenant is null or staff_holds) and second_step_missing(p_user) then
    outcome := 'second_step'; role := staff_role; platform := true; reason := 'second_step';
  elsif staff_holds then
    outcome := 'ok'; role := staff_role; platform := true; reason := 'staff';
  elsif p_tenant is null then
    outcome := case when staff_role is null then 'not_found' else 'forbidden' end;
    role := staff_role;
    reason := case when staff_role is null then 'not_staff' else 'role_lacks' end;
  elsif member_role is not null or exists (
    select from role_permissions rp where rp.role = staff_role and rp.permission = 'customers:read') then
    outcome := 'forbidden'; role := coalesce(member_role, staff_role); reason := 'role_lacks';
  else
    reason := 'stranger';
  end if;
end $$;

-- Does this login, by its roles here, hold everything that the role holds? Nobody gives what is above the own.
-- `p_tenant` null asks for the platform alone.
create function role_within(p_user uuid, p_tenant uuid, p_role text) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from roles where code = p_role) and not exists (
    select rp.permission from role_permissions rp where rp.role = p_role
    except
    select rp.permission from role_permissions rp
     where rp.role in (
       select m.role from tenant_users m join users u on u.id = m.user_id
        where m.tenant_id = p_tenant and m.user_id = p_user and u.status = 'ACTIVE'
       union all
       select u.platform_role from users u
        where u.id = p_user and u.status = 'ACTIVE' and u.platform_role is not null and not second_step_missing(u.id)))
$$;

-- A login's own door: as the public one, for reading or writing.
create function open_own(p_user uuid, p_write boolean) returns void
language sql as $$ select enter_door('mpanel_public', null, p_user, p_write) $$;

drop function session_lookup(bytea);
create function session_lookup(p_token_hash bytea)
returns table (session_id uuid, user_id uuid, email text, name text, status text, platform_role text, created_at timestamptz,
               last_seen_at timestamptz, expires_at timestamptz, proved_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, u.id, u.email, u.name, u.status, u.platform_role, s.created_at, s.last_seen_at, s.expires_at, s.proved_at
    from sessions s join users u on u.id = s.user_id
   where s.token_hash = p_token_hash
$$;

-- A sign-in that waits for its code. `password_set_at`: a newer password ends what an older one has begun.
create function sign_in_step_lookup(p_token_hash bytea)
returns table (step_id uuid, user_id uuid, email text, status text, password_set_at timestamptz, created_at timestamptz, expires_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select w.id, u.id, u.email, u.status, u.password_set_at, w.created_at, w.expires_at
    from sign_in_steps w join users u on u.id = w.user_id
   where w.token_hash = p_token_hash
$$;

-- Tries of codes on this login, newest first: apart from those of passwords, which strangers can make as many of as they like.
create function code_attempts_lookup(p_email text, p_since timestamptz)
returns setof login_attempts
language sql stable security definer set search_path = public, pg_temp as $$
  select * from login_attempts
   where email = lower(p_email) and at >= p_since and reason in ('CODE', 'CODE_RIGHT') order by at desc limit 500
$$;

revoke execute on function second_step_missing(uuid), code_attempts_lookup(text, timestamptz), access_decision(uuid, uuid, text), role_within(uuid, uuid, text),
  session_lookup(bytea), sign_in_step_lookup(bytea) from public;
grant execute on function access_decision(uuid, uuid, text) to mpanel_web, mpanel_ops, mpanel_platform, mpanel_tenant;
grant execute on function role_within(uuid, uuid, text) to mpanel_tenant, mpanel_platform;
grant execute on function second_step_missing(uuid) to mpanel_public;
grant execute on function session_lookup(bytea), sign_in_step_lookup(bytea), code_attempts_lookup(text, timestamptz) to mpanel_public;
