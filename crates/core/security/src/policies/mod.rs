//! Rules for signing in, which staff may change. The access checks in PostgreSQL know them.

mod queries;

#[cfg(test)]
mod tests;

use db::{AuditEvent, PlatformTx};
use engine::{Error, Result, Services};
use model::{
    audit_action::AuditAction,
    permission::{PoliciesManage, PoliciesRead},
    security::policies::{PoliciesView, Policy, PolicyRow},
};
use serde_json::json;

/// All rules, and which staff have no second step yet.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn policies(mut tx: PlatformTx<PoliciesRead>) -> Result<PoliciesView> {
    let kept = queries::policies(tx.conn()).await?;
    let row = |policy: Policy| {
        let found = kept.iter().find(|row| row.name == policy);
        PolicyRow { policy, enabled: found.is_some_and(|row| row.enabled), changed_at: found.map(|row| row.changed_at) }
    };
    let caller = tx.caller().user_id();
    let can_change = match caller {
        Some(caller) => queries::may_change(tx.conn(), caller).await?,
        None => false,
    };
    Ok(PoliciesView { policies: Policy::ALL.iter().copied().map(row).collect(), staff_without: queries::staff_without(tx.conn()).await?, can_change })
}

/// Switches a rule on or off.
///
/// # Errors
/// A conflict, when the caller would be the first whom it keeps out.
pub async fn set_policy(services: &Services, mut tx: PlatformTx<PoliciesManage>, policy: Policy, enabled: bool) -> Result<()> {
    let was = queries::policies(tx.conn()).await?.iter().any(|row| row.name == policy && row.enabled);
    let Some(caller) = tx.caller().user_id() else { return Err(Error::not_found("Policy")) };
    if enabled && !queries::has_second_step(tx.conn(), caller).await? {
        return Err(Error::conflict("Set up 2FA for yourself first, or you would be locked out."));
    }
    queries::set(tx.conn(), policy, enabled, services.now()).await?;
    let event = AuditEvent::new(AuditAction::PolicyChanged, "policy", policy, policy.title());
    Ok(tx.commit(event.before(json!({ "enabled": was })).after(json!({ "enabled": enabled }))).await?)
}
