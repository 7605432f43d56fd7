-- Messages to push webhooks that were refused, by the address that they came from; kept for an hour or two.
create table push_refusals (
  peer    text not null check (length(peer) between 1 and 100),
  site    uuid not null, -- as it was said; the nil one where it was none
  since   timestamptz not null,
  refused integer not null check (refused > 0),
  primary key (peer, site)
);
create index push_refusals_since on push_refusals (since);
select protect_table('push_refusals');
grant select, insert, update, delete on push_refusals to mpanel_platform;
