//! Where a site is deployed from: its repository and its key, what its server says of it, and what is new there.

mod ask;
mod keys;
mod look;
pub(super) mod poll;
mod presets;
pub(in crate::cloudpods) mod queries;
pub(super) mod secrets;

pub use keys::{disconnect, rotate_key};
pub use look::look;
pub use poll::set_poll;

pub(in crate::cloudpods) use ask::git_source;
pub(in crate::cloudpods) use queries::branch_of;

use super::{change::lock, limits, rules};
use adapters::node::ssh::new_key_pair;
use db::{AuditEvent, TenantTx};
use engine::{Error, Result, Services};
use model::{audit_action::AuditAction, hosting::deploys::SourceInput, ids::WebsiteId, permission::WebsitesWrite};
use wire::deploy::GitRemote;

/// Sets where a site of the open account is deployed from. The first time, it gets a deploy key of its own. Nothing is deployed yet.
///
/// # Errors
/// Not found; on the field; a conflict for WordPress, and for a site that is not whole.
pub async fn set_source(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, typed: SourceInput) -> Result<()> {
    let mut tx = lock(services, tx, id).await?;
    if tx.site.preview_of.is_some() {
        return Err(Error::conflict("A preview is deployed from its site's repository. Change it there."));
    }
    let input = rules::checked(tx.site.stack, typed)?;
    if limits::queries::is_deploying(tx.tx.conn(), id).await? {
        return Err(Error::conflict("A deploy of this site is in progress. Change its repository once it has ended."));
    }
    let (tenant, main) = (tx.pod.tenant_id, tx.site.main().to_owned());
    let conn = tx.tx.conn();
    match queries::source(&mut *conn, id).await? {
        Some(before) => {
            let host = |remote: &str| GitRemote::new(remote).ok().map(|remote| (remote.host(), remote.is_ssh()));
            let keeps_host = host(&before.input().remote) == host(&input.remote);
            queries::update_source(&mut *conn, id, &input, keeps_host).await?;
            poll::look_again(conn, id, services.now()).await?;
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

/// Forgets which host keys the repository's server has shown: the next fetch takes those that it shows then.
///
/// # Errors
/// Not found; a conflict where none are known.
pub async fn forget_host_keys(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<()> {
    let mut tx = lock(services, tx, id).await?;
    if !queries::forget_host_keys(tx.tx.conn(), id).await? {
        return Err(Error::conflict("No host key is pinned."));
    }
    poll::look_again(tx.tx.conn(), id, services.now()).await?;
    let event = AuditEvent::new(AuditAction::SiteHostKeyForgotten, "website", id, tx.site.main()).in_tenant(tx.pod.tenant_id);
    Ok(tx.tx.commit(event).await?)
}

pub(super) fn no_source() -> Error {
    Error::conflict("Set the repository of this site first.")
}
