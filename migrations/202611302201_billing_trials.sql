-- Trials and set-up fees.

alter table products
  add column trial_days integer not null default 0 check (trial_days between 0 and 365),
  add column setup_fee bigint not null default 0 check (setup_fee >= 0),
  add constraint products_trial_check check (trial_days = 0 or type = 'CLOUDPOD'); -- add-ons follow their plan

alter table checkout_sessions add column trial_days integer not null default 0 check (trial_days between 0 and 365);

alter table subscriptions
  drop constraint subscriptions_status_check,
  add constraint subscriptions_status_check check (status in ('TRIALING', 'ACTIVE', 'PAST_DUE', 'SUSPENDED', 'CANCELLED'));
