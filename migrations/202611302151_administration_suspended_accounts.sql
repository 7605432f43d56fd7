-- Suspended accounts: all of their CloudPods are suspended, and their members see what they owe and nothing else.

alter table tenants add column suspension_reason text check (suspension_reason in ('NON_PAYMENT', 'ABUSE', 'OWNER_REQUEST', 'STAFF'));
grant update (status, suspension_reason) on tenants to mpanel_platform;

-- A CloudPod of a suspended account has that reason, beside its own ones.
alter table pod_suspensions
  drop constraint pod_suspensions_reason_check,
  add constraint pod_suspensions_reason_check check (reason in ('NON_PAYMENT', 'ABUSE', 'OWNER_REQUEST', 'STAFF', 'ACCOUNT'));

-- What members of a suspended account may do: see what they owe, and pay it.
create function is_open_to_suspended(p_permission text) returns boolean
language sql immutable as $$ select p_permission in ('billing:read', 'billing:manage', 'subscriptions:read') $$;

-- As before, and members of a suspended account may only see and pay what they owe: forbidden, account_suspended.
create or replace function access_decision(p_user uuid, p_tenant uuid, p_permission text, p_scopes text[] default null, p_acting_for uuid default null,
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
    if not is_open_to_suspended(p_permission)
       and exists (select from tenants t where t.id = p_tenant and t.status = 'SUSPENDED') then
      outcome := 'forbidden'; reason := 'account_suspended';
    end if;
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
