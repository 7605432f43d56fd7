-- Why an invoice has its rate, and what the law wants it to say. An order keeps the treatment that its sum was shown with.

alter table checkout_sessions
  add column tax_treatment text not null default 'DOMESTIC'
    check (tax_treatment in ('DOMESTIC', 'OSS', 'SELLER_RATE', 'REVERSE_CHARGE', 'OUTSIDE_SCOPE'));
alter table invoices
  add column tax_treatment text not null default 'DOMESTIC'
    check (tax_treatment in ('DOMESTIC', 'OSS', 'SELLER_RATE', 'REVERSE_CHARGE', 'OUTSIDE_SCOPE')),
  add column tax_note text not null default '' check (length(tax_note) <= 500);
-- Until now buyers in the seller's country paid the tax, and others none.
update invoices set tax_treatment = 'OUTSIDE_SCOPE' where buyer ->> 'country' <> seller ->> 'country';
update checkout_sessions set tax_treatment = 'OUTSIDE_SCOPE' where tax_rate_bp = 0;
alter table checkout_sessions alter column tax_treatment drop default;
alter table invoices alter column tax_treatment drop default, alter column tax_note drop default;
grant select (tax_treatment) on checkout_sessions to mpanel_tenant;
