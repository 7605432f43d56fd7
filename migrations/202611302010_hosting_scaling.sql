-- A pod's limits are what was ordered. `is_applied` is false until a job that applies them has verified them. The reserved ones are kept free on its
-- server while they are being paid for.
alter table cloud_pod_quotas
  add column is_applied boolean not null default true,
  add column reserved_cpu_millis integer check (reserved_cpu_millis > 0),
  add column reserved_memory_mb integer check (reserved_memory_mb > 0),
  add column reserved_disk_mb integer check (reserved_disk_mb > 0);
create index cloud_pods_by_subscription on cloud_pods (subscription_id);
