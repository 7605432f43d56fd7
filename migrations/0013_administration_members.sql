-- Invitations, and what holds for the members of an account whoever writes: it keeps an owner, and nobody gives above the own.

create table invitations (
  id          uuid primary key,
  tenant_id   uuid not null references tenants (id),
  email       text not null constraint invitations_email_check check (email = lower(email) and length(email) between 3 and 254 and email like '_%@_%'),
  role        text not null,
  role_scope  text not null generated always as ('tenant') stored,
  invited_by  uuid not null references users (id),
  token_hash  bytea not null constraint invitations_token_hash_key unique check (length(token_hash) = 32),
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  accepted_at timestamptz,
  revoked_at  timestamptz,
  unique (tenant_id, id),
  constraint invitations_role_fkey foreign key (role, role_scope) references roles (code, scope)
);
create unique index invitations_open_key on invitations (tenant_id, email) where accepted_at is null and revoked_at is null;
create index invitations_made on invitations (tenant_id, created_at);

select protect_tenant_table('invitations');

grant select, insert, update (revoked_at) on invitations to mpanel_tenant;
grant select, update (accepted_at) on invitations to mpanel_platform;

-- What the link of an invitation opens. It counts while who sent it could still send it.
create function invitation_lookup(p_token_hash bytea)
returns table (invitation_id uuid, tenant_id uuid, tenant_name text, tenant_slug text, email text, role text, invited_by text,
               user_id uuid, user_status text, expires_at timestamptz, open boolean)
language sql stable security definer set search_path = public, pg_temp as $$
  select i.id, t.id, t.name, t.slug, i.email, i.role, b.email, u.id, u.status, i.expires_at,
         i.accepted_at is null and i.revoked_at is null and t.status = 'ACTIVE'
           and (select d.outcome from access_decision(i.invited_by, i.tenant_id, 'users:write') d) = 'ok'
           and role_within(i.invited_by, i.tenant_id, i.role)
    from invitations i
    join tenants t on t.id = i.tenant_id
    join users b on b.id = i.invited_by
    left join users u on u.email = i.email
   where i.token_hash = p_token_hash
$$;

-- People at a tenant's door give and take only roles that hold nothing they do not hold themselves.
-- mPanel itself (purchases, accepted invitations) has asked in its own way.
create function keep_role_within() returns trigger
language plpgsql as $$
begin
  if current_setting('role') = 'mpanel_tenant' and (
    (tg_op <> 'INSERT' and not role_within(current_login(), old.tenant_id, old.role))
    or (tg_op <> 'DELETE' and not role_within(current_login(), new.tenant_id, new.role))) then
    raise check_violation using constraint = 'role_within', message = 'this role is above the one who gives or takes it';
  end if;
  return coalesce(new, old);
end $$;
create trigger role_within before insert or update of role or delete on tenant_users
  for each row execute function keep_role_within();
create trigger role_within before insert on invitations
  for each row execute function keep_role_within();

-- The account's row is locked first: of two owners who leave at the same moment, the second sees that the first is gone.
create function keep_an_owner() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from tenants where id = old.tenant_id for update;
  if not exists (
    select from tenant_users m join users u on u.id = m.user_id
     where m.tenant_id = old.tenant_id and m.role = 'TENANT_OWNER' and u.status <> 'DISABLED') then
    raise check_violation using constraint = 'tenant_users_keep_owner', message = 'an account keeps an owner';
  end if;
  return null;
end $$;
create constraint trigger tenant_users_keep_owner after update or delete on tenant_users
  for each row when (old.role = 'TENANT_OWNER') execute function keep_an_owner();

-- One SUPER_ADMIN who can sign in stays, whatever people do; the owner of the database may do without. One change after the other, by a lock that this needs and nothing else takes.
create function keep_a_super_admin() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('mpanel.super-admin', 0));
  if current_setting('role') like 'mpanel%'
     and not exists (select from users where platform_role = 'SUPER_ADMIN' and status = 'ACTIVE') then
    raise check_violation using constraint = 'users_keep_super_admin', message = 'one super admin who can sign in stays';
  end if;
  return null;
end $$;
create constraint trigger users_keep_super_admin after update on users
  for each row when (old.platform_role = 'SUPER_ADMIN' and old.status = 'ACTIVE'
                     and (new.platform_role is distinct from 'SUPER_ADMIN' or new.status <> 'ACTIVE'))
  execute function keep_a_super_admin();

revoke execute on function invitation_lookup(bytea), keep_an_owner(), keep_a_super_admin() from public;
grant execute on function invitation_lookup(bytea) to mpanel_public, mpanel_platform;
