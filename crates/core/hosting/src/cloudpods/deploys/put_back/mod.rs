//! What is deployed once more, as its deploy was cancelled for something else.

mod queries;

use super::{
    source::poll,
    webhook::{message::UNKNOWN, touch_push},
};
use model::{Time, hosting::deploys::DeployTrigger, ids::JobId};
use sqlx::PgConnection;

/// The deploy of this job was cancelled for something more urgent. What a push or a look has brought is deployed afterwards.
pub(in crate::cloudpods) async fn put_back(conn: &mut PgConnection, job: JobId, now: Time) -> sqlx::Result<()> {
    let Some(deploy) = queries::unasked(&mut *conn, job).await? else { return Ok(()) };
    if deploy.trigger == DeployTrigger::Poll {
        return poll::look_again(conn, deploy.site, now).await;
    }
    queries::put_push_back(&mut *conn, deploy.site, deploy.commit.as_deref().unwrap_or(UNKNOWN), now).await?;
    touch_push(conn, deploy.site, now).await
}
