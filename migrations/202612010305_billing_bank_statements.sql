-- Entries of bank statements: what came in on the company's bank account. Each is stored once, however often its statement is imported.

create table bank_entries (
  id           uuid primary key,
  account      text not null check (length(account) between 1 and 64), -- the bank account: IBAN or name
  entry_key    text not null check (length(entry_key) between 1 and 255), -- what tells it from the others of its account
  format       text not null check (format in ('CAMT', 'CSV')),
  booked_on    date not null,
  amount       bigint not null check (amount > 0),
  currency     text not null check (currency ~ '^[A-Z]{3}$'),
  counterparty text not null check (length(counterparty) <= 200),
  remittance   text not null check (length(remittance) <= 1000),
  status       text not null default 'OPEN' check (status in ('OPEN', 'BOOKED', 'IGNORED')),
  note         text check (length(note) between 1 and 500), -- why it was not booked, or why it is ignored
  tenant_id    uuid references tenants (id),
  invoice_id   uuid, -- none where it was booked for the account
  payment_id   uuid,
  imported_at  timestamptz not null,
  unique (tenant_id, id),
  constraint bank_entries_key unique (account, entry_key),
  constraint bank_entries_booked_check check ((status = 'BOOKED') = (payment_id is not null) and (payment_id is null) = (tenant_id is null)),
  constraint bank_entries_invoice_check check (invoice_id is null or payment_id is not null),
  constraint bank_entries_ignored_check check (status <> 'IGNORED' or note is not null),
  constraint bank_entries_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
  constraint bank_entries_payment_fkey foreign key (tenant_id, payment_id) references payments (tenant_id, id)
);
create unique index bank_entries_payment_key on bank_entries (payment_id) where payment_id is not null;
create index bank_entries_status on bank_entries (status, id);
create index bank_entries_day on bank_entries (account, booked_on, amount);

select protect_tenant_table('bank_entries');
grant select, insert, update on bank_entries to mpanel_platform;

-- A transfer may be for an account, without an invoice: it pays what the account owes, and the rest is its credit.
alter table payments
  alter column invoice_id drop not null,
  add constraint payments_invoice_check check (invoice_id is not null or provider = 'manual');
