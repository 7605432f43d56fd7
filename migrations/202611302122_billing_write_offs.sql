-- What will not be paid is written off: the account owes it no more. Why stands with the entry.

alter table ledger_entries
  add column reason text check (length(reason) between 1 and 500),
  drop constraint ledger_entries_kind_check,
  add constraint ledger_entries_kind_check check (kind in ('CHARGE', 'CREDIT', 'PAYMENT', 'WRITE_OFF')),
  add constraint ledger_entries_write_off_check check ((kind = 'WRITE_OFF') = (reason is not null));
drop index ledger_entries_invoice_key;
create unique index ledger_entries_invoice_key on ledger_entries (invoice_id, kind) where invoice_id is not null;

alter table invoices
  drop constraint invoices_status_check,
  add constraint invoices_status_check check (status in ('PAID', 'OPEN', 'VOID', 'WRITTEN_OFF'));
