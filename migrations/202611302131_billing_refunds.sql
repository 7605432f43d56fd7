-- Money that goes back to the card it came from. Each refund is covered by a credit note: it uses up the credit that the note has given.

create table refunds (
  id             uuid primary key, -- the key by which the provider knows it
  tenant_id      uuid not null references tenants (id),
  credit_note_id uuid not null,
  payment_id     uuid not null,
  amount         bigint not null check (amount > 0),
  currency       text not null check (currency ~ '^[A-Z]{3}$'),
  status         text not null default 'PENDING' check (status in ('PENDING', 'SUCCEEDED', 'FAILED')),
  provider_ref   text check (length(provider_ref) between 1 and 255),
  failure_code   text,
  created_at     timestamptz not null,
  settled_at     timestamptz,
  unique (tenant_id, id),
  constraint refunds_settled_check check ((status = 'PENDING') = (settled_at is null)),
  constraint refunds_failed_check check ((status = 'FAILED') = (failure_code is not null)),
  constraint refunds_credit_note_fkey foreign key (tenant_id, credit_note_id) references invoices (tenant_id, id),
  constraint refunds_payment_fkey foreign key (tenant_id, payment_id) references payments (tenant_id, id)
);
create index refunds_credit_note on refunds (tenant_id, credit_note_id);
create index refunds_payment on refunds (tenant_id, payment_id);
create index refunds_pending on refunds (id) where status = 'PENDING';
select protect_tenant_table('refunds');
grant select on refunds to mpanel_tenant;
grant select, insert, update on refunds to mpanel_platform;

-- In the ledger a refund takes from the account's credit; one that failed gives it back.
alter table ledger_entries
  add column refund_id uuid,
  drop constraint ledger_entries_kind_check,
  drop constraint ledger_entries_sign_check,
  drop constraint ledger_entries_document_check,
  add constraint ledger_entries_kind_check check (kind in ('CHARGE', 'CREDIT', 'PAYMENT', 'REFUND')),
  add constraint ledger_entries_sign_check check (case kind when 'CHARGE' then amount > 0 when 'REFUND' then amount <> 0 else amount < 0 end),
  add constraint ledger_entries_document_check check (
    (kind = 'PAYMENT') = (payment_id is not null) and (kind = 'REFUND') = (refund_id is not null)
    and (kind in ('CHARGE', 'CREDIT')) = (invoice_id is not null)),
  add constraint ledger_entries_refund_fkey foreign key (tenant_id, refund_id) references refunds (tenant_id, id);
-- Taken once, given back once.
create unique index ledger_entries_refund_key on ledger_entries (refund_id, (amount > 0)) where refund_id is not null;

alter table ledger_allocations
  alter column invoice_id drop not null,
  add column refund_id uuid,
  add constraint ledger_allocations_target_check check ((invoice_id is null) <> (refund_id is null)),
  add constraint ledger_allocations_refund_fkey foreign key (tenant_id, refund_id) references refunds (tenant_id, id);
create index ledger_allocations_refund on ledger_allocations (refund_id) where refund_id is not null;
