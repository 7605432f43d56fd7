-- Environment variables of sites. Which set a site has, with the names in it, stands in its `config`; their values stand here and nowhere else,
-- sealed with the panel's key. A set never changes: a change makes another one, so that the one before can be put back.
create table site_environments (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  website_id uuid not null,
  sealed     bytea not null check (length(sealed) <= 131072),
  created_at timestamptz not null,
  unique (tenant_id, id),
  constraint site_environments_website_fkey foreign key (tenant_id, website_id) references websites (tenant_id, id)
);
create index site_environments_website on site_environments (tenant_id, website_id);
select protect_tenant_table('site_environments');
grant select, insert, delete, update (sealed) on site_environments to mpanel_platform;
