//! Taking back what a repository's host was given: the deploy key, and with the repository its webhook too.

use super::{
    super::{change::lock, limits},
    no_source, poll, queries, secrets,
};
use crate::cloudpods::previews;
use adapters::node::ssh::new_key_pair;
use db::{AuditEvent, TenantTx};
use engine::{Error, Result, Services};
use model::{audit_action::AuditAction, ids::WebsiteId, permission::WebsitesWrite};

/// Gives a site of the open account another deploy key. The one before is deleted: the repository is fetched again once the new one is known to its
/// host.
///
/// # Errors
/// Not found; a conflict for a site without a source, and while a deploy of it goes on.
pub async fn rotate_key(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<()> {
    let mut tx = lock(services, tx, id).await?;
    if limits::queries::is_deploying(tx.tx.conn(), id).await? {
        return Err(Error::conflict("A deploy of this site is in progress. Replace its key once it has ended."));
    }
    let main = tx.site.main().to_owned();
    let (private, public) = new_key_pair(&format!("deploy@{main}"))?;
    let sealed = secrets::seal_key(&services.key, id, &private)?;
    if !queries::set_key(tx.tx.conn(), id, &public, &sealed).await? {
        return Err(no_source());
    }
    poll::look_again(tx.tx.conn(), id, services.now()).await?;
    let event = AuditEvent::new(AuditAction::SiteDeployKeyRotated, "website", id, main).in_tenant(tx.pod.tenant_id);
    Ok(tx.tx.commit(event).await?)
}

/// Forgets where a site of the open account is deployed from, with its deploy key and its webhook. The live release goes on being served, and those
/// that are kept can be rolled back to. Its previews are deleted.
///
/// # Errors
/// Not found; a conflict for a site without a source, and while a deploy of it goes on.
pub async fn disconnect(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<()> {
    let mut tx = lock(services, tx, id).await?;
    if limits::queries::is_deploying(tx.tx.conn(), id).await? {
        return Err(Error::conflict("A deploy of this site is in progress. Disconnect its repository once it has ended."));
    }
    let Some(remote) = queries::delete_source(tx.tx.conn(), id).await? else { return Err(no_source()) };
    previews::expire_all(tx.tx.conn(), id, services.now()).await?;
    let event = AuditEvent::new(AuditAction::SiteSourceDisconnected, "website", id, tx.site.main()).in_tenant(tx.pod.tenant_id);
    Ok(tx.tx.commit(event.before(serde_json::json!({ "remote": remote }))).await?)
}
