//! Domains that are registered here count as proved.

use super::{
    connect, names,
    proof::{self, Rivals},
    queries,
};
use db::{AuditEvent, SystemTx};
use engine::{Error, Result, Services};
use model::{
    audit_action::AuditAction,
    hosting::domains::DomainStatus,
    ids::{DomainId, TenantId},
};

/// Puts a domain that this account has registered here among its verified ones.
///
/// `rivals` are those of a domain that has come from another registrar, or that its holder had before: it was in use, maybe by another account
/// here. Who has proved it keeps it, with its zone and sites, as long as the record stands; until then it waits for a proof as any other. One that
/// was free to be registered was nobody's: whoever had proved it in an earlier life has it no longer, and what our own name servers still answer
/// for it says nothing.
pub(crate) async fn take_registered(
    services: &Services,
    tx: &mut SystemTx,
    tenant: TenantId,
    name: &str,
    rivals: Option<&Rivals>,
) -> Result<DomainId> {
    queries::lock_registrable(tx.conn(), names::registrable(name)).await?;
    let id = match queries::id_of(tx.conn(), tenant, name).await? {
        Some(id) => id,
        None => connect::store(services, tx, tenant, name).await?.ok_or_else(|| Error::conflict("The domain was connected a moment ago."))?,
    };
    if queries::lock(tx.conn(), id).await?.is_some_and(|found| found.status == DomainStatus::Verified) {
        return Ok(id);
    }
    match rivals {
        Some(rivals) => {
            if let Some(kept) = proof::beat(services, tx, tenant, name, rivals).await? {
                queries::set_checked(tx.conn(), id, &kept, services.now()).await?;
                return Ok(id);
            }
        }
        None => {
            for rival in queries::proved_by_others(tx.conn(), tenant, name).await? {
                proof::lose(services, tx, &rival).await?;
            }
        }
    }
    proof::take(services, tx, id, tenant, name, "Registered here.").await?;
    tx.record(AuditEvent::new(AuditAction::DomainVerified, "domain", id, name).in_tenant(tenant));
    Ok(id)
}
