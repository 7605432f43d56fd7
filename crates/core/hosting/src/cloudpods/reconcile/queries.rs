//! Statements of reconcilers: which pods there are, what their jobs are doing, what was seen of them.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    administration::provisioning::JobStatus,
    hosting::cloudpods::{ObservedState, PodObservation},
    ids::CloudPodId,
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

/// Pods on a server, running or suspended, after this key.
pub(in crate::cloudpods) async fn placed(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
    sqlx::query_as(
        "select id as key, server_id as server from cloud_pods
          where status in ('RUNNING', 'SUSPENDING', 'SUSPENDED', 'UNSUSPENDING') and server_id is not null and ($1::uuid is null or id > $1)
          order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// Whether a job about this pod goes on.
pub(in crate::cloudpods) async fn has_unfinished_job(conn: &mut PgConnection, pod: CloudPodId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select exists (select from jobs
                    where subject_kind = 'cloud_pod' and subject_id = $1 and status in ('queued', 'running', 'unwinding'))",
    )
    .bind(pod)
    .fetch_one(conn)
    .await
}

/// The job of this kind that goes on for a pod.
pub(in crate::cloudpods) async fn unfinished_job(conn: &mut PgConnection, pod: CloudPodId, kind: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "select id from jobs
          where subject_kind = 'cloud_pod' and subject_id = $1 and kind = $2 and status in ('queued', 'running') order by id desc limit 1",
    )
    .bind(pod)
    .bind(kind)
    .fetch_optional(conn)
    .await
}

/// A job that suspended a pod or brought it back.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods) struct LastJob {
    pub(in crate::cloudpods) kind: String,
    pub(in crate::cloudpods) status: JobStatus,
    pub(in crate::cloudpods) finished_at: Option<Time>,
}

/// The newest job of a pod of these kinds.
pub(in crate::cloudpods) async fn last_job(conn: &mut PgConnection, pod: CloudPodId, kinds: &[&str]) -> Result<Option<LastJob>, sqlx::Error> {
    sqlx::query_as(
        "select kind, status, finished_at from jobs
          where subject_kind = 'cloud_pod' and subject_id = $1 and kind = any($2)
          order by id desc limit 1",
    )
    .bind(pod)
    .bind(kinds)
    .fetch_optional(conn)
    .await
}

/// How many jobs of these kinds were started for a pod since then.
pub(in crate::cloudpods) async fn count_jobs_since(
    conn: &mut PgConnection,
    pod: CloudPodId,
    kinds: &[&str],
    since: Time,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select count(*) from jobs where subject_kind = 'cloud_pod' and subject_id = $1 and kind = any($2) and created_at > $3")
        .bind(pod)
        .bind(kinds)
        .bind(since)
        .fetch_one(conn)
        .await
}

/// Whether a job of this kind was started for a pod since then.
pub(in crate::cloudpods) async fn has_job_since(conn: &mut PgConnection, pod: CloudPodId, kind: &str, since: Time) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from jobs where subject_kind = 'cloud_pod' and subject_id = $1 and kind = $2 and created_at >= $3)")
        .bind(pod)
        .bind(kind)
        .bind(since)
        .fetch_one(conn)
        .await
}

/// What was seen of a pod. Answers whether its state was another one before.
pub(in crate::cloudpods) async fn store_observation(
    conn: &mut PgConnection,
    pod: CloudPodId,
    state: ObservedState,
    observed: &PodObservation,
    at: Time,
) -> Result<bool, sqlx::Error> {
    let before: Option<Option<ObservedState>> = sqlx::query_scalar(
        "with before as (select id, observed_state from cloud_pods where id = $1 and status in ('RUNNING', 'SUSPENDED') for no key update)
         update cloud_pods pod set observed_state = $2, observed = $3, observed_at = $4 from before where pod.id = before.id
         returning before.observed_state",
    )
    .bind(pod)
    .bind(state)
    .bind(Json(observed))
    .bind(at)
    .fetch_optional(conn)
    .await?;
    Ok(before.is_some_and(|before| before != Some(state)))
}

/// What the server saw of a pod's sites.
#[derive(Default)]
pub(in crate::cloudpods) struct SitesSeen {
    /// Their names.
    pub(in crate::cloudpods) names: Vec<String>,
    /// What it got from each; 0 where one did not answer.
    pub(in crate::cloudpods) statuses: Vec<i16>,
    /// Since when each is asleep. One that is was not asked: what it answered last stays, with its time.
    pub(in crate::cloudpods) asleep_since: Vec<Option<Time>>,
}

pub(in crate::cloudpods) async fn store_sites_seen(conn: &mut PgConnection, pod: CloudPodId, seen: &SitesSeen, at: Time) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update websites w
            set observed_http = case when seen.asleep_since is null then nullif(seen.status, 0) else w.observed_http end,
                observed_at = case when seen.asleep_since is null then $5 else w.observed_at end, asleep_since = seen.asleep_since
           from unnest($2::text[], $3::smallint[], $4::timestamptz[]) as seen (name, status, asleep_since)
          where w.cloud_pod_id = $1 and w.name = seen.name and w.status = 'ACTIVE'",
    )
    .bind(pod)
    .bind(&seen.names)
    .bind(&seen.statuses)
    .bind(&seen.asleep_since)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many jobs of a kind a pod has had.
pub(in crate::cloudpods) async fn count_jobs(conn: &mut PgConnection, pod: CloudPodId, kind: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "select count(*) from jobs
          where subject_kind = 'cloud_pod' and subject_id = $1 and kind = $2",
    )
    .bind(pod)
    .bind(kind)
    .fetch_one(conn)
    .await
}
