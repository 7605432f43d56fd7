-- What name servers have to answer, by what their PowerDNS has counted.

alter table nameservers
  add column queries             bigint check (queries >= 0),  -- since it was started, when it was last asked
  add column failures            bigint check (failures >= 0),
  add column uptime_seconds      bigint check (uptime_seconds >= 0),
  add column counted_at          timestamptz,
  add column queries_per_minute  bigint check (queries_per_minute >= 0), -- between the last two times; nothing after a restart
  add column failures_per_minute bigint check (failures_per_minute >= 0),
  add column latency_us          bigint check (latency_us >= 0);

grant update (queries, failures, uptime_seconds, counted_at, queries_per_minute, failures_per_minute, latency_us) on nameservers to mpanel_platform;
