-- A bank takes a transfer back that was booked: it was recalled, or its payer had it reversed. What it has paid is open again.

alter table payments
  drop constraint payments_status_check,
  add constraint payments_status_check check (status in ('PENDING', 'ACTION_REQUIRED', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'RETURNED')),
  drop constraint payments_settled_check,
  add constraint payments_settled_check check ((status in ('SUCCEEDED', 'FAILED', 'RETURNED')) = (settled_at is not null)),
  add constraint payments_returned_check check (status <> 'RETURNED' or provider = 'manual');
create index payments_transfers on payments (amount, id) where provider = 'manual' and status = 'SUCCEEDED';

-- The account owes again what was taken back.
alter table ledger_entries
  drop constraint ledger_entries_kind_check,
  drop constraint ledger_entries_sign_check,
  drop constraint ledger_entries_document_check,
  add constraint ledger_entries_kind_check check (kind in ('CHARGE', 'CREDIT', 'PAYMENT', 'WRITE_OFF', 'REFUND', 'RETURN')),
  add constraint ledger_entries_sign_check check (
    case when kind in ('CHARGE', 'RETURN') then amount > 0 when kind = 'REFUND' then amount <> 0 else amount < 0 end),
  add constraint ledger_entries_document_check check (
    (kind in ('PAYMENT', 'RETURN')) = (payment_id is not null) and (kind = 'REFUND') = (refund_id is not null)
    and (kind in ('CHARGE', 'CREDIT', 'WRITE_OFF')) = (invoice_id is not null));
drop index ledger_entries_payment_key;
create unique index ledger_entries_payment_key on ledger_entries (payment_id, kind) where payment_id is not null;

-- An invoice that was written off in part may be written off again when its payment was taken back.
drop index ledger_entries_invoice_key;
create unique index ledger_entries_invoice_key on ledger_entries (invoice_id, kind) where invoice_id is not null and kind <> 'WRITE_OFF';
create index ledger_entries_write_offs on ledger_entries (invoice_id) where kind = 'WRITE_OFF';

-- Nothing is removed here either: what a payment has paid of an invoice is balanced by the same with the other sign, and then all of it is used up.
alter table ledger_allocations
  add column return_id uuid, -- the entry that takes the payment back
  drop constraint ledger_allocations_amount_check,
  drop constraint ledger_allocations_target_check,
  add constraint ledger_allocations_amount_check check (amount > 0 or (amount < 0 and invoice_id is not null)),
  add constraint ledger_allocations_target_check check (num_nonnulls(invoice_id, refund_id, return_id) = 1),
  add constraint ledger_allocations_return_fkey foreign key (tenant_id, return_id) references ledger_entries (tenant_id, id);
create unique index ledger_allocations_return_key on ledger_allocations (return_id) where return_id is not null;

-- In a statement it is an entry by which money goes out. Staff decide whether it takes a payment back, and which: the one that it seems to be is
-- suggested.
alter table bank_entries
  add column is_return boolean not null default false,
  add column suggested_payment_id uuid,
  add constraint bank_entries_suggested_check check (suggested_payment_id is null or is_return);
drop index bank_entries_payment_key;
create unique index bank_entries_payment_key on bank_entries (payment_id, is_return) where payment_id is not null;
