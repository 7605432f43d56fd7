-- Trials and set-up fees.

alter table products
  add column trial_days integer not null default 0 check (trial_days between 0 and 365),
  add column setup_fee bigint not null default 0 check (setup_fee >= 0),
  add constraint products_trial_check check (trial_days = 0 or type = 'CLOUDPOD'); -- add-ons follow their plan

alter table checkout_sessions add column trial_days integer not null default 0 check (trial_days between 0 and 365);

alter table subscriptions
  drop constraint subscriptions_status_check,
  add constraint subscriptions_status_check check (status in ('TRIALING', 'ACTIVE', 'PAST_DUE', 'SUSPENDED', 'CANCELLED'));

-- Whether a customer has had a trial: under this address, however it is written, or in an account of its.
create function trial_was_had(p_email text) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from checkout_sessions s
                  where s.trial_days > 0 and s.status = 'PAID' and customer_key(s.email) = customer_key(p_email))
      or exists (select from checkout_sessions s
                  where s.trial_days > 0 and s.status = 'PAID' and s.tenant_id in (select customer_accounts(p_email)))
$$;
create index checkout_sessions_trial on checkout_sessions (customer_key(email)) where trial_days > 0 and status = 'PAID';
create index checkout_sessions_trial_account on checkout_sessions (tenant_id) where trial_days > 0 and status = 'PAID';
revoke execute on function trial_was_had(text) from public;
grant execute on function trial_was_had(text) to mpanel_public, mpanel_platform;
