//! One mismatch in full: what billing asks for beside what was seen, the likely cause, and the last job.

mod facts;
mod queries;

use super::queries as stored;
use crate::invoices::SUBSCRIPTION_BILLING;
use chrono::Duration;
use core_administration::provisioning;
use db::PlatformRead;
use engine::{Error, Result, Services, reconcile::last_run};
use facts::Seen;
use model::{
    Time,
    administration::servers::SILENT_SECONDS,
    billing::mismatches::{MismatchDetail, MismatchFact, MismatchKind, MismatchRow},
    ids::{CloudPodId, MismatchId},
    permission::BillingRead,
};
use sqlx::PgConnection;

/// The reconciler that compares CloudPods with their server's own plan; it stands in hosting.
const CLOUDPOD: &str = "cloudpod";

/// A mismatch that holds, with what is compared.
///
/// # Errors
/// Not found when it no longer holds.
pub async fn get(services: &Services, tx: &mut impl PlatformRead<BillingRead>, id: MismatchId) -> Result<MismatchDetail> {
    let now = services.now();
    let row = queries::one(tx.conn(), id, now).await?.ok_or_else(|| Error::not_found("Mismatch"))?.view();
    let (checked_at, purpose) = queries::checked(tx.conn(), id).await?;
    let mut detail = MismatchDetail { row, facts: Vec::new(), causes: Vec::new(), job: None, observed_at: None, checked_at };
    if let Some(pod) = detail.row.pod {
        of_pod(tx.conn(), pod, &mut detail, now).await?;
    } else {
        (detail.facts, detail.causes) = of_money(tx.conn(), &detail.row, purpose.as_deref(), now).await?;
    }
    Ok(detail)
}

async fn of_pod(conn: &mut PgConnection, id: CloudPodId, detail: &mut MismatchDetail, now: Time) -> Result<()> {
    let found = stored::pod_facts(&mut *conn, &[id.0], now - Duration::seconds(SILENT_SECONDS)).await?;
    let Some(pod) = found.first() else { return Ok(()) };
    let place = queries::place(&mut *conn, id).await?;
    let plan = last_run(&mut *conn, CLOUDPOD, id.0).await?;
    detail.job = provisioning::about(conn, ("cloud_pod", id.0), 1).await?.into_iter().next();
    let seen = Seen {
        server: place.server_name.as_deref(),
        observed: place.observed.as_ref().map(|observed| &observed.0),
        plan: plan.as_ref(),
        job: detail.job.as_ref(),
    };
    detail.facts = facts::of_pod(detail.row.kind, pod, &seen);
    detail.causes = facts::causes_of_pod(detail.row.kind, pod, &seen);
    detail.observed_at = pod.observed_at;
    Ok(())
}

/// Facts and causes of what is no CloudPod. What is gone since the mismatch was found has none.
async fn of_money(conn: &mut PgConnection, row: &MismatchRow, purpose: Option<&str>, now: Time) -> Result<(Vec<MismatchFact>, Vec<String>)> {
    let nothing = (Vec::new(), Vec::new());
    match (row.kind, row.subscription, row.invoice) {
        (MismatchKind::SubscriptionWithoutPod, Some(id), _) => {
            let found = stored::subscription_facts(conn, &[id.0]).await?;
            Ok(found.first().map_or(nothing, facts::of_missing))
        }
        (MismatchKind::OverdueNotSuspended, Some(id), _) => {
            let run = last_run(conn, SUBSCRIPTION_BILLING, id.0).await?;
            Ok(facts::of_overdue(row.since, run.as_ref(), now))
        }
        (MismatchKind::InvoiceWithoutPayment, _, Some(id)) => {
            let found = stored::invoice_facts(conn, &[id.0]).await?;
            Ok(found.first().map_or(nothing, facts::of_invoice))
        }
        (MismatchKind::PaymentWithoutInvoice, ..) => Ok(facts::of_payment(row.amount, purpose)),
        _ => Ok(nothing),
    }
}
