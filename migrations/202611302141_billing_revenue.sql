-- Monthly recurring revenue: what moved it, and what it was at the end of each day. Amounts are twelfths of a minor unit a month, so that the
-- twelfth of a yearly price is exact: a monthly price counts twelve, a yearly price one.

create table mrr_movements (
  id              uuid primary key,
  tenant_id       uuid not null references tenants (id),
  subscription_id uuid not null,
  seq             bigint not null generated always as identity constraint mrr_movements_seq_key unique,
  kind            text not null check (kind in ('NEW', 'EXPANSION', 'CONTRACTION', 'CHURN', 'REACTIVATION')),
  twelfths        bigint not null check (twelfths <> 0),
  currency        text not null check (currency ~ '^[A-Z]{3}$'),
  created_at      timestamptz not null,
  unique (tenant_id, id),
  constraint mrr_movements_sign_check check ((twelfths > 0) = (kind in ('NEW', 'EXPANSION', 'REACTIVATION'))),
  constraint mrr_movements_subscription_fkey foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id)
);
create index mrr_movements_subscription on mrr_movements (subscription_id);
create index mrr_movements_created on mrr_movements (created_at);

create table mrr_snapshots (
  day           date not null,
  currency      text not null check (currency ~ '^[A-Z]{3}$'),
  twelfths      bigint not null,
  last_seq      bigint not null, -- it has all movements up to this one, and no other
  taken_at      timestamptz not null,
  primary key (day, currency)
);

select protect_tenant_table('mrr_movements'), protect_table('mrr_snapshots');
grant select, insert on mrr_movements to mpanel_platform;
grant select, insert on mrr_snapshots to mpanel_platform;

-- What a subscription counts for, in twelfths: nothing while it is suspended or has ended.
create function mrr_twelfths(s subscriptions) returns bigint
language sql immutable as $$
  select case when s.status in ('ACTIVE', 'PAST_DUE') then s.price * s.quantity * case s.billing_cycle when 'MONTHLY' then 12 else 1 end else 0 end
$$;

-- Waits until no change of a subscription is under way that has moved revenue, and lets none begin until the end of the transaction. A definer
-- function: movements are only ever added, and this lock is otherwise for those who may change them.
create function hold_mrr_movements() returns void
language sql security definer set search_path = public, pg_temp as $$ lock table mrr_movements in share mode $$;
revoke execute on function hold_mrr_movements() from public;
grant execute on function hold_mrr_movements() to mpanel_platform;

-- What is sold already.
insert into mrr_movements (id, tenant_id, subscription_id, kind, twelfths, currency, created_at)
select gen_random_uuid(), s.tenant_id, s.id, 'NEW', mrr_twelfths(s), s.currency, s.started_at
  from subscriptions s where mrr_twelfths(s) <> 0 order by s.started_at, s.id;
