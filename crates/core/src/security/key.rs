//! A new installation key: what was sealed with the old one is sealed anew, and every chain of the record goes on under the new one.

use crate::{Result, Services, administration::accounts, hosting::cloudpods};
use db::AuditEvent;
use model::{audit_action::AuditAction, ids::TenantId};
use serde_json::json;

/// How much hung on the old key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenUp {
    /// Pods whose secrets were sealed anew.
    pub pods: usize,
    /// Code apps whose keys were sealed anew.
    pub code_apps: usize,
    /// Chains of the record that go on under the new key.
    pub chains: usize,
}

/// Takes up the key of `services`, which opens what the replaced ones have sealed. May be repeated when it was interrupted.
/// Each chain gets an event: from there on nothing written with an older key counts, and a chain without it is named by `audit verify`.
///
/// # Errors
/// When something was sealed by a key that is not known here, or PostgreSQL does not answer.
pub async fn take_up(services: &Services) -> Result<TakenUp> {
    let code_apps = accounts::reseal(services).await?;
    let chains = services.db.audit_heads().await?;
    let mut tx = services.db.system("command line").await?;
    let pods = cloudpods::reseal(&services.key, tx.conn()).await?;
    let event = || AuditEvent::new(AuditAction::KeyReplaced, "installation", "key", "the installation's key");
    let tenants: Vec<_> = chains.iter().filter(|head| !head.chain.is_nil()).collect();
    for head in &tenants {
        tx.record(event().in_tenant(TenantId(head.chain)));
    }
    let done = TakenUp { pods, code_apps, chains: tenants.len() + 1 };
    tx.commit(event().after(json!({ "pods": done.pods, "code_apps": done.code_apps, "chains": done.chains }))).await?;
    Ok(done)
}
