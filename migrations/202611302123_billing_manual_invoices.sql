-- Staff invoice what no subscription is for.

alter table invoices alter column subscription_id drop not null;
