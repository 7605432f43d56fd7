-- An invoice or credit note as a file. Made once from what was issued, and never changed.

create table invoice_documents (
  invoice_id uuid primary key,
  tenant_id  uuid not null references tenants (id),
  body       bytea not null, -- PDF/A-3 with the invoice as XML in it
  sha256     bytea not null check (length(sha256) = 32),
  made_at    timestamptz not null,
  constraint invoice_documents_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
-- It is compressed already.
alter table invoice_documents alter column body set storage external;

select protect_tenant_table('invoice_documents');
grant select on invoice_documents to mpanel_tenant;
grant select, insert on invoice_documents to mpanel_platform;
