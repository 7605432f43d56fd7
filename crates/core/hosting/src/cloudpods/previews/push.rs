//! Pushes to the branches of previews.

use super::{expiry, queries, reconcile::Previews};
use crate::cloudpods::deploys;
use engine::{
    Services,
    reconcile::{Reconciler, touch},
};
use model::{Time, ids::WebsiteId};
use sqlx::PgConnection;

/// Takes what a repository's host has told of a site for its previews: a push to the branch of one is stored, and one whose branch is deleted goes.
/// Answers whether one of them is deployed.
pub(in crate::cloudpods) async fn follow_push(services: &Services, conn: &mut PgConnection, site: WebsiteId, body: &[u8]) -> sqlx::Result<bool> {
    let (now, mut is_deployed) = (services.now(), false);
    for preview in queries::followed(&mut *conn, site).await? {
        match deploys::pushed(body, &preview.branch) {
            Some(commit) if preview.last.as_ref() != Some(&commit) => {
                queries::set_push(&mut *conn, preview.id, &commit, now, expiry(now)).await?;
                deploys::touch_push(&mut *conn, preview.id, now).await?;
                is_deployed = true;
            }
            Some(_) => queries::set_expiry(&mut *conn, preview.id, expiry(now)).await?,
            None if deploys::is_deleted(body, &preview.branch) => {
                queries::end(&mut *conn, preview.id, now).await?;
                touch(&mut *conn, Previews::NAME, preview.id.0, now).await?;
            }
            None => {}
        }
    }
    Ok(is_deployed)
}

/// A site was made: if it is a preview, its branch is deployed to it.
pub(in crate::cloudpods) async fn has_opened(conn: &mut PgConnection, site: WebsiteId, now: Time) -> sqlx::Result<()> {
    if queries::has_push(&mut *conn, site).await? {
        deploys::touch_push(conn, site, now).await?;
    }
    Ok(())
}
