-- The agents that panels have shipped, and how each came to the servers: one first, then the rest a few at a time.

create table agent_releases (
  sha256      text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  version     text not null,
  -- When a panel that ships it was last started: the last one counts.
  released_at timestamptz not null,
  held_at     timestamptz
);

create table server_agent_upgrades (
  server_id  uuid not null references servers (id) on delete cascade,
  sha256     text not null references agent_releases (sha256) on delete cascade,
  status     text not null check (status in ('RUNNING', 'WAITING', 'DONE', 'FAILED')),
  reason     text not null default '',
  attempts   integer not null default 1 check (attempts > 0),
  changed_at timestamptz not null,
  due_at     timestamptz not null,
  primary key (server_id, sha256)
);

grant select, insert, update on agent_releases, server_agent_upgrades to mpanel_platform;
