-- Roles of the cluster, and the helpers every later migration leans on.
--
-- Two login roles own nothing and inherit nothing: `mpanel_web` answers requests, `mpanel_ops` works.
-- What they may do hangs on four group roles, which a door takes on for one transaction (`set local role`).
-- The role that migrates owns everything and never serves a request.

-- Roles belong to the cluster, and other databases of it may migrate at this very moment, so whoever comes
-- second must find the first one's work and go on. Advisory locks are per database and would not help.
do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('mpanel_tenant', 'nologin'), ('mpanel_public', 'nologin'), ('mpanel_platform', 'nologin'),
      ('mpanel_web', 'login'), ('mpanel_ops', 'login')
    ) as r (name, kind)
  loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      begin
        execute format('create role %I %s noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls',
                       wanted.name, wanted.kind);
      exception when duplicate_object or unique_violation then
        null; -- made by another database's migration in the meantime
      end;
    end if;
  end loop;

  for wanted in
    select * from (values
      ('mpanel_tenant', 'mpanel_web'), ('mpanel_public', 'mpanel_web'), ('mpanel_platform', 'mpanel_ops')
    ) as m (grp, member)
  loop
    for attempt in 1 .. 20 loop
      exit when exists (
        select from pg_auth_members m
        join pg_roles g on g.oid = m.roleid
        join pg_roles r on r.oid = m.member
        where g.rolname = wanted.grp and r.rolname = wanted.member);
      begin
        execute format('grant %I to %I', wanted.grp, wanted.member);
      exception when unique_violation or internal_error then
        perform pg_sleep(0.05); -- "tuple concurrently updated": the other one is granting it
      end;
    end loop;
  end loop;
end $$;

-- Rights on the database itself are not part of a dump or a copy, so every `migrate` sets them anew.
create function restrict_database() returns void
language plpgsql as $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to mpanel_web, mpanel_ops', current_database());
end $$;

revoke create on schema public from public;
grant usage on schema public to mpanel_web, mpanel_ops, mpanel_tenant, mpanel_public, mpanel_platform;

-- The tenant whose door is open. After a transaction the setting is '' and not null, hence nullif.
create function current_tenant() returns uuid
language sql stable parallel safe as $$
  select nullif(current_setting('mpanel.tenant_id', true), '')::uuid
$$;

-- The login this transaction is about: the signed-in one, or the one whose password or link is being checked.
create function current_login() returns uuid
language sql stable parallel safe as $$
  select nullif(current_setting('mpanel.user_id', true), '')::uuid
$$;

-- Forced row level security for a table without `tenant_id`; its own policies follow in the migration.
-- The owner needs a policy too: it is forced like everybody else, and the definer functions run as it.
create function protect_table(target regclass) returns void
language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy owner on %s to %I using (true) with check (true)', target, current_user);
  execute format('create policy platform on %s to mpanel_platform using (true) with check (true)', target);
end $$;

-- The same for a table with `tenant_id`: a tenant sees and writes its own rows only, and never those of no tenant.
create function protect_tenant_table(target regclass) returns void
language plpgsql as $$
begin
  perform protect_table(target);
  execute format('create policy tenant on %s to mpanel_tenant '
                 'using (tenant_id = (select current_tenant())) '
                 'with check (tenant_id = (select current_tenant()))', target);
end $$;

-- Passwords of the two logins, for a PostgreSQL that asks for them. A password cannot be a parameter of `alter role`.
create function set_login_password(p_role text, p_password text) returns void
language plpgsql as $$
begin
  if p_role not in ('mpanel_web', 'mpanel_ops') then
    raise insufficient_privilege using message = 'not a login role of mPanel';
  end if;
  execute format('alter role %I password %L', p_role, p_password);
end $$;

revoke execute on function protect_table(regclass), protect_tenant_table(regclass), restrict_database(), set_login_password(text, text) from public;
