-- How many builds go on at once is limited, and how often one is begun again.
alter table deploys
  add column building boolean not null default false, -- its server is asked, while its job is at work
  add column builds   integer not null default 0 check (builds >= 0);
create index deploys_building on deploys (tenant_id) where building;
grant update (building, builds) on deploys to mpanel_platform;
