-- Versions of the price of a product. A subscription keeps the price it was sold at until it is moved to the present one.

create table product_prices (
  id         uuid primary key,
  product_id uuid not null references products (id),
  monthly    bigint not null check (monthly >= 0),
  yearly     bigint check (yearly >= 0),
  valid_from timestamptz not null
);
create index product_prices_product on product_prices (product_id, valid_from);
insert into product_prices (id, product_id, monthly, yearly, valid_from)
  select gen_random_uuid(), id, base_price, yearly_price, created_at from products;

-- A new price of a plan or an add-on, which its customer was told about: from the first period on that begins after the notice.
create table subscription_price_moves (
  id              uuid primary key,
  tenant_id       uuid not null references tenants (id),
  subscription_id uuid not null, -- the item: the plan, or an add-on
  product_id      uuid not null references products (id),
  billing_cycle   text not null check (billing_cycle in ('MONTHLY', 'YEARLY')),
  price           bigint not null check (price >= 0),
  effective_from  timestamptz not null,
  charged_from    timestamptz, -- start of the period that was invoiced at this price
  status          text not null default 'PENDING' check (status in ('PENDING', 'APPLIED', 'DROPPED')),
  notified_at     timestamptz,
  created_at      timestamptz not null,
  settled_at      timestamptz,
  unique (tenant_id, id),
  constraint subscription_price_moves_settled_check check ((status = 'PENDING') = (settled_at is null)),
  constraint subscription_price_moves_subscription_fkey foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id)
);
create unique index subscription_price_moves_pending_key on subscription_price_moves (subscription_id) where status = 'PENDING';
create index subscription_price_moves_subscription on subscription_price_moves (tenant_id, subscription_id);

select protect_table('product_prices'), protect_tenant_table('subscription_price_moves');
grant select, insert on product_prices to mpanel_platform;
grant select on subscription_price_moves to mpanel_tenant;
grant select, insert, update (charged_from, status, notified_at, settled_at) on subscription_price_moves to mpanel_platform;
