//! A job is born in the transaction of the change that wants it.

use super::{
    queries,
    step::{Saga, StepInfo},
};
use model::{
    Time,
    actor::Actor,
    ids::{CloudPodId, JobId, TenantId},
};
use sqlx::PgConnection;

/// The queue of all sagas.
pub const QUEUE: &str = "provisioning";

/// Who wants a job, and what it is about.
pub struct About {
    /// Who wants it.
    pub actor: Actor,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// The pod it is about; needs the tenant.
    pub cloud_pod: Option<CloudPodId>,
}

/// The job that does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The job.
    pub job: JobId,
    /// Whether it is a new one; a job with the same key is found again.
    pub new: bool,
}

/// Adds the job, its steps and the wake-up to the caller's transaction: all of them happen, or none.
pub async fn enqueue<S: Saga>(conn: &mut PgConnection, now: Time, saga: &S, about: About) -> Result<Enqueued, sqlx::Error> {
    let encode = |error: serde_json::Error| sqlx::Error::Encode(error.into());
    let payload = serde_json::to_value(saga).map_err(encode)?;
    let actor = serde_json::to_value(&about.actor).map_err(encode)?;
    let (key, id) = (saga.key(), JobId(uuid::Uuid::now_v7()));
    let deadline = now + saga.deadline();
    let inserted = queries::insert_job(&mut *conn, id, about.tenant, S::KIND, &key, &payload, &actor, about.cloud_pod, now, deadline).await?;
    let Some(job) = inserted else {
        return Ok(Enqueued { job: queries::job_by_key(conn, &key).await?, new: false });
    };
    let infos: Vec<StepInfo> = S::steps().into_list().iter().map(|step| step.info()).collect();
    let names: Vec<&str> = infos.iter().map(|info| info.name).collect();
    let titles: Vec<&str> = infos.iter().map(|info| info.title).collect();
    queries::insert_steps(&mut *conn, job, &names, &titles).await?;
    db::enqueue_wakeup(conn, QUEUE, job).await?;
    Ok(Enqueued { job, new: true })
}
