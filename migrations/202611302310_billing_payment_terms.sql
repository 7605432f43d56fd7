-- When invoices are issued, charged and given up. A row is never changed, only ended by its successor: an invoice is judged by the terms that
-- held when it was issued.

create table payment_terms (
  id                   uuid primary key,
  product_id           uuid references products (id), -- null: for every product without terms of its own
  invoice_lead_days    integer not null check (invoice_lead_days between 0 and 27),
  attempt_days         integer[] not null check (cardinality(attempt_days) between 1 and 10),
  suspend_after_days   integer not null check (suspend_after_days between 1 and 180),
  terminate_after_days integer not null check (terminate_after_days between 1 and 365),
  created_at           timestamptz not null,
  ended_at             timestamptz check (ended_at >= created_at)
);
create unique index payment_terms_current_key on payment_terms (product_id) nulls not distinct where ended_at is null;
create index payment_terms_product on payment_terms (product_id, created_at);

select protect_table('payment_terms');
create policy tenant on payment_terms for select to mpanel_tenant using (true);
grant select on payment_terms to mpanel_tenant;
grant select, insert, update (ended_at) on payment_terms to mpanel_platform;
