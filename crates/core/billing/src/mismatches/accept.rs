//! Mismatches that staff know of and accept for a while: they are not listed until then, and come back if they still hold.

use super::queries;
use chrono::NaiveDate;
use db::{AuditEvent, PlatformTx};
use engine::{Error, Result, Services};
use model::{
    Time,
    audit_action::AuditAction,
    ids::{MismatchId, TenantId},
    permission::BillingManage,
};
use serde_json::json;

/// Longest time that one is accepted for.
const MAX_DAYS: i64 = 90;

/// Accepts a mismatch until the end of a day (UTC), such as `2026-12-14`.
///
/// # Errors
/// On field `until` when it is no day from today to 90 days ahead; on `reason` when it is missing or too long; not found when it no longer holds.
pub async fn accept(services: &Services, mut tx: PlatformTx<BillingManage>, id: MismatchId, until: &str, reason: &str) -> Result<()> {
    let until = end_of(until, services.now())?;
    let reason = crate::reason::check(reason)?;
    let found = queries::accept(tx.conn(), id, Some((until, reason))).await?;
    let (tenant, kind, subject) = found.ok_or_else(|| Error::not_found("Mismatch"))?;
    let event = AuditEvent::new(AuditAction::MismatchAccepted, "mismatch", id, subject);
    let event = event.after(json!({ "kind": kind, "until": until, "reason": reason }));
    Ok(tx.commit(of_customer(event, tenant)).await?)
}

/// Lists a mismatch again that was accepted.
///
/// # Errors
/// Not found when it no longer holds.
pub async fn end_acceptance(mut tx: PlatformTx<BillingManage>, id: MismatchId) -> Result<()> {
    let (tenant, kind, subject) = queries::accept(tx.conn(), id, None).await?.ok_or_else(|| Error::not_found("Mismatch"))?;
    let event = AuditEvent::new(AuditAction::MismatchAcceptanceEnded, "mismatch", id, subject).after(json!({ "kind": kind }));
    Ok(tx.commit(of_customer(event, tenant)).await?)
}

/// The customer of a payment may be unknown.
fn of_customer(event: AuditEvent, tenant: Option<TenantId>) -> AuditEvent {
    match tenant {
        Some(tenant) => event.in_tenant(tenant),
        None => event,
    }
}

/// The last moment of a day.
fn end_of(day: &str, now: Time) -> Result<Time> {
    let wrong = || Error::field("until", format!("Enter a day from today to {MAX_DAYS} days ahead."));
    let day: NaiveDate = day.trim().parse().map_err(|_| wrong())?;
    if !(0..=MAX_DAYS).contains(&(day - now.date_naive()).num_days()) {
        return Err(wrong());
    }
    Ok(day.and_hms_opt(23, 59, 59).ok_or_else(wrong)?.and_utc())
}
