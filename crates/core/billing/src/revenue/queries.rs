//! SQL of revenue. Amounts are twelfths of a minor unit a month.

use model::{Time, billing::revenue::MovementKind, ids::SubscriptionId, money::Currency};
use sqlx::{PgConnection, types::chrono::NaiveDate};

/// Adds what these subscriptions count for now beyond their movements so far. They are locked by whoever has changed them.
pub(super) async fn note(conn: &mut PgConnection, subscriptions: &[SubscriptionId], at: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into mrr_movements (id, tenant_id, subscription_id, kind, twelfths, currency, created_at)
         select gen_random_uuid(), s.tenant_id, s.id,
                case when mrr_twelfths(s) = 0 then 'CHURN'
                     when before.twelfths = 0 then case when before.movements = 0 then 'NEW' else 'REACTIVATION' end
                     when mrr_twelfths(s) > before.twelfths then 'EXPANSION' else 'CONTRACTION' end,
                mrr_twelfths(s) - before.twelfths, s.currency, $2
           from subscriptions s
           cross join lateral (select coalesce(sum(m.twelfths), 0)::bigint as twelfths, count(*) as movements
                                 from mrr_movements m where m.subscription_id = s.id) before
          where s.id = any($1) and mrr_twelfths(s) <> before.twelfths",
    )
    .bind(subscriptions)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn has_snapshot(conn: &mut PgConnection, day: NaiveDate) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from mrr_snapshots where day = $1)").bind(day).fetch_one(conn).await
}

/// Until the end of the transaction nothing moves.
pub(super) async fn hold(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("select hold_mrr_movements()").execute(conn).await?;
    Ok(())
}

/// What all subscriptions count for, not by their movements but by themselves.
pub(super) async fn snapshot(conn: &mut PgConnection, day: NaiveDate, at: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into mrr_snapshots (day, currency, twelfths, last_seq, taken_at)
         select $1, s.currency, sum(mrr_twelfths(s))::bigint, (select coalesce(max(seq), 0) from mrr_movements), $2
           from subscriptions s group by s.currency
         on conflict (day, currency) do nothing",
    )
    .bind(day)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// A snapshot that differs from the one before by something else than the movements between them.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Gap {
    pub currency: Currency,
    /// By how much the snapshots differ.
    pub snapshots: i64,
    /// What the movements sum up to.
    pub movements: i64,
}

/// Compares the snapshots of a day with those before, and with the movements between them.
pub(super) async fn gaps(conn: &mut PgConnection, day: NaiveDate) -> sqlx::Result<Vec<Gap>> {
    sqlx::query_as(
        "select currency, snapshots, movements from (
           select s.currency, s.twelfths - coalesce(prior.twelfths, 0) as snapshots,
                  (select coalesce(sum(m.twelfths), 0)::bigint from mrr_movements m
                    where m.currency = s.currency and m.seq > coalesce(prior.last_seq, 0) and m.seq <= s.last_seq) as movements
             from mrr_snapshots s
             left join lateral (select p.twelfths, p.last_seq from mrr_snapshots p
                                 where p.currency = s.currency and p.day < s.day order by p.day desc limit 1) prior on true
            where s.day = $1) compared
          where snapshots <> movements order by currency limit 20",
    )
    .bind(day)
    .fetch_all(conn)
    .await
}

pub(super) async fn last_snapshot(conn: &mut PgConnection) -> sqlx::Result<Option<Time>> {
    sqlx::query_scalar("select max(taken_at) from mrr_snapshots").fetch_one(conn).await
}

/// What recurs now, by currency.
#[derive(sqlx::FromRow)]
pub(super) struct Recurring {
    pub currency: Currency,
    pub twelfths: i64,
    pub customers: i64,
}

/// Currencies in which there is a subscription or an open invoice, the largest first.
pub(super) async fn recurring(conn: &mut PgConnection) -> sqlx::Result<Vec<Recurring>> {
    sqlx::query_as(
        "select currency, sum(twelfths)::bigint as twelfths, count(distinct tenant_id) filter (where twelfths > 0) as customers from (
           select s.currency, s.tenant_id, mrr_twelfths(s) as twelfths from subscriptions s
           union all select i.currency, i.tenant_id, 0 from invoices i where i.status = 'OPEN') each
          group by currency order by 2 desc, 1 limit 20",
    )
    .fetch_all(conn)
    .await
}

/// The movements of a month by kind.
#[derive(sqlx::FromRow)]
pub(super) struct Moved {
    pub currency: Currency,
    pub month: Time,
    pub kind: MovementKind,
    pub twelfths: i64,
}

/// Movements since then, by month.
pub(super) async fn by_month(conn: &mut PgConnection, since: Time) -> sqlx::Result<Vec<Moved>> {
    sqlx::query_as(
        "select currency, date_trunc('month', created_at, 'UTC') as month, kind, sum(twelfths)::bigint as twelfths
           from mrr_movements where created_at >= $1 group by 1, 2, 3 order by 1, 2, 3 limit 2000",
    )
    .bind(since)
    .fetch_all(conn)
    .await
}

/// What moved since then.
#[derive(sqlx::FromRow)]
pub(super) struct Since {
    pub currency: Currency,
    /// All movements.
    pub all: i64,
    /// Churn, negative.
    pub churn: i64,
    /// Movements of subscriptions that counted before.
    pub kept: i64,
}

pub(super) async fn since(conn: &mut PgConnection, since: Time) -> sqlx::Result<Vec<Since>> {
    sqlx::query_as(
        "select m.currency, sum(m.twelfths)::bigint as \"all\", coalesce(sum(m.twelfths) filter (where m.kind = 'CHURN'), 0)::bigint as churn,
                coalesce(sum(m.twelfths) filter (where not exists (select from mrr_movements n
                   where n.subscription_id = m.subscription_id and n.kind = 'NEW' and n.created_at >= $1)), 0)::bigint as kept
           from mrr_movements m where m.created_at >= $1 group by m.currency order by m.currency limit 20",
    )
    .bind(since)
    .fetch_all(conn)
    .await
}

/// Open invoices by age: 0 is not due yet, then up to 7, 14 and 30 days past due, and older.
pub(super) async fn outstanding(conn: &mut PgConnection, now: Time) -> sqlx::Result<Vec<(Currency, i32, i64, i64)>> {
    sqlx::query_as(
        "select i.currency,
                case when i.due_at >= $1 then 0 when i.due_at >= $1 - interval '7 days' then 1 when i.due_at >= $1 - interval '14 days' then 2
                     when i.due_at >= $1 - interval '30 days' then 3 else 4 end as age,
                count(*), sum(open_amount(i))::bigint
           from invoices i where i.status = 'OPEN' and i.kind = 'INVOICE' group by 1, 2 order by 1, 2 limit 100",
    )
    .bind(now)
    .fetch_all(conn)
    .await
}

/// Renewals that are due within a time.
#[derive(sqlx::FromRow)]
pub(super) struct Renewals {
    pub currency: Currency,
    pub is_yearly: bool,
    /// They end instead.
    pub is_ending: bool,
    /// Full weeks from now.
    pub week: i32,
    pub count: i64,
    /// Minor units.
    pub net: i64,
}

/// Active plans and add-ons whose period ends after `now` and until `end`.
pub(super) async fn renewals(conn: &mut PgConnection, now: Time, end: Time) -> sqlx::Result<Vec<Renewals>> {
    sqlx::query_as(
        "select currency, billing_cycle = 'YEARLY' as is_yearly, coalesce(cancel_at <= renews_at, false) as is_ending,
                floor(extract(epoch from renews_at - $1) / 604800)::integer as week, count(*) as count, sum(price * quantity)::bigint as net
           from subscriptions where status = 'ACTIVE' and renews_at > $1 and renews_at <= $2
          group by 1, 2, 3, 4 order by 1, 2, 3, 4 limit 500",
    )
    .bind(now)
    .bind(end)
    .fetch_all(conn)
    .await
}

/// What is left of the subscriptions that began in a month, so many months after it.
#[derive(sqlx::FromRow)]
pub(super) struct CohortRow {
    pub currency: Currency,
    /// The month in which they began.
    pub month: Time,
    /// Months after it; 0 for what they began with.
    pub age: i32,
    /// Those that count.
    pub subscriptions: i64,
    pub twelfths: i64,
}

/// What has begun since then, by month, and what was left of it at the end of each of the following months.
pub(super) async fn cohorts(conn: &mut PgConnection, since: Time, months: u32) -> sqlx::Result<Vec<CohortRow>> {
    sqlx::query_as(
        "with begun as (
           select subscription_id, currency, twelfths, date_trunc('month', created_at, 'UTC') as month
             from mrr_movements where kind = 'NEW' and created_at >= $1)
         select b.currency, b.month, ages.age, count(*) filter (where left_over.twelfths > 0) as subscriptions,
                sum(left_over.twelfths)::bigint as twelfths
           from begun b
           cross join generate_series(0, $2 - 1) ages (age)
           cross join lateral (
             select case when ages.age = 0 then b.twelfths
                         else (select coalesce(sum(m.twelfths), 0) from mrr_movements m
                                where m.subscription_id = b.subscription_id
                                  and m.created_at < (b.month at time zone 'UTC' + make_interval(months => ages.age + 1)) at time zone 'UTC')
                    end as twelfths) left_over
          group by b.currency, b.month, ages.age order by b.currency, b.month, ages.age limit 2000",
    )
    .bind(since)
    .bind(i32::try_from(months).unwrap_or(i32::MAX))
    .fetch_all(conn)
    .await
}

/// The movements of a subscription and its add-ons, newest first.
pub(super) async fn of_subscription(conn: &mut PgConnection, id: SubscriptionId) -> sqlx::Result<Vec<(MovementKind, i64, Currency, Time)>> {
    sqlx::query_as(
        "select m.kind, m.twelfths, m.currency, m.created_at from mrr_movements m join subscriptions s on s.id = m.subscription_id
          where s.id = $1 or s.parent_id = $1 order by m.seq desc limit 50",
    )
    .bind(id)
    .fetch_all(conn)
    .await
}
