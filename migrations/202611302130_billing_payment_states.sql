-- A payment may wait: for the customer, who confirms it with the bank, or for the provider, who takes days.

alter table payments drop constraint payments_status_check;
alter table payments add constraint payments_status_check check (status in ('PENDING', 'ACTION_REQUIRED', 'PROCESSING', 'SUCCEEDED', 'FAILED'));
alter table payments drop constraint payments_settled_check;
alter table payments add constraint payments_settled_check check ((status in ('SUCCEEDED', 'FAILED')) = (settled_at is not null));
-- The provider's name is what is asked about.
alter table payments add constraint payments_waiting_check check (status not in ('ACTION_REQUIRED', 'PROCESSING') or provider_ref is not null);

drop index payments_pending_key;
create unique index payments_pending_key on payments (invoice_id) where status in ('PENDING', 'ACTION_REQUIRED', 'PROCESSING');
create index payments_waiting on payments (id) where status in ('ACTION_REQUIRED', 'PROCESSING');

-- Until when the messages of a provider were read from its list: those whose webhook was lost are found there.
create table payment_polls (
  provider  text primary key,
  polled_to timestamptz not null
);
select protect_table('payment_polls');
grant select, insert, update on payment_polls to mpanel_platform;
