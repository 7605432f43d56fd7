-- What is done about a CloudPod that differs from its plan.

-- Nothing where the installation's default applies.
alter table cloud_pods add column drift_policy text check (drift_policy in ('ALERT', 'ADOPT', 'HEAL'));
-- Since when staff have been told that it differs.
alter table cloud_pods add column drift_alerted_at timestamptz;
create index cloud_pods_drift_alerted on cloud_pods (drift_alerted_at) where drift_alerted_at is not null;
