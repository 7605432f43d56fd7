//! Statements of deploys that were cancelled without anybody having asked for them.

use model::{
    Time,
    hosting::deploys::DeployTrigger,
    ids::{JobId, WebsiteId},
};
use sqlx::{PgConnection, Result};

/// A deploy that nobody has asked for by hand.
#[derive(sqlx::FromRow)]
pub(super) struct Unasked {
    pub(super) site: WebsiteId,
    pub(super) trigger: DeployTrigger,
    pub(super) commit: Option<String>,
}

/// The deploy of this job, if a push or a new commit has started it.
pub(super) async fn unasked(conn: &mut PgConnection, job: JobId) -> Result<Option<Unasked>> {
    sqlx::query_as("select website_id as site, trigger, commit from deploys where job_id = $1 and trigger in ('PUSH', 'POLL')")
        .bind(job)
        .fetch_optional(conn)
        .await
}

/// A push waits again whose deploy was cancelled, unless another one does.
pub(super) async fn put_push_back(conn: &mut PgConnection, site: WebsiteId, commit: &str, now: Time) -> Result<()> {
    sqlx::query(
        "with of_preview as (update site_previews set pushed_at = $3, pushed_commit = $2 where website_id = $1 and pushed_at is null)
         update site_sources set pushed_at = $3, pushed_commit = $2 where website_id = $1 and pushed_at is null",
    )
    .bind(site)
    .bind(commit)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
