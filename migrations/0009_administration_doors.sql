-- Opening a door is one call: the permission is checked, the group role taken on, the tenant set, all for one transaction.
-- The functions that change the role run as their caller (a definer function may not); the check itself looks as the owner.

-- May this login do this here, and by which role? `p_tenant` null asks for the platform. The door and `why` both ask this.
--   ok         `role` grants it
--   forbidden  is a member (or staff who may see customers) whose role does not grant it
--   not_found  a stranger, a disabled login, or no such tenant
create function access_decision(p_user uuid, p_tenant uuid, p_permission text, out outcome text, out role text, out platform boolean)
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  staff_role text;
  member_role text;
begin
  select u.platform_role into staff_role from users u where u.id = p_user and u.status = 'ACTIVE';
  if not found or (p_tenant is not null and not exists (select from tenants t where t.id = p_tenant)) then
    outcome := 'not_found';
    return;
  end if;
  if staff_role is not null and exists (
    select from role_permissions rp where rp.role = staff_role and rp.permission = p_permission) then
    outcome := 'ok'; role := staff_role; platform := true;
    return;
  end if;
  if p_tenant is null then
    outcome := case when staff_role is null then 'not_found' else 'forbidden' end;
    role := staff_role; platform := true;
    return;
  end if;
  select m.role into member_role from tenant_users m where m.tenant_id = p_tenant and m.user_id = p_user;
  role := coalesce(member_role, staff_role);
  platform := member_role is null and staff_role is not null;
  if member_role is not null and exists (
    select from role_permissions rp where rp.role = member_role and rp.permission = p_permission) then
    outcome := 'ok';
  elsif member_role is not null or exists (
    select from role_permissions rp where rp.role = staff_role and rp.permission = 'customers:read') then
    outcome := 'forbidden';
  else
    outcome := 'not_found';
  end if;
end $$;

-- The tenant behind a slug; the door still decides whether the caller may know of it.
create function tenant_by_slug(p_slug text) returns uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select id from tenants where slug = p_slug
$$;

-- A door for reading is read-only to PostgreSQL too.
create function enter_door(p_group text, p_tenant uuid, p_user uuid, p_write boolean) returns void
language plpgsql as $$
begin
  perform set_config('mpanel.tenant_id', coalesce(p_tenant::text, ''), true),
          set_config('mpanel.user_id', coalesce(p_user::text, ''), true),
          set_config('role', p_group, true);
  if not p_write then
    perform set_config('transaction_read_only', 'on', true);
  end if;
end $$;

create function open_tenant(p_user uuid, p_tenant uuid, p_slug text, p_permission text, p_write boolean,
                            out outcome text, out tenant uuid)
language plpgsql as $$
begin
  tenant := coalesce(p_tenant, tenant_by_slug(p_slug));
  if tenant is null then
    outcome := 'not_found';
    return;
  end if;
  select d.outcome into outcome from access_decision(p_user, tenant, p_permission) d;
  if outcome = 'ok' then
    perform enter_door('mpanel_tenant', tenant, p_user, p_write);
  end if;
end $$;

create function open_platform(p_user uuid, p_permission text, p_write boolean) returns text
language plpgsql as $$
declare
  decided text;
begin
  select d.outcome into decided from access_decision(p_user, null, p_permission) d;
  if decided = 'ok' then
    perform enter_door('mpanel_platform', null, p_user, p_write);
  end if;
  return decided;
end $$;

-- The public door; with a login it sees that login's own rows and nobody else's.
create function open_public(p_user uuid) returns void
language sql as $$ select enter_door('mpanel_public', null, p_user, true) $$;

-- The door of mPanel itself: workers, webhooks, reconcilers, commands.
create function open_system() returns void
language sql as $$ select enter_door('mpanel_platform', null, null, true) $$;

revoke execute on function access_decision(uuid, uuid, text), tenant_by_slug(text) from public;
grant execute on function access_decision(uuid, uuid, text) to mpanel_web, mpanel_ops, mpanel_platform;
grant execute on function tenant_by_slug(text) to mpanel_web;
