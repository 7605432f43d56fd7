-- Builds have their turn in the order in which they began to wait, those of the account with the fewest first; and looks at a site's repository are
-- counted.
alter table deploys add column waits_since timestamptz; -- for a place among the builds; nothing once it has one
create index deploys_waiting on deploys (waits_since) where waits_since is not null;
grant update (waits_since) on deploys to mpanel_platform;

alter table site_sources
  add column looks      integer not null default 0 check (looks >= 0),
  add column looks_hour timestamptz; -- since when they are counted
