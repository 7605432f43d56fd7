//! SQL of mismatches. Objects are gone through by key, a page at a time.

use super::rules::Fault;
use db::Keyset;
use engine::reconcile::OBJECTS_PER_PAGE;
use model::{
    Time,
    billing::{
        mismatches::{MismatchKind, MismatchRow},
        products::BillingCycle,
        subscriptions::SubscriptionStatus,
    },
    hosting::cloudpods::{DesiredState, ObservedState, PodStatus},
    ids::{CloudPodId, InvoiceId, JobId, MismatchId, ServerId, SubscriptionId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;
use uuid::Uuid;

pub(super) async fn pods_after(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar("select id from cloud_pods where status <> 'DELETED' and ($1::uuid is null or id > $1) order by id limit $2")
        .bind(after)
        .bind(OBJECTS_PER_PAGE)
        .fetch_all(conn)
        .await
}

pub(super) async fn subscriptions_after(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "select s.id from subscriptions s join products p on p.id = s.product_id and p.type = 'CLOUDPOD'
          where s.status <> 'CANCELLED' and s.parent_id is null and ($1::uuid is null or s.id > $1) order by s.id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// Invoices that were paid at or after this moment, after this one.
pub(super) async fn invoices_after(conn: &mut PgConnection, since: Time, after: Option<(Time, Uuid)>) -> sqlx::Result<Vec<(Time, Uuid)>> {
    let (at, id) = after.unzip();
    sqlx::query_as(
        "select paid_at, id from invoices
          where status = 'PAID' and kind = 'INVOICE' and paid_at >= $1 and ($2::timestamptz is null or (paid_at, id) > ($2, $3::uuid))
          order by paid_at, id limit $4",
    )
    .bind(since)
    .bind(at)
    .bind(id)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// What is known of a CloudPod and of what pays for it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct PodFacts {
    pub id: CloudPodId,
    pub tenant_id: TenantId,
    pub subscription_id: SubscriptionId,
    pub name: String,
    pub status: PodStatus,
    pub desired_state: DesiredState,
    pub observed_state: Option<ObservedState>,
    pub observed_at: Option<Time>,
    pub created_at: Time,
    pub is_server_silent: bool,
    /// How many CloudPods of the subscription are older.
    pub place: i64,
    pub subscription_status: SubscriptionStatus,
    pub quantity: i32,
    pub price: i64,
    pub currency: Currency,
    pub billing_cycle: BillingCycle,
    pub renews_at: Time,
    pub cancel_at: Option<Time>,
    pub suspended_at: Option<Time>,
    /// Since when it has the newest reason to be suspended.
    pub suspended_since: Option<Time>,
    /// Since when it is not seen as it should be.
    pub differs_since: Option<Time>,
    /// Since when its oldest unfinished job waits or runs.
    pub busy_since: Option<Time>,
    /// End and error of its last job.
    pub job_ended_at: Option<Time>,
    pub job_error: Option<String>,
}

pub(super) async fn pod_facts(conn: &mut PgConnection, ids: &[Uuid], silent_since: Time) -> sqlx::Result<Vec<PodFacts>> {
    sqlx::query_as(
        "select c.id, c.tenant_id, c.subscription_id, c.name, c.status, c.desired_state, c.observed_state, c.observed_at, c.created_at,
                coalesce(v.status in ('ACTIVE', 'DRAINING', 'QUARANTINED') and (v.last_seen_at is null or v.last_seen_at < $2), false)
                  as is_server_silent,
                (select count(*) from cloud_pods o where o.subscription_id = c.subscription_id and o.status <> 'DELETED' and o.id < c.id) as place,
                s.status as subscription_status, s.quantity, s.price, s.currency, s.billing_cycle, s.renews_at, s.cancel_at, s.suspended_at,
                (select max(r.created_at) from pod_suspensions r where r.cloud_pod_id = c.id and r.lifted_at is null) as suspended_since,
                w.differs_since,
                (select min(j.created_at) from jobs j
                  where j.subject_kind = 'cloud_pod' and j.subject_id = c.id and j.status in ('queued', 'running', 'unwinding')) as busy_since,
                last.finished_at as job_ended_at, last.error as job_error
           from unnest($1::uuid[]) wanted (id)
           join cloud_pods c on c.id = wanted.id
           join subscriptions s on s.tenant_id = c.tenant_id and s.id = c.subscription_id
           left join servers v on v.id = c.server_id
           left join reconciliations w on w.name = 'cloudpod_watch' and w.key = c.id
           left join lateral (select j.finished_at, j.error from jobs j
                               where j.subject_kind = 'cloud_pod' and j.subject_id = c.id order by j.id desc limit 1) last on true",
    )
    .bind(ids)
    .bind(silent_since)
    .fetch_all(conn)
    .await
}

/// What is known of the subscription of a plan.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct SubscriptionFacts {
    pub id: SubscriptionId,
    pub tenant_id: TenantId,
    pub product_name: String,
    pub quantity: i32,
    pub price: i64,
    pub currency: Currency,
    pub billing_cycle: BillingCycle,
    pub started_at: Time,
    /// CloudPods that are not deleted.
    pub pods: i64,
    pub last_deleted_at: Option<Time>,
    pub status: SubscriptionStatus,
}

/// Of those that go on.
pub(super) async fn subscription_facts(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<SubscriptionFacts>> {
    sqlx::query_as(
        "select s.id, s.tenant_id, p.name as product_name, s.quantity, s.price, s.currency, s.billing_cycle, s.started_at, s.status,
                (select count(*) from cloud_pods c where c.subscription_id = s.id and c.status <> 'DELETED') as pods,
                (select max(c.deleted_at) from cloud_pods c where c.subscription_id = s.id) as last_deleted_at
           from unnest($1::uuid[]) wanted (id)
           join subscriptions s on s.id = wanted.id and s.status <> 'CANCELLED'
           join products p on p.id = s.product_id",
    )
    .bind(ids)
    .fetch_all(conn)
    .await
}

/// What is known of an invoice that is marked as paid.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct InvoiceFacts {
    pub id: InvoiceId,
    pub tenant_id: TenantId,
    pub subscription_id: Option<SubscriptionId>,
    pub number: String,
    pub total: i64,
    pub currency: Currency,
    pub paid_at: Time,
    /// What payments and credit have paid of it, by the ledger.
    pub covered: i64,
}

pub(super) async fn invoice_facts(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<InvoiceFacts>> {
    sqlx::query_as(
        "select i.id, i.tenant_id, i.subscription_id, i.number, i.total, i.currency, i.paid_at,
                i.total - open_amount(i) as covered
           from unnest($1::uuid[]) wanted (id) join invoices i on i.id = wanted.id and i.status = 'PAID' and i.kind = 'INVOICE'",
    )
    .bind(ids)
    .fetch_all(conn)
    .await
}

/// A mismatch as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub object: String,
    pub tenant: Option<TenantId>,
    pub pod: Option<CloudPodId>,
    pub subscription: Option<SubscriptionId>,
    pub invoice: Option<InvoiceId>,
    pub subject: String,
    pub currency: Currency,
    pub cycle: Option<BillingCycle>,
    /// What a payment was taken for, by the provider's word.
    pub purpose: Option<String>,
    pub fault: Fault,
}

/// Opens a mismatch, or notes that it still holds; it is confirmed when it was found before this moment.
pub(super) async fn hold(conn: &mut PgConnection, found: &Found, now: Time, confirmed_before: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into mismatches (id, kind, object, tenant_id, cloud_pod_id, subscription_id, invoice_id, subject, message, amount, currency,
                                 billing_cycle, since, found_at, checked_at, purpose)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $16)
         on conflict (kind, object) where cleared_at is null
         do update set subject = excluded.subject, message = excluded.message, amount = excluded.amount, currency = excluded.currency,
                       billing_cycle = excluded.billing_cycle, checked_at = excluded.checked_at,
                       confirmed_at = coalesce(mismatches.confirmed_at, case when mismatches.found_at <= $15 then excluded.checked_at end)",
    )
    .bind(MismatchId(Uuid::now_v7()))
    .bind(found.fault.kind)
    .bind(&found.object)
    .bind(found.tenant)
    .bind(found.pod)
    .bind(found.subscription)
    .bind(found.invoice)
    .bind(&found.subject)
    .bind(&found.fault.message)
    .bind(found.fault.amount)
    .bind(found.currency)
    .bind(found.cycle)
    .bind(found.fault.since)
    .bind(now)
    .bind(confirmed_before)
    .bind(&found.purpose)
    .execute(conn)
    .await?;
    Ok(())
}

/// Clears what holds no longer: of these kinds, of these objects, but not of these kinds and objects. What was never confirmed leaves nothing.
pub(super) async fn clear(
    conn: &mut PgConnection,
    (kinds, objects): (&[&str], &[String]),
    (held_kinds, held_objects): (&[&str], &[String]),
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "with gone as (
           select id, confirmed_at from mismatches
            where cleared_at is null and kind = any($1) and object = any($2)
              and (kind, object) not in (select * from unnest($3::text[], $4::text[]))),
         never as (delete from mismatches m using gone where m.id = gone.id and gone.confirmed_at is null)
         update mismatches m set cleared_at = $5 from gone where m.id = gone.id and gone.confirmed_at is not null",
    )
    .bind(kinds)
    .bind(objects)
    .bind(held_kinds)
    .bind(held_objects)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that mismatches still hold.
pub(super) async fn keep(conn: &mut PgConnection, kinds: &[&str], objects: &[String], now: Time, confirmed_before: Time) -> sqlx::Result<()> {
    sqlx::query(
        "update mismatches set checked_at = $3, confirmed_at = coalesce(confirmed_at, case when found_at <= $4 then $3::timestamptz end)
          where cleared_at is null and kind = any($1) and object = any($2)",
    )
    .bind(kinds)
    .bind(objects)
    .bind(now)
    .bind(confirmed_before)
    .execute(conn)
    .await?;
    Ok(())
}

/// Objects of mismatches of these kinds that hold.
pub(super) async fn open_objects(conn: &mut PgConnection, kinds: &[&str]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("select distinct object from mismatches where cleared_at is null and kind = any($1) order by object limit 10000")
        .bind(kinds)
        .fetch_all(conn)
        .await
}

pub(super) async fn forget(conn: &mut PgConnection, before: Time) -> sqlx::Result<()> {
    sqlx::query("delete from mismatches where cleared_at < $1").bind(before).execute(conn).await?;
    Ok(())
}

/// How much the last comparison went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Counts {
    pub pods: i64,
    pub subscriptions: i64,
    pub invoices: i64,
    /// None when the provider did not respond.
    pub payments: Option<i64>,
    /// Payments that were taken before were listed.
    pub payments_at: Option<Time>,
}

pub(super) async fn store_scan(conn: &mut PgConnection, counts: Counts, at: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into mismatch_scans (checked_at, pods, subscriptions, invoices, payments, payments_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (singleton) do update set checked_at = excluded.checked_at, pods = excluded.pods, subscriptions = excluded.subscriptions,
                                          invoices = excluded.invoices, payments = excluded.payments, payments_at = excluded.payments_at",
    )
    .bind(at)
    .bind(counts.pods)
    .bind(counts.subscriptions)
    .bind(counts.invoices)
    .bind(counts.payments)
    .bind(counts.payments_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The last comparison.
#[derive(sqlx::FromRow)]
pub(super) struct Scan {
    pub checked_at: Time,
    #[sqlx(flatten)]
    pub counts: Counts,
}

pub(super) async fn last_scan(conn: &mut PgConnection) -> sqlx::Result<Option<Scan>> {
    sqlx::query_as("select checked_at, pods, subscriptions, invoices, payments, payments_at from mismatch_scans").fetch_optional(conn).await
}

/// Mismatches of a kind by currency, without those that are accepted: how many, what is at stake (a month, where it recurs; rounded once), and since when.
#[derive(sqlx::FromRow)]
pub(super) struct Sum {
    pub kind: MismatchKind,
    pub currency: Currency,
    pub count: i64,
    /// In twelfths of a minor unit.
    pub twelfths: i64,
    pub oldest: Time,
}

pub(super) async fn sums(conn: &mut PgConnection, now: Time) -> sqlx::Result<Vec<Sum>> {
    sqlx::query_as(
        "select kind, currency, count(*) as count, sum(monthly_twelfths(amount, billing_cycle))::bigint as twelfths, min(since) as oldest
           from mismatches where cleared_at is null and confirmed_at is not null and (accepted_until is null or accepted_until <= $1)
          group by kind, currency order by kind, currency limit 200",
    )
    .bind(now)
    .fetch_all(conn)
    .await
}

/// How many are accepted for now.
pub(super) async fn accepted(conn: &mut PgConnection, now: Time) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from mismatches where cleared_at is null and confirmed_at is not null and accepted_until > $1")
        .bind(now)
        .fetch_one(conn)
        .await
}

/// Accepts a mismatch that holds, or ends that. Answers with its customer and object.
pub(super) async fn accept(
    conn: &mut PgConnection,
    id: MismatchId,
    until: Option<(Time, &str)>,
) -> sqlx::Result<Option<(Option<TenantId>, MismatchKind, String)>> {
    let (until, reason) = until.unzip();
    sqlx::query_as(
        "update mismatches set accepted_until = $2, accepted_reason = $3
          where id = $1 and cleared_at is null and confirmed_at is not null returning tenant_id, kind, subject",
    )
    .bind(id)
    .bind(until)
    .bind(reason)
    .fetch_optional(conn)
    .await
}

pub(super) async fn cleared_since(conn: &mut PgConnection, since: Time) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from mismatches where cleared_at >= $1").bind(since).fetch_one(conn).await
}

/// CloudPods of a server that does not respond, by currency.
#[derive(sqlx::FromRow)]
pub(super) struct Silent {
    pub id: ServerId,
    pub name: String,
    pub last_seen_at: Option<Time>,
    pub pods: i64,
    pub currency: Currency,
    pub twelfths: i64,
}

pub(super) async fn silent_servers(conn: &mut PgConnection, silent_since: Time) -> sqlx::Result<Vec<Silent>> {
    sqlx::query_as(
        "select v.id, v.name, v.last_seen_at, count(*) as pods, s.currency,
                sum(case when s.status in ('CANCELLED', 'SUSPENDED') then 0 else monthly_twelfths(s.price, s.billing_cycle) end)::bigint as twelfths
           from servers v
           join cloud_pods c on c.server_id = v.id and c.status not in ('FAILED', 'DELETING', 'HELD', 'DELETED')
           join subscriptions s on s.tenant_id = c.tenant_id and s.id = c.subscription_id
          where v.status in ('ACTIVE', 'DRAINING', 'QUARANTINED') and (v.last_seen_at is null or v.last_seen_at < $1)
          group by v.id, v.name, v.last_seen_at, s.currency order by v.name, s.currency limit 200",
    )
    .bind(silent_since)
    .fetch_all(conn)
    .await
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: MismatchId,
    kind: MismatchKind,
    subject: String,
    message: String,
    tenant_id: Option<TenantId>,
    tenant_name: Option<String>,
    cloud_pod_id: Option<CloudPodId>,
    subscription_id: Option<SubscriptionId>,
    subscription_status: Option<SubscriptionStatus>,
    invoice_id: Option<InvoiceId>,
    is_online: bool,
    failed_job: Option<JobId>,
    is_busy: bool,
    amount: i64,
    currency: Currency,
    billing_cycle: Option<BillingCycle>,
    since: Time,
    found_at: Time,
    accepted_until: Option<Time>,
    accepted_reason: Option<String>,
}

impl Row {
    pub fn view(self) -> MismatchRow {
        MismatchRow {
            id: self.id,
            kind: self.kind,
            subject: self.subject,
            message: self.message,
            tenant: self.tenant_id,
            tenant_name: self.tenant_name,
            pod: self.cloud_pod_id,
            subscription: self.subscription_id,
            subscription_status: self.subscription_status,
            invoice: self.invoice_id,
            is_online: self.is_online,
            failed_job: self.failed_job,
            is_busy: self.is_busy,
            amount: Money::new(self.amount, self.currency),
            cycle: self.billing_cycle,
            since: self.since,
            found_at: self.found_at,
            accepted: self.accepted_until.zip(self.accepted_reason),
        }
    }
}

/// Which mismatches are listed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filter {
    pub kind: Option<MismatchKind>,
    /// Those that are accepted for now, and no others.
    pub accepted: bool,
    pub now: Time,
}

/// Confirmed mismatches that hold, newest first.
pub(super) async fn page(conn: &mut PgConnection, keyset: &Keyset<Uuid>, filter: Filter) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "select m.id, m.kind, m.subject, m.message, m.tenant_id, t.name as tenant_name, m.cloud_pod_id, m.subscription_id, m.invoice_id,
                s.status as subscription_status,
                exists (select from cloud_pods c where c.id = m.cloud_pod_id and c.status = 'RUNNING' and c.stack <> 'STATIC') as is_online,
                case when job.status in ('undone', 'stuck') then job.id end as failed_job,
                coalesce(job.status in ('queued', 'running', 'unwinding'), false) as is_busy,
                m.amount, m.currency, m.billing_cycle, m.since, m.found_at,
                case when m.accepted_until > $6 then m.accepted_until end as accepted_until,
                case when m.accepted_until > $6 then m.accepted_reason end as accepted_reason
           from (
             (select * from mismatches
               where $2::uuid is null and ($1::uuid is null or id < $1) and cleared_at is null and confirmed_at is not null
                 and ($4::text is null or kind = $4) and coalesce(accepted_until > $6, false) = $5 order by id desc limit $3)
             union all
             (select * from mismatches
               where id > $2 and cleared_at is null and confirmed_at is not null and ($4::text is null or kind = $4)
                 and coalesce(accepted_until > $6, false) = $5 order by id limit $3)
           ) m
           left join tenants t on t.id = m.tenant_id
           left join subscriptions s on s.tenant_id = m.tenant_id and s.id = m.subscription_id
           left join lateral (select j.id, j.status from jobs j
                               where j.subject_kind = 'cloud_pod' and j.subject_id = m.cloud_pod_id order by j.id desc limit 1) job on true
          order by m.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(filter.kind)
    .bind(filter.accepted)
    .bind(filter.now)
    .fetch_all(conn)
    .await
}

/// Account, name and subscription of a CloudPod.
pub(super) async fn pod(conn: &mut PgConnection, id: CloudPodId) -> sqlx::Result<Option<(TenantId, String, SubscriptionId)>> {
    sqlx::query_as("select tenant_id, name, subscription_id from cloud_pods where id = $1").bind(id).fetch_optional(conn).await
}

/// Account and plan of a subscription, not of an add-on.
pub(super) async fn subscription(conn: &mut PgConnection, id: SubscriptionId) -> sqlx::Result<Option<(TenantId, String)>> {
    sqlx::query_as("select s.tenant_id, p.name from subscriptions s join products p on p.id = s.product_id where s.id = $1 and s.parent_id is null")
        .bind(id)
        .fetch_optional(conn)
        .await
}
