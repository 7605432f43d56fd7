//! Where a site is deployed from: its repository, its key and its webhook.

use super::{change::lock, places, queries, rules, secrets};
use adapters::node::ssh::new_key_pair;
use db::{AuditEvent, TenantTx};
use engine::{Error, Result, Services, secrets::new_token};
use model::{
    audit_action::AuditAction,
    hosting::deploys::{SourceInput, WebhookSecret},
    ids::WebsiteId,
    permission::WebsitesWrite,
};
use wire::deploy::GitRemote;

/// Sets where a site of the open account is deployed from. The first time, it gets a deploy key of its own. Nothing is deployed yet.
///
/// # Errors
/// Not found; on the field; a conflict for WordPress, and for a site that is not whole.
pub async fn set_source(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, typed: SourceInput) -> Result<()> {
    let mut tx = lock(services, tx, id).await?;
    let input = rules::checked(tx.site.stack, typed)?;
    if places::queries::is_deploying(tx.tx.conn(), id).await? {
        return Err(Error::conflict("A deploy of this site is in progress. Change its repository once it has ended."));
    }
    let (tenant, main) = (tx.pod.tenant_id, tx.site.main().to_owned());
    let conn = tx.tx.conn();
    match queries::source(&mut *conn, id).await? {
        Some(before) => {
            let host = |remote: &str| GitRemote::new(remote).ok().map(|remote| (remote.host(), remote.is_ssh()));
            let keeps_host = host(&before.input().remote) == host(&input.remote);
            queries::update_source(conn, id, &input, keeps_host).await?;
        }
        None => {
            let (private, public) = new_key_pair(&format!("deploy@{main}"))?;
            let sealed = secrets::seal_key(&services.key, id, &private)?;
            queries::insert_source(conn, (tenant, id), &input, (&public, &sealed), services.now()).await?;
        }
    }
    // A command may hold what its owner should have put elsewhere.
    let shown = serde_json::json!({ "remote": input.remote, "branch": input.branch, "folder": input.folder, "publish": input.publish });
    let event = AuditEvent::new(AuditAction::SiteSourceChanged, "website", id, main).in_tenant(tenant).after(shown);
    Ok(tx.tx.commit(event).await?)
}

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

/// Forgets which host keys the repository's server has shown: the next fetch takes those that it shows then.
///
/// # Errors
/// Not found; a conflict where none are known.
pub async fn forget_host_keys(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<()> {
    let mut tx = lock(services, tx, id).await?;
    if !queries::forget_host_keys(tx.tx.conn(), id).await? {
        return Err(Error::conflict("No host key is pinned."));
    }
    let event = AuditEvent::new(AuditAction::SiteHostKeyForgotten, "website", id, tx.site.main()).in_tenant(tx.pod.tenant_id);
    Ok(tx.tx.commit(event).await?)
}

/// Where pushes to a site's repository are told.
pub(super) fn webhook_url(services: &Services, id: WebsiteId) -> String {
    format!("{}/api/public/deploys/push?site={id}", services.settings.public_url.trim_end_matches('/'))
}

pub(super) fn no_source() -> Error {
    Error::conflict("Set the repository of this site first.")
}
