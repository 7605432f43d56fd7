//! Mismatches: money against machines. A reconciler compares what is paid for with what is running, what is marked as paid with the ledger, and
//! what the provider has taken with the payments.
//!
//! It changes nothing: what is wrong is listed with the money at stake until it no longer holds, and is put right by the ordinary use cases. A
//! job under way excuses its CloudPod for a while, and a difference that is over within two minutes was a change under way. CloudPods of a server
//! that does not respond are counted as unknown.

mod accept;
mod book;
mod detail;
mod export;
mod provider;
mod queries;
mod reconcile;
mod rules;
#[cfg(test)]
mod tests;

pub use accept::{accept, end_acceptance};
pub use book::book_payment;
pub use detail::get;
pub use export::{Export, export};

use crate::{invoices::SUBSCRIPTION_BILLING, revenue::rounded};
use chrono::Duration;
use db::{AuditEvent, Keyset, PlatformRead, PlatformTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
};
use model::{
    Time,
    administration::servers::SILENT_SECONDS,
    audit_action::AuditAction,
    billing::mismatches::{ACCEPTED, AtStake, MismatchKind, MismatchRow, MismatchSummary, UnknownServer},
    ids::{CloudPodId, SubscriptionId},
    money::{Currency, Money},
    page::{Page, PageRequest},
    permission::{BillingManage, BillingRead, CloudpodsManage},
};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// For how long what was resolved is counted.
const RESOLVED_WINDOW: Duration = Duration::days(30);

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::Mismatches>();
}

/// Mismatches that hold, newest first, without those that are accepted. `state` may be a kind, or [`ACCEPTED`].
///
/// # Errors
/// When the cursor is unknown or PostgreSQL does not answer.
pub async fn list(services: &Services, tx: &mut impl PlatformRead<BillingRead>, request: &PageRequest) -> Result<Page<MismatchRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let rows = queries::page(tx.conn(), &keyset, filter(request, services.now())?).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &MismatchRow| row.id.0))
}

fn filter(request: &PageRequest, now: Time) -> Result<queries::Filter> {
    let state = request.state.as_deref().filter(|state| !state.is_empty());
    let accepted = state == Some(ACCEPTED);
    let kind = state.filter(|_| !accepted);
    let kind: Option<MismatchKind> = kind.map(|kind| kind.parse().map_err(|_| Error::field("state", "Unknown status filter."))).transpose()?;
    Ok(queries::Filter { kind, accepted, now })
}

/// What the last comparison has found, in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// When it was.
    pub checked_at: Option<Time>,
    /// CloudPods and subscriptions that were compared.
    pub compared: (i64, i64),
    /// How many of each kind hold, and since when; accepted ones do not count.
    pub kinds: Vec<(MismatchKind, i64, Time)>,
}

/// What is known without looking anew.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn findings(conn: &mut PgConnection, now: Time) -> Result<Findings> {
    let scan = queries::last_scan(&mut *conn).await?;
    let compared = scan.as_ref().map(|scan| (scan.counts.pods, scan.counts.subscriptions)).unwrap_or_default();
    Ok(Findings { checked_at: scan.map(|scan| scan.checked_at), compared, kinds: by_kind(&queries::sums(conn, now).await?) })
}

/// Sums that differ by nothing but the currency, as one.
fn by_kind(sums: &[queries::Sum]) -> Vec<(MismatchKind, i64, Time)> {
    let mut kinds: Vec<(MismatchKind, i64, Time)> = Vec::new();
    for sum in sums {
        match kinds.last_mut() {
            Some((kind, count, since)) if *kind == sum.kind => {
                *count += sum.count;
                *since = sum.oldest.min(*since);
            }
            _ => kinds.push((sum.kind, sum.count, sum.oldest)),
        }
    }
    kinds
}

/// The figures, and what cannot be compared.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn summary(services: &Services, tx: &mut impl PlatformRead<BillingRead>) -> Result<MismatchSummary> {
    let now = services.now();
    let scan = queries::last_scan(tx.conn()).await?;
    let sums = queries::sums(tx.conn(), now).await?;
    let accepted = queries::accepted(tx.conn(), now).await?;
    let resolved = queries::cleared_since(tx.conn(), now - RESOLVED_WINDOW).await?;
    let silent = queries::silent_servers(tx.conn(), now - Duration::seconds(SILENT_SECONDS)).await?;
    let counts = scan.as_ref().map(|scan| scan.counts).unwrap_or_default();
    let of = |kinds: &[MismatchKind]| {
        let chosen = || sums.iter().filter(|sum| kinds.contains(&sum.kind));
        AtStake { count: chosen().map(|sum| sum.count).sum(), money: monthly(chosen().map(|sum| (sum.currency, sum.twelfths))) }
    };
    Ok(MismatchSummary {
        checked_at: scan.map(|scan| scan.checked_at),
        pods: counts.pods,
        subscriptions: counts.subscriptions,
        invoices: counts.invoices,
        payments: counts.payments,
        open: sums.iter().map(|sum| sum.count).sum(),
        kinds: by_kind(&sums).into_iter().map(|(kind, count, _)| (kind, count)).collect(),
        accepted,
        oldest: sums.iter().map(|sum| sum.oldest).min(),
        not_delivered: of(&[MismatchKind::PaidNotRunning, MismatchKind::SubscriptionWithoutPod]),
        not_paid: of(&[
            MismatchKind::RunningNotPaid,
            MismatchKind::SuspendedServing,
            MismatchKind::PodWithoutSubscription,
            MismatchKind::OverdueNotSuspended,
        ]),
        unmatched: of(&[MismatchKind::InvoiceWithoutPayment, MismatchKind::PaymentWithoutInvoice]),
        resolved,
        unknown: unknown(silent),
    })
}

/// Has everything compared now.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn check(services: &Services, mut tx: PlatformTx<BillingManage>) -> Result<()> {
    touch(tx.conn(), reconcile::Mismatches::NAME, Uuid::nil(), services.now()).await?;
    let event = AuditEvent::new(AuditAction::MismatchCheckRequested, "reconciliation", Uuid::nil(), reconcile::Mismatches::TITLE);
    Ok(tx.commit(event).await?)
}

/// Has a CloudPod and its subscription checked now. Their reconcilers start the jobs that bring the CloudPod to its desired state, and bill what is due.
///
/// # Errors
/// Not found.
pub async fn recheck(services: &Services, mut tx: PlatformTx<CloudpodsManage>, pod: CloudPodId) -> Result<()> {
    let (tenant, name, subscription) = queries::pod(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    for (reconciler, key) in [("cloudpod_watch", pod.0), ("cloudpod", pod.0), (SUBSCRIPTION_BILLING, subscription.0)] {
        touch(tx.conn(), reconciler, key, services.now()).await?;
    }
    Ok(tx.commit(AuditEvent::new(AuditAction::MismatchCheckRequested, "cloud_pod", pod, name).in_tenant(tenant)).await?)
}

/// Has a subscription checked now: its reconciler bills what is due, and suspends what stays unpaid.
///
/// # Errors
/// Not found.
pub async fn recheck_subscription(services: &Services, mut tx: PlatformTx<BillingManage>, id: SubscriptionId) -> Result<()> {
    let (tenant, name) = queries::subscription(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Subscription"))?;
    touch(tx.conn(), SUBSCRIPTION_BILLING, id.0, services.now()).await?;
    Ok(tx.commit(AuditEvent::new(AuditAction::MismatchCheckRequested, "subscription", id, name).in_tenant(tenant)).await?)
}

/// Servers with what is paid for their CloudPods; the rows of one follow each other.
fn unknown(rows: Vec<queries::Silent>) -> Vec<UnknownServer> {
    let mut servers: Vec<UnknownServer> = Vec::new();
    for row in rows {
        let money = monthly([(row.currency, row.twelfths)]);
        match servers.last_mut() {
            Some(server) if server.id == row.id => {
                server.pods += row.pods;
                server.money.extend(money);
            }
            _ => servers.push(UnknownServer { id: row.id, name: row.name, last_seen_at: row.last_seen_at, pods: row.pods, money }),
        }
    }
    servers
}

/// Sums by currency from twelfths of minor units, each rounded once, half away from zero.
fn monthly(twelfths: impl IntoIterator<Item = (Currency, i64)>) -> Vec<Money> {
    let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
    for (currency, amount) in twelfths {
        *sums.entry(currency).or_default() += amount;
    }
    sums.into_iter().map(|(currency, sum)| rounded(sum, currency)).filter(|money| money.minor != 0).collect()
}
