-- A kind for subscriptions that dunning has forgotten, and mismatches that staff accept until a day.

alter table mismatches
  drop constraint mismatches_kind_check,
  add constraint mismatches_kind_check check (kind in ('PAID_NOT_RUNNING', 'RUNNING_NOT_PAID', 'SUSPENDED_SERVING', 'POD_WITHOUT_SUBSCRIPTION',
                                                       'SUBSCRIPTION_WITHOUT_POD', 'INVOICE_WITHOUT_PAYMENT', 'PAYMENT_WITHOUT_INVOICE',
                                                       'OVERDUE_NOT_SUSPENDED')),
  add column accepted_until timestamptz, -- until then it is not listed
  add column accepted_reason text check (length(accepted_reason) between 1 and 500),
  add constraint mismatches_accepted_check check ((accepted_until is null) = (accepted_reason is null));

-- What a price counts for in a month, in twelfths of a minor unit, so that the month of a yearly price is exact. What is paid once counts once.
create function monthly_twelfths(amount bigint, cycle text) returns bigint
language sql immutable as $$ select amount * case cycle when 'YEARLY' then 1 else 12 end $$;

-- What a subscription counts for, in twelfths: nothing while it is suspended or has ended.
create or replace function mrr_twelfths(s subscriptions) returns bigint
language sql immutable as $$
  select case when s.status in ('ACTIVE', 'PAST_DUE') then monthly_twelfths(s.price * s.quantity, s.billing_cycle) else 0 end
$$;
