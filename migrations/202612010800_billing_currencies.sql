-- Products in several currencies: each has prices of its own in each, never converted ones.

create table product_currencies (
  product_id uuid not null references products (id),
  currency   text not null check (currency ~ '^[A-Z]{3}$'),
  monthly    bigint not null check (monthly >= 0),
  yearly     bigint check (yearly >= 0),
  setup_fee  bigint not null default 0 check (setup_fee >= 0),
  primary key (product_id, currency)
);
select protect_table('product_currencies');
create policy tenant on product_currencies for select to mpanel_tenant using (true);
create policy public on product_currencies for select to mpanel_public using (true);
grant select on product_currencies to mpanel_tenant, mpanel_public;
grant select, insert, update, delete on product_currencies to mpanel_platform;

alter table product_prices add column currency text check (currency ~ '^[A-Z]{3}$');
update product_prices v set currency = p.currency from products p where p.id = v.product_id;
alter table product_prices alter column currency set not null;

-- What a product costs in other currencies than its own, as a list.
create function other_prices(p_product uuid) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'monthly', monthly, 'yearly', yearly, 'setup_fee', setup_fee)
                            order by currency), '[]')
    from product_currencies where product_id = p_product
$$;

-- What one of a product costs now for a billing cycle in a currency; null where it is not sold so.
create function present_price(p_product uuid, p_currency text, p_cycle text) returns bigint
language sql stable as $$
  select case p_cycle when 'MONTHLY' then monthly else yearly end
    from (select base_price as monthly, yearly_price as yearly from products where id = p_product and currency = p_currency
          union all
          select monthly, yearly from product_currencies where product_id = p_product and currency = p_currency) price
$$;

-- Country of the buyer's network address, where a trusted proxy says it.
alter table checkout_sessions add column network_country text check (network_country ~ '^[A-Z]{2}$');
alter table tax_evidence drop constraint tax_evidence_kind_check;
alter table tax_evidence add constraint tax_evidence_kind_check check (kind in ('ADDRESS', 'CARD', 'VAT_NUMBER', 'NETWORK'));

-- Postal address of the buyer, for the first invoice.
alter table checkout_sessions add column address text check (length(address) <= 1000);
