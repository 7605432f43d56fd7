-- Previews of branches: each is a site of its own, beside the one that it is a preview of.

alter table websites
  add column preview_of uuid,
  add constraint websites_preview_fkey foreign key (tenant_id, preview_of) references websites (tenant_id, id),
  add constraint websites_preview_check check (preview_of <> id);
create index websites_preview_of on websites (tenant_id, preview_of) where preview_of is not null;

-- Where it is built from is its site's source, with this branch instead. The row goes with the preview.
create table site_previews (
  website_id      uuid primary key,
  tenant_id       uuid not null references tenants (id),
  branch          text not null check (length(branch) between 1 and 100),
  sealed_password bytea not null,
  created_by      text not null check (length(created_by) between 1 and 400),
  expires_at      timestamptz not null, -- moved on by pushes and deploys; the time at which its branch was deleted
  pushed_at       timestamptz, -- a push that no deploy was started for yet
  pushed_commit   text check (length(pushed_commit) between 1 and 64),
  created_at      timestamptz not null,
  constraint site_previews_key unique (tenant_id, website_id),
  constraint site_previews_website_fkey foreign key (tenant_id, website_id) references websites (tenant_id, id)
);
create index site_previews_pushed on site_previews (website_id) where pushed_at is not null;

select protect_tenant_table('site_previews');
-- Sealed passwords are opened by workers only.
grant select (website_id, tenant_id, branch, created_by, expires_at, pushed_at, created_at) on site_previews to mpanel_tenant;
grant select, insert, update, delete on site_previews to mpanel_platform;
