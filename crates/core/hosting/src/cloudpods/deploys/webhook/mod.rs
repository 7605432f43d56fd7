//! What a repository's host tells of pushes: its webhook, who may say what, and the deploys that follow.

pub(super) mod message;
mod push;
pub(super) mod queries;
pub(super) mod reconcile;
pub(super) mod rules;
mod senders;

pub use push::{MAX_PUSH, PushError, receive_push};
pub use rules::PushHeaders;
pub use senders::receive_push_from;

pub(in crate::cloudpods) use message::{is_deleted, pushed};
pub(in crate::cloudpods) use push::touch_push;

use super::{
    change::lock,
    source::{no_source, secrets},
};
use db::{AuditEvent, TenantTx};
use engine::{Error, Result, Services, secrets::new_token};
use model::{audit_action::AuditAction, hosting::deploys::WebhookSecret, ids::WebsiteId, permission::WebsitesWrite};

/// Makes the secret with which pushes are signed. The one before is void. It is shown this once.
///
/// # Errors
/// Not found; a conflict for a site without a source.
pub async fn create_webhook(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<WebhookSecret> {
    let mut tx = lock(services, tx, id).await?;
    let secret = new_token();
    let sealed = secrets::seal_webhook(&services.key, id, &secret)?;
    if !queries::set_webhook(tx.tx.conn(), id, &sealed, services.now()).await? {
        return Err(no_source());
    }
    let event = AuditEvent::new(AuditAction::SiteWebhookCreated, "website", id, tx.site.main()).in_tenant(tx.pod.tenant_id);
    tx.tx.commit(event).await?;
    Ok(WebhookSecret { url: webhook_url(services, id), secret })
}

/// Deletes the secret with which pushes to a site of the open account are signed: none is accepted any more, and one that waits is not deployed.
///
/// # Errors
/// Not found; a conflict where there is no webhook.
pub async fn delete_webhook(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<()> {
    let mut tx = lock(services, tx, id).await?;
    if !queries::delete_webhook(tx.tx.conn(), id).await? {
        return Err(Error::conflict("This site has no push webhook."));
    }
    let event = AuditEvent::new(AuditAction::SiteWebhookDeleted, "website", id, tx.site.main()).in_tenant(tx.pod.tenant_id);
    Ok(tx.tx.commit(event).await?)
}

/// Where pushes to a site's repository are told.
pub(super) fn webhook_url(services: &Services, id: WebsiteId) -> String {
    format!("{}/api/public/deploys/push?site={id}", services.settings.public_url.trim_end_matches('/'))
}
