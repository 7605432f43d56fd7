//! The comparison: all CloudPods, subscriptions that go on, and invoices of the last days, a page at a time.

use super::{
    by_kind, provider,
    queries::{self, Counts, Found, SubscriptionFacts},
    rules::{self, Fault},
};
use crate::{dunning, payments};
use chrono::Duration;
use engine::{
    Result, Services,
    reconcile::{OBJECTS_PER_PAGE, Object, Outcome, ReconcileError, Reconciler},
};
use model::{
    Time,
    administration::servers::SILENT_SECONDS,
    billing::{mismatches::MismatchKind, subscriptions::SubscriptionStatus},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// A difference that is over sooner was a change under way. Found, confirmed and shown within five minutes.
pub(super) const CONFIRM_AFTER: Duration = Duration::minutes(2);
/// Invoices that were paid longer ago are not gone through again.
const WINDOW: Duration = Duration::days(30);

/// Kinds that are about CloudPods.
const OF_PODS: &[&str] = &[
    MismatchKind::PaidNotRunning.as_str(),
    MismatchKind::RunningNotPaid.as_str(),
    MismatchKind::SuspendedServing.as_str(),
    MismatchKind::PodWithoutSubscription.as_str(),
];
const OF_SUBSCRIPTIONS: &[&str] = &[MismatchKind::SubscriptionWithoutPod.as_str(), MismatchKind::OverdueNotSuspended.as_str()];
const OF_INVOICES: &[&str] = &[MismatchKind::InvoiceWithoutPayment.as_str()];

/// Compares billing with infrastructure.
pub(super) struct Mismatches;

impl Reconciler for Mismatches {
    const NAME: &'static str = "mismatches";
    const TITLE: &'static str = "Billing reconciliation";
    const INTERVAL: std::time::Duration = std::time::Duration::from_secs(60);
    const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(240);

    async fn objects(_: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        Ok(Object::installation(after))
    }

    async fn reconcile(services: &Services, _: Uuid) -> Result<Outcome, ReconcileError> {
        compare(services).await?;
        let mut tx = services.db.system_read("mismatches").await?;
        let sums = queries::sums(tx.conn(), services.now()).await?;
        tx.finish().await?;
        let differences = by_kind(&sums).into_iter().map(|(kind, count, _)| format!("{}: {count}", kind.title())).collect();
        Ok(Outcome::Checked { subject: "Billing and CloudPods".to_owned(), server: None, differences })
    }
}

/// Goes through everything once.
pub(super) async fn compare(services: &Services) -> Result<()> {
    let (pods, subscriptions, invoices) = (pods(services).await?, subscriptions(services).await?, invoices(services).await?);
    let mut tx = services.db.system_read("mismatches").await?;
    let last = queries::last_scan(tx.conn()).await?.and_then(|scan| scan.counts.payments_at);
    tx.finish().await?;
    let listed = provider::compare(services, last).await?;
    let counts = Counts { pods, subscriptions, invoices, payments: listed.until.map(|_| listed.count), payments_at: listed.until.or(last) };
    let now = services.now();
    let mut tx = services.db.system("mismatches").await?;
    queries::store_scan(tx.conn(), counts, now).await?;
    queries::forget(tx.conn(), now - WINDOW).await?;
    Ok(tx.commit_progress().await?)
}

async fn pods(services: &Services) -> Result<i64> {
    let mut page = open(services, OF_PODS).await?;
    let (mut after, mut count) = (None, 0);
    loop {
        let now = services.now();
        let mut tx = services.db.system("mismatches").await?;
        let facts = queries::pod_facts(tx.conn(), &page, now - Duration::seconds(SILENT_SECONDS)).await?;
        let judged: Vec<Uuid> = facts.iter().filter(|pod| !rules::is_undecided(pod, now)).map(|pod| pod.id.0).collect();
        let found = facts.into_iter().filter(|pod| !rules::is_undecided(pod, now)).filter_map(|pod| {
            let fault = rules::of_pod(&pod, now)?;
            Some(Found {
                object: pod.id.to_string(),
                tenant: Some(pod.tenant_id),
                pod: Some(pod.id),
                subscription: Some(pod.subscription_id),
                invoice: None,
                subject: pod.name,
                currency: pod.currency,
                cycle: Some(pod.billing_cycle),
                purpose: None,
                fault,
            })
        });
        store(tx.conn(), OF_PODS, &judged, found.collect(), now).await?;
        page = queries::pods_after(tx.conn(), after).await?;
        tx.commit_progress().await?;
        count += len(&page);
        let Some(last) = page.last() else { return Ok(count) };
        after = Some(*last);
    }
}

async fn subscriptions(services: &Services) -> Result<i64> {
    let mut page = open(services, OF_SUBSCRIPTIONS).await?;
    let (mut after, mut count) = (None, 0);
    loop {
        let now = services.now();
        let mut tx = services.db.system("mismatches").await?;
        let facts = queries::subscription_facts(tx.conn(), &page).await?;
        let mut found = Vec::new();
        for subscription in facts {
            let overdue = overdue(services, tx.conn(), &subscription, now).await?;
            found.extend(rules::of_subscription(&subscription, now).into_iter().chain(overdue).map(|fault| Found {
                object: subscription.id.to_string(),
                tenant: Some(subscription.tenant_id),
                pod: None,
                subscription: Some(subscription.id),
                invoice: None,
                subject: subscription.product_name.clone(),
                currency: subscription.currency,
                cycle: Some(subscription.billing_cycle),
                purpose: None,
                fault,
            }));
        }
        store(tx.conn(), OF_SUBSCRIPTIONS, &page, found, now).await?;
        page = queries::subscriptions_after(tx.conn(), after).await?;
        tx.commit_progress().await?;
        count += len(&page);
        let Some(last) = page.last() else { return Ok(count) };
        after = Some(*last);
    }
}

/// Whether dunning should have suspended a subscription long ago. Money that is on its way excuses it.
async fn overdue(services: &Services, conn: &mut PgConnection, subscription: &SubscriptionFacts, now: Time) -> Result<Option<Fault>> {
    if subscription.status != SubscriptionStatus::PastDue {
        return Ok(None);
    }
    let Some(invoice) = payments::next_open(services, &mut *conn, subscription.id).await? else { return Ok(None) };
    let overdue = dunning::overdue(services, &mut *conn, subscription.tenant_id, &invoice, None).await?;
    if overdue.is_on_its_way() {
        return Ok(None);
    }
    let terms = dunning::terms_at(conn, subscription.id, invoice.issued_at).await?;
    Ok(rules::of_overdue(subscription, overdue.suspends_at(&terms), &invoice.number, now))
}

async fn invoices(services: &Services) -> Result<i64> {
    let mut page = open(services, OF_INVOICES).await?;
    let (mut after, mut count) = (None, 0);
    loop {
        let now = services.now();
        let mut tx = services.db.system("mismatches").await?;
        let facts = queries::invoice_facts(tx.conn(), &page).await?;
        let found = facts.into_iter().filter_map(|invoice| {
            let fault = rules::of_invoice(&invoice, now)?;
            Some(Found {
                object: invoice.id.to_string(),
                tenant: Some(invoice.tenant_id),
                pod: None,
                subscription: invoice.subscription_id,
                invoice: Some(invoice.id),
                subject: invoice.number,
                currency: invoice.currency,
                cycle: None,
                purpose: None,
                fault,
            })
        });
        store(tx.conn(), OF_INVOICES, &page, found.collect(), now).await?;
        let next = queries::invoices_after(tx.conn(), now - WINDOW, after).await?;
        tx.commit_progress().await?;
        count += len(&next);
        let Some(last) = next.last() else { return Ok(count) };
        after = Some(*last);
        page = next.into_iter().map(|(_, id)| id).collect();
    }
}

/// What is open is looked at first: it may have left the pages that are gone through.
async fn open(services: &Services, kinds: &[&str]) -> Result<Vec<Uuid>> {
    let mut tx = services.db.system_read("mismatches").await?;
    let objects = queries::open_objects(tx.conn(), kinds).await?;
    tx.finish().await?;
    Ok(objects.iter().filter_map(|object| object.parse().ok()).collect())
}

/// Notes what holds of a page of objects, and clears what holds no longer.
async fn store(conn: &mut PgConnection, kinds: &[&str], page: &[Uuid], found: Vec<Found>, now: Time) -> Result<()> {
    for one in &found {
        queries::hold(conn, one, now, now - CONFIRM_AFTER).await?;
    }
    let objects: Vec<String> = page.iter().map(ToString::to_string).collect();
    let held: (Vec<&str>, Vec<String>) = found.into_iter().map(|Found { object, fault: Fault { kind, .. }, .. }| (kind.as_str(), object)).unzip();
    Ok(queries::clear(conn, (kinds, &objects), (&held.0, &held.1), now).await?)
}

fn len<T>(page: &[T]) -> i64 {
    i64::try_from(page.len()).unwrap_or(OBJECTS_PER_PAGE)
}
