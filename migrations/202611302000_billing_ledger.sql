-- What an account owes and has paid. Append-only: what is wrong is balanced by another entry.

create table ledger_entries (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  kind       text not null check (kind in ('CHARGE', 'CREDIT', 'PAYMENT')),
  amount     bigint not null, -- minor units that the account owes more, or less when negative
  currency   text not null check (currency ~ '^[A-Z]{3}$'),
  invoice_id uuid, -- the invoice of a charge, the credit note of a credit
  payment_id uuid,
  created_at timestamptz not null,
  unique (tenant_id, id),
  constraint ledger_entries_sign_check check ((kind = 'CHARGE' and amount > 0) or (kind <> 'CHARGE' and amount < 0)),
  constraint ledger_entries_document_check check ((kind = 'PAYMENT') = (payment_id is not null) and (kind = 'PAYMENT') = (invoice_id is null)),
  constraint ledger_entries_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create unique index ledger_entries_invoice_key on ledger_entries (invoice_id) where invoice_id is not null;
create unique index ledger_entries_payment_key on ledger_entries (payment_id) where payment_id is not null;
create index ledger_entries_account on ledger_entries (tenant_id, currency, id);

-- Which payment or credit pays for which invoice.
create table ledger_allocations (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  entry_id   uuid not null,
  invoice_id uuid not null,
  amount     bigint not null check (amount > 0),
  created_at timestamptz not null,
  unique (tenant_id, id),
  constraint ledger_allocations_entry_fkey foreign key (tenant_id, entry_id) references ledger_entries (tenant_id, id),
  constraint ledger_allocations_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create index ledger_allocations_entry on ledger_allocations (entry_id);
create index ledger_allocations_invoice on ledger_allocations (invoice_id);

select protect_tenant_table('ledger_entries'), protect_tenant_table('ledger_allocations');
grant select on ledger_entries, ledger_allocations to mpanel_tenant;
grant select, insert on ledger_entries, ledger_allocations to mpanel_platform;

-- Credit notes stand among the invoices, with negative sums and numbers of their own.
alter table invoices
  add column kind text not null default 'INVOICE' check (kind in ('INVOICE', 'CREDIT_NOTE')),
  add column corrects_id uuid, -- the invoice that a credit note corrects
  add column reason text not null default '' check (length(reason) <= 500), -- why, on a credit note
  add column period_start timestamptz, -- start of the period that a renewal is for
  add constraint invoices_corrects_fkey foreign key (tenant_id, corrects_id) references invoices (tenant_id, id),
  add constraint invoices_corrects_check check ((kind = 'CREDIT_NOTE') = (corrects_id is not null)),
  add constraint invoices_sign_check check (case kind when 'INVOICE' then total >= 0 else total <= 0 end);
create unique index invoices_period_key on invoices (subscription_id, period_start) where period_start is not null and status <> 'VOID';
create index invoices_open on invoices (subscription_id, due_at) where status = 'OPEN';
create index invoices_corrects on invoices (corrects_id) where corrects_id is not null;
create index invoices_subscription on invoices (subscription_id, id);

-- What is left to pay of an invoice; nothing of a credit note, or of an invoice that is void.
create function open_amount(i invoices) returns bigint
language sql stable as $$
  select case when i.kind = 'INVOICE' and i.status <> 'VOID'
              then i.total - coalesce((select sum(a.amount) from ledger_allocations a where a.invoice_id = i.id), 0)::bigint
              else 0 end
$$;
