-- A CloudPod, or an account, that uses more than it may can be suspended for that.
alter table pod_suspensions
  drop constraint pod_suspensions_reason_check,
  add constraint pod_suspensions_reason_check check (reason in ('NON_PAYMENT', 'ABUSE', 'OWNER_REQUEST', 'QUOTA', 'STAFF', 'ACCOUNT'));
alter table tenants
  drop constraint tenants_suspension_reason_check,
  add constraint tenants_suspension_reason_check check (suspension_reason in ('NON_PAYMENT', 'ABUSE', 'OWNER_REQUEST', 'QUOTA', 'STAFF'));
