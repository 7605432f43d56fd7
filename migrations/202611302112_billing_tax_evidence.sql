-- Evidence of the customer's place, for each invoice. Append-only: the card of a first payment is known after its invoice was issued.

create table tax_evidence (
  id          uuid primary key,
  tenant_id   uuid not null references tenants (id),
  invoice_id  uuid not null,
  kind        text not null check (kind in ('ADDRESS', 'CARD', 'VAT_NUMBER')),
  country     text not null check (country ~ '^[A-Z]{2}$'),
  reference   text not null default '' check (length(reference) <= 100), -- the VAT number and VIES' consultation number
  observed_at timestamptz not null, -- when it was so
  unique (tenant_id, id),
  constraint tax_evidence_once_key unique (invoice_id, kind, country),
  constraint tax_evidence_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);

select protect_tenant_table('tax_evidence');
grant select, insert on tax_evidence to mpanel_platform;

-- Country of the bank that gave a card, where the provider says it.
alter table payment_methods add column country text check (country ~ '^[A-Z]{2}$');
