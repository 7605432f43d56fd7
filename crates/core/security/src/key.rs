//! A new installation key: what was sealed with the old one is sealed anew, and every chain of the audit log goes on under the new one.

use db::AuditEvent;
use engine::{Modules, Result, Services};
use model::{audit_action::AuditAction, ids::TenantId};
use serde_json::json;

/// What a key rotation has resealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationReport {
    /// Secrets that were sealed anew, by what they belong to.
    pub sealed: Vec<(&'static str, usize)>,
    /// Chains of the audit log that go on under the new key.
    pub chains: usize,
}

/// Reseals everything with the current key of `services`, which also opens what the replaced keys sealed. Safe to repeat after an interruption.
/// Each chain gets an event: from there on nothing written with an older key counts, and a chain without it is named by `audit verify`.
///
/// # Errors
/// When something was sealed by a key that is not known here, or PostgreSQL does not answer.
pub async fn rotate_key(services: &Services) -> Result<RotationReport> {
    let mut sealed = Vec::new();
    for (name, reseal) in &services.part::<Modules>().sealed {
        sealed.push((*name, reseal(services).await?));
    }
    let chains = services.db.audit_heads().await?;
    let mut tx = services.db.system("command line").await?;
    let event = || AuditEvent::new(AuditAction::KeyReplaced, "installation", "key", "the installation's key");
    let tenants: Vec<_> = chains.iter().filter(|head| !head.chain.is_nil()).collect();
    for head in &tenants {
        tx.record(event().in_tenant(TenantId(head.chain)));
    }
    let report = RotationReport { sealed, chains: tenants.len() + 1 };
    let counts: serde_json::Map<_, _> = report.sealed.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
    tx.commit(event().after(json!({ "sealed": counts, "chains": report.chains }))).await?;
    Ok(report)
}
