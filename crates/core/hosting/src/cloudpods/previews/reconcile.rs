//! Previews that nobody needs any more are thrown away.

use super::{queries, remove};
use crate::cloudpods::{jobs::DeleteSite, reconcile::queries::has_unfinished_job, websites::lock_pod};
use chrono::TimeDelta;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
    saga::Saga,
};
use model::{hosting::websites::SiteStatus, ids::WebsiteId};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// While another job of the pod goes on, it is looked again after this.
const WHILE_BUSY: TimeDelta = TimeDelta::seconds(5);
/// After a deletion that was rolled back, the next one waits this long.
const AFTER_FAILURE: TimeDelta = TimeDelta::hours(1);

/// Deletes previews whose time is over, whose branch is deleted, or whose site goes.
pub(super) struct Previews;

impl Reconciler for Previews {
    const NAME: &'static str = "site_preview";
    const TITLE: &'static str = "Previews of branches are deleted in time";
    const INTERVAL: Duration = Duration::from_secs(900);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::objects(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let (id, now) = (WebsiteId(key), services.now());
        let mut tx = services.db.system("previews").await?;
        let Some(found) = queries::preview(tx.conn(), id).await? else { return Ok(Outcome::Removed) };
        if !found.is_orphan && found.expires_at > now {
            return Ok(Outcome::ok(found.domain));
        }
        let pod = lock_pod(&mut tx, found.tenant, found.pod).await?;
        // As it is now that the pod is locked.
        let Some(found) = queries::preview(tx.conn(), id).await? else { return Ok(Outcome::Removed) };
        if !found.is_orphan && found.expires_at > now {
            return Ok(Outcome::ok(found.domain));
        }
        let subject = found.domain.clone();
        let waits = |why: &str| Ok(Outcome::Checked { subject, server: pod.server_id, differences: vec![why.to_owned()] });
        if found.status == SiteStatus::Deleting {
            return waits("Its deletion is in progress or needs attention.");
        }
        if !pod.is_changeable() {
            return waits("Its time is over. It is deleted once its CloudPod is running.");
        }
        if has_unfinished_job(tx.conn(), pod.id).await? {
            touch(tx.conn(), Self::NAME, key, now + WHILE_BUSY).await?;
            tx.commit_progress().await?;
            return waits("Its time is over. It is deleted once the CloudPod's current job has ended.");
        }
        if queries::is_tried(tx.conn(), (pod.id, id), DeleteSite::KIND, now - AFTER_FAILURE).await? {
            return waits("Its deletion was rolled back. The next attempt is an hour after it.");
        }
        remove::start(services, &mut tx, &pod, id, &found).await?;
        tx.commit_progress().await?;
        Ok(Outcome::ok(found.domain))
    }
}
