-- Coupons: a percentage or an amount off each of the first periods of a subscription.

create table coupons (
  id               uuid primary key,
  code             text not null constraint coupons_code_key unique check (code ~ '^[A-Z0-9][A-Z0-9_-]{1,39}$'),
  percent_bp       integer check (percent_bp between 1 and 10000), -- hundredths of a percent
  amount           bigint check (amount > 0),
  currency         text check (currency ~ '^[A-Z]{3}$'),
  periods          integer check (periods between 1 and 120), -- null: for ever
  products         text[] not null default '{}', -- codes; empty: all
  max_redemptions  integer check (max_redemptions > 0), -- null: no limit
  once_per_customer boolean not null,
  expires_at       timestamptz, -- not redeemed from then on
  active           boolean not null default true,
  created_at       timestamptz not null,
  constraint coupons_value_check check ((percent_bp is null) = (amount is not null) and (amount is null) = (currency is null))
);

-- A coupon of a subscription, with its terms as they were then.
create table coupon_redemptions (
  id              uuid primary key,
  tenant_id       uuid not null references tenants (id),
  coupon_id       uuid not null references coupons (id),
  subscription_id uuid not null constraint coupon_redemptions_subscription_key unique,
  email           text not null check (length(email) <= 254), -- who has ordered
  code            text not null,
  percent_bp      integer,
  amount          bigint,
  currency        text,
  periods         integer,
  products        text[] not null,
  created_at      timestamptz not null,
  unique (tenant_id, id),
  constraint coupon_redemptions_subscription_fkey foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id)
);
create index coupon_redemptions_coupon on coupon_redemptions (coupon_id, id);

-- What each item of a subscription with a coupon was charged for which time, before and after the coupon: a change credits no more.
create table coupon_charges (
  id              uuid primary key,
  tenant_id       uuid not null references tenants (id),
  redemption_id   uuid not null,
  subscription_id uuid not null, -- the item: the plan, or an add-on, which may be stored after its charge
  invoice_id      uuid, -- none where the charge was less than what was credited with it
  quantity        integer not null check (quantity > 0),
  net             bigint not null check (net >= 0),
  discount        bigint not null check (discount between 0 and net),
  period_start    timestamptz not null,
  period_end      timestamptz not null,
  is_whole_period boolean not null, -- it counts against the coupon's periods
  unique (tenant_id, id),
  constraint coupon_charges_redemption_fkey foreign key (tenant_id, redemption_id) references coupon_redemptions (tenant_id, id),
  constraint coupon_charges_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create index coupon_charges_redemption on coupon_charges (redemption_id, id);
create index coupon_charges_subscription on coupon_charges (tenant_id, subscription_id);
create index coupon_charges_invoice on coupon_charges (tenant_id, invoice_id);

select protect_table('coupons'), protect_tenant_table('coupon_redemptions'), protect_tenant_table('coupon_charges');
grant select on coupon_redemptions, coupon_charges to mpanel_tenant;
grant select, insert, update (active) on coupons to mpanel_platform;
grant select, insert on coupon_redemptions, coupon_charges to mpanel_platform;

-- The coupon of an order. An order that can still be paid holds it.
alter table checkout_sessions add column coupon_id uuid references coupons (id);
create index checkout_sessions_coupon on checkout_sessions (coupon_id) where coupon_id is not null;

-- An address without its tag: `Anna+shop@bakery.example` is `anna@bakery.example`.
create function customer_key(p_email text) returns text
language sql immutable set search_path = public, pg_temp as $$
  select lower(regexp_replace(p_email, '\+[^@]*@', '@'))
$$;

-- The customer accounts that an order under this address may become part of.
create function customer_accounts(p_email text) returns setof uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select m.tenant_id from tenant_users m join users u on u.id = m.user_id where u.email = lower(p_email) and m.role = 'TENANT_OWNER'
$$;
revoke execute on function customer_key(text), customer_accounts(text) from public;
grant execute on function customer_key(text), customer_accounts(text) to mpanel_platform;

-- How often a coupon was redeemed, and is held by orders that can still be paid, declined ones among them; by this customer, where an
-- address is given, however it is written.
create function coupon_uses(p_coupon uuid, p_email text, p_at timestamptz) returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
  select (select count(*) from coupon_redemptions r where r.coupon_id = p_coupon
            and (p_email is null or customer_key(r.email) = customer_key(p_email) or r.tenant_id in (select customer_accounts(p_email))))
       + (select count(*) from checkout_sessions s
           where s.coupon_id = p_coupon and s.expires_at + interval '15 minutes' >= p_at
             and s.status in ('OPEN', 'DECLINED') and (p_email is null or customer_key(s.email) = customer_key(p_email)))
$$;

-- A coupon by its code, and why it cannot be used. With `p_hold` it is locked until the order that holds it is stored, so that the limits are
-- counted one order after the other.
create function coupon_offer(p_code text, p_email text, p_at timestamptz, p_hold boolean)
returns table (id uuid, code text, percent_bp integer, amount bigint, currency text, periods integer, products text[], refusal text)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if p_hold then
    perform from coupons c where c.code = p_code for update;
  end if;
  return query
    select c.id, c.code, c.percent_bp, c.amount, c.currency, c.periods, c.products,
           case when not c.active then 'INACTIVE'
                when c.expires_at <= p_at then 'EXPIRED'
                when c.max_redemptions <= coupon_uses(c.id, null, p_at) then 'USED_UP'
                when c.once_per_customer and p_email <> '' and coupon_uses(c.id, p_email, p_at) > 0 then 'USED_BEFORE' end
      from coupons c where c.code = p_code;
end $$;

revoke execute on function coupon_uses(uuid, text, timestamptz), coupon_offer(text, text, timestamptz, boolean) from public;
grant execute on function coupon_offer(text, text, timestamptz, boolean) to mpanel_public;
grant execute on function coupon_uses(uuid, text, timestamptz) to mpanel_platform;

-- Wrong codes that a peer has typed, so that nobody can guess them without limit. Each counts once, however often the form asks for its sum.
create table coupon_guesses (
  peer text not null,
  code text not null check (length(code) <= 40),
  at   timestamptz not null,
  primary key (peer, code)
);
create index coupon_guesses_at on coupon_guesses (at);
select protect_table('coupon_guesses');

create function coupon_guesses_of(p_peer text, p_since timestamptz) returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
  select count(*) from coupon_guesses where peer = p_peer and at > p_since
$$;

-- Notes a wrong code, and forgets those that no longer count.
create function coupon_guessed(p_peer text, p_code text, p_at timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  delete from coupon_guesses where at < p_at - interval '1 day';
  insert into coupon_guesses (peer, code, at) values (p_peer, left(p_code, 40), p_at) on conflict (peer, code) do update set at = excluded.at;
$$;
revoke execute on function coupon_guesses_of(text, timestamptz), coupon_guessed(text, text, timestamptz) from public;
grant execute on function coupon_guesses_of(text, timestamptz), coupon_guessed(text, text, timestamptz) to mpanel_public;
