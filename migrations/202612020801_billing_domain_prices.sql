-- Domains are sold as products, one for each top-level domain and currency: the yearly price is that of a renewal.

alter table products drop constraint products_type_check;
alter table products add constraint products_type_check check (type in ('CLOUDPOD', 'ADDON', 'DOMAIN'));

create table domain_prices (
  product_id uuid primary key references products (id),
  tld        text not null check (tld = lower(tld) and length(tld) between 2 and 200),
  currency   text not null check (currency ~ '^[A-Z]{3}$'),
  register   bigint not null check (register >= 0), -- the first year
  transfer   bigint not null check (transfer >= 0), -- with one more year
  constraint domain_prices_tld_key unique (tld, currency)
);

select protect_table('domain_prices');
create policy tenant on domain_prices for select to mpanel_tenant using (true);
grant select on domain_prices to mpanel_tenant;
grant select, insert, update (register, transfer) on domain_prices to mpanel_platform;
