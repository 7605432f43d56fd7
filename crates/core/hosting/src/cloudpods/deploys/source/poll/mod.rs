//! Looks for new commits of a site's branch, where nobody tells of pushes.

mod queries;
mod reconcile;

use super::{super::change::lock, no_source, queries as sources};
use db::{AuditEvent, TenantTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
};
use model::{
    Time,
    audit_action::AuditAction,
    hosting::deploy_sources::{POLL_MINUTES, PollView},
    ids::WebsiteId,
    permission::WebsitesWrite,
};
use sqlx::PgConnection;

#[cfg(test)]
pub(in crate::cloudpods::deploys) use reconcile::ASKING;
pub(in crate::cloudpods::deploys) use reconcile::Polls;

/// Sets how often the repository of a site of the open account is looked at, in minutes; never for nothing. A commit that was not deployed yet is
/// deployed by the first look.
///
/// # Errors
/// Not found; on the field; a conflict for a site without a source.
pub async fn set_poll(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, minutes: Option<i32>) -> Result<()> {
    let mut tx = lock(services, tx, id).await?;
    if minutes.is_some_and(|minutes| !POLL_MINUTES.contains(&minutes)) {
        return Err(Error::field("minutes", "Choose 5, 15 or 60 minutes, or off."));
    }
    // That of a preview is its site's.
    let is_own = sources::branch_of(tx.tx.conn(), id).await?.is_some();
    if !is_own {
        return Err(no_source());
    }
    let (tenant, now) = (tx.pod.tenant_id, services.now());
    match minutes {
        None => {
            queries::delete(tx.tx.conn(), id).await?;
        }
        Some(minutes) => {
            queries::set(tx.tx.conn(), (tenant, id), minutes, now).await?;
            touch(tx.tx.conn(), Polls::NAME, id.0, now).await?;
        }
    }
    let event = AuditEvent::new(AuditAction::SitePollChanged, "website", id, tx.site.main()).in_tenant(tenant);
    Ok(tx.tx.commit(event.after(serde_json::json!({ "minutes": minutes }))).await?)
}

/// A site's repository may answer now where it did not, or has a commit that was not deployed: it is looked at as soon as may be.
pub(in crate::cloudpods::deploys) async fn look_again(conn: &mut PgConnection, id: WebsiteId, now: Time) -> sqlx::Result<()> {
    if queries::look_again(&mut *conn, id, now).await? {
        touch(conn, Polls::NAME, id.0, now).await?;
    }
    Ok(())
}

/// How a site's repository is looked at, as its page shows it.
pub(in crate::cloudpods::deploys) async fn view(conn: &mut PgConnection, id: WebsiteId) -> Result<Option<PollView>> {
    let found = queries::poll(conn, id).await?;
    Ok(found.map(|poll| PollView {
        minutes: poll.minutes,
        looked_at: poll.looked_at,
        result: poll.result,
        is_failed: poll.failures > 0,
        next_at: poll.next_at,
    }))
}
