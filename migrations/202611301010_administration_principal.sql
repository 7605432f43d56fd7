-- Access is decided for a principal: a user, an API key of a user, or a user who acts for another one.

-- Scopes that the open transaction is narrowed to; null for none, which is how a user's own session works.
create function current_scopes() returns text[]
language sql stable parallel safe as $$
  select string_to_array(nullif(current_setting('mpanel.scopes', true), ''), ',')
$$;

drop function open_tenant(uuid, uuid, text, text, boolean);
drop function open_platform(uuid, text, boolean);
drop function access_decision(uuid, uuid, text);

-- May this principal do this here, by which role, and why? `p_tenant` null asks for the platform. The access check and its explanation
-- both ask this. An API key gives its scopes, and `p_user` is its owner; who impersonates gives `p_acting_for`.
--   ok           `role` grants it                                              reason: member, staff, acting
--   forbidden    is a member (or staff) whose role does not grant it                   role_lacks
--                the key's owner may, but the key has no such scope                    scope_lacks
--                who impersonates does so in a customer account and nowhere else       acting
--   second_step  staff who must set up a second step first                             second_step
--   not_found    a stranger, a login that cannot be used, no such tenant               no_login, not_active, no_tenant, stranger, not_staff
create function access_decision(p_user uuid, p_tenant uuid, p_permission text, p_scopes text[] default null, p_acting_for uuid default null,
                                out outcome text, out role text, out platform boolean, out reason text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  login_status text;
  staff_role text;
  member_role text;
  staff_holds boolean;
begin
  outcome := 'not_found';
  if p_acting_for is not null then
    -- Staff who may look at customers, at this moment; what they may do in the account is what its member may do there.
    select d.outcome, d.role, d.platform, d.reason into outcome, role, platform, reason
      from access_decision(p_user, null, 'customers:read', p_scopes) d;
    if outcome <> 'ok' then
      return;
    elsif p_tenant is null then
      outcome := 'forbidden'; reason := 'acting';
      return;
    end if;
    select d.outcome, d.role, d.platform, d.reason into outcome, role, platform, reason
      from access_decision(p_acting_for, p_tenant, p_permission, p_scopes) d;
    if outcome = 'ok' and not platform then
      reason := 'acting';
    elsif platform then
      -- Nobody becomes other staff.
      outcome := 'forbidden'; reason := 'acting';
    end if;
    return;
  end if;
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
  -- Scopes only ever take away.
  if outcome = 'ok' and p_scopes is not null and not p_permission = any (p_scopes) then
    outcome := 'forbidden'; reason := 'scope_lacks';
  end if;
end $$;

create function open_tenant(p_user uuid, p_tenant uuid, p_slug text, p_permission text, p_write boolean, p_scopes text[], p_acting_for uuid,
                            out outcome text, out tenant uuid)
language plpgsql as $$
begin
  tenant := coalesce(p_tenant, tenant_by_slug(p_slug));
  if tenant is null then
    outcome := 'not_found';
    return;
  end if;
  select d.outcome into outcome from access_decision(p_user, tenant, p_permission, p_scopes, p_acting_for) d;
  if outcome = 'ok' then
    perform set_config('mpanel.scopes', coalesce(array_to_string(p_scopes, ','), ''), true);
    perform enter_door('mpanel_tenant', tenant, coalesce(p_acting_for, p_user), p_write);
  end if;
end $$;

create function open_platform(p_user uuid, p_permission text, p_write boolean, p_scopes text[], p_acting_for uuid) returns text
language plpgsql as $$
declare
  decided text;
begin
  select d.outcome into decided from access_decision(p_user, null, p_permission, p_scopes, p_acting_for) d;
  if decided = 'ok' then
    perform set_config('mpanel.scopes', coalesce(array_to_string(p_scopes, ','), ''), true);
    perform enter_door('mpanel_platform', null, p_user, p_write);
  end if;
  return decided;
end $$;

-- As before, and what the transaction's scopes leave out counts as not held: a key gives no role above its own scopes.
create or replace function role_within(p_user uuid, p_tenant uuid, p_role text) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from roles where code = p_role) and not exists (
    select rp.permission from role_permissions rp where rp.role = p_role
    except
    select rp.permission from role_permissions rp
     where (current_scopes() is null or rp.permission = any (current_scopes()))
       and rp.role in (
       select m.role from tenant_users m join users u on u.id = m.user_id
        where m.tenant_id = p_tenant and m.user_id = p_user and u.status = 'ACTIVE'
       union all
       select u.platform_role from users u
        where u.id = p_user and u.status = 'ACTIVE' and u.platform_role is not null and not second_step_missing(u.id)))
$$;

revoke execute on function access_decision(uuid, uuid, text, text[], uuid) from public;
grant execute on function access_decision(uuid, uuid, text, text[], uuid) to mpanel_web, mpanel_ops, mpanel_platform, mpanel_tenant;
