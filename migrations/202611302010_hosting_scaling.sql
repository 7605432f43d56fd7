-- A pod's limits are what was ordered; here is whether its server has them.
alter table cloud_pod_quotas add column is_applied boolean not null default true;
