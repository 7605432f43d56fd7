-- Logins, customer accounts, who belongs to whom, and what each role may do.
-- The rows of roles, permissions and role_permissions are written by `migrate` from the one list in the code.

create table roles (
  code  text primary key check (code ~ '^[A-Z][A-Z_]{1,40}$'),
  scope text not null check (scope in ('platform', 'tenant')),
  name  text not null,
  unique (code, scope)
);

create table permissions (
  code text primary key check (code ~ '^[a-z_]+:[a-z]+$')
);

create table role_permissions (
  role       text not null references roles (code),
  permission text not null references permissions (code) on delete cascade,
  primary key (role, permission)
);

create table users (
  id             uuid primary key,
  email          text not null constraint users_email_key unique
                 constraint users_email_check check (email = lower(email) and length(email) between 3 and 254 and email like '_%@_%'),
  name           text not null check (length(name) <= 200),
  status         text not null default 'INVITED' check (status in ('INVITED', 'ACTIVE', 'DISABLED')),
  password_hash  text,
  platform_role  text,
  -- Constant, so that the foreign key lets platform roles only into `platform_role`.
  platform_scope text not null generated always as ('platform') stored,
  last_login_at  timestamptz,
  created_at     timestamptz not null default now(),
  constraint users_platform_role_fkey foreign key (platform_role, platform_scope) references roles (code, scope),
  constraint users_active_has_password check (status <> 'ACTIVE' or password_hash is not null)
);

create table tenants (
  id            uuid primary key,
  name          text not null check (length(name) between 1 and 200),
  slug          text not null constraint tenants_slug_key unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  billing_email text not null check (length(billing_email) <= 254),
  country       text not null check (country ~ '^[A-Z]{2}$'),
  address       text not null default '' check (length(address) <= 1000),
  status        text not null default 'ACTIVE' check (status in ('ACTIVE', 'SUSPENDED', 'CLOSED')),
  created_at    timestamptz not null default now()
);

create table tenant_users (
  tenant_id  uuid not null references tenants (id),
  user_id    uuid not null references users (id),
  role       text not null,
  role_scope text not null generated always as ('tenant') stored,
  created_at timestamptz not null default now(),
  primary key (tenant_id, user_id),
  constraint tenant_users_role_fkey foreign key (role, role_scope) references roles (code, scope)
);
create index tenant_users_user on tenant_users (user_id);

create table sessions (
  id           uuid primary key,
  token_hash   bytea not null constraint sessions_token_hash_key unique check (length(token_hash) = 32),
  user_id      uuid not null references users (id),
  created_at   timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at   timestamptz not null,
  ip           text,
  user_agent   text check (length(user_agent) <= 400)
);
create index sessions_user on sessions (user_id);

create table access_links (
  id         uuid primary key,
  purpose    text not null check (purpose in ('ACTIVATE', 'RESET', 'SETUP')),
  user_id    uuid references users (id),
  token_hash bytea not null constraint access_links_token_hash_key unique check (length(token_hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at    timestamptz,
  constraint access_links_user_check check ((purpose = 'SETUP') = (user_id is null))
);
create index access_links_user on access_links (user_id);

create table login_attempts (
  id        uuid primary key,
  email     text not null check (length(email) <= 254),
  user_id   uuid references users (id),
  ip        text,
  succeeded boolean not null,
  reason    text not null,
  at        timestamptz not null default now()
);
create index login_attempts_email on login_attempts (email, at desc);
create index login_attempts_ip on login_attempts (ip, at desc);

select protect_table('users'), protect_table('tenants'), protect_table('sessions'),
       protect_table('access_links'), protect_table('login_attempts'), protect_tenant_table('tenant_users');

-- A tenant sees the logins that are its members. The inner table is itself filtered to the open tenant.
create policy tenant on users for select to mpanel_tenant
  using (exists (select from tenant_users m where m.user_id = users.id));
create policy tenant on tenants to mpanel_tenant
  using (id = (select current_tenant())) with check (id = (select current_tenant()));

-- The public door sees one login at a time: the one it has looked up by address, session or link.
create policy login on users to mpanel_public
  using (id = (select current_login())) with check (id = (select current_login()));
create policy login on sessions to mpanel_public
  using (user_id = (select current_login())) with check (user_id = (select current_login()));
create policy login on access_links to mpanel_public
  using (user_id = (select current_login())) with check (user_id = (select current_login()));
create policy login on tenant_users for select to mpanel_public using (user_id = (select current_login()));
create policy login on tenants for select to mpanel_public
  using (exists (select from tenant_users m where m.tenant_id = tenants.id));
create policy attempt on login_attempts for insert to mpanel_public with check (true);

grant select on roles, permissions, role_permissions to mpanel_tenant, mpanel_public, mpanel_platform;

grant select (id, email, name, status, platform_role, last_login_at, created_at) on users to mpanel_tenant;
grant select, update (name, billing_email, country, address) on tenants to mpanel_tenant;
grant select, insert, update (role), delete on tenant_users to mpanel_tenant;

grant select, update (name, status, password_hash, last_login_at) on users to mpanel_public;
grant select, insert, update (last_seen_at, expires_at), delete on sessions to mpanel_public;
grant select, insert, update (used_at) on access_links to mpanel_public;
grant select on tenant_users, tenants to mpanel_public;
grant insert on login_attempts to mpanel_public;

grant select, insert, update on users, tenants to mpanel_platform;
grant select, insert, update, delete on tenant_users, access_links to mpanel_platform;
grant select, delete on sessions, login_attempts to mpanel_platform;
