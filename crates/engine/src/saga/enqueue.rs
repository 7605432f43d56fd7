//! A job is born in the transaction of the change that wants it.

use super::{
    queries,
    step::{Saga, StepInfo},
};
use model::{
    Time,
    actor::Actor,
    ids::{JobId, TenantId},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// The queue of all sagas.
pub const QUEUE: &str = "provisioning";

/// Who wants a job, and what it is about.
pub struct JobMeta {
    /// Who wants it.
    pub actor: Actor,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// What it is about.
    pub subject: Option<Subject>,
}

/// The object that a job is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What kind of object, as the audit log says it: `cloud_pod`.
    pub kind: &'static str,
    /// Its id.
    pub id: Uuid,
    /// Its name at this moment, for people.
    pub name: String,
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
pub async fn enqueue<S: Saga>(conn: &mut PgConnection, now: Time, saga: &S, meta: JobMeta) -> Result<Enqueued, sqlx::Error> {
    let encode = |error: serde_json::Error| sqlx::Error::Encode(error.into());
    let payload = serde_json::to_value(saga).map_err(encode)?;
    let actor = serde_json::to_value(&meta.actor).map_err(encode)?;
    let key = saga.key();
    let new = queries::NewJob {
        id: JobId(Uuid::now_v7()),
        tenant: meta.tenant,
        kind: S::KIND,
        title: S::TITLE,
        version: S::VERSION,
        key: &key,
        payload: &payload,
        actor: &actor,
        subject: meta.subject.as_ref(),
        now,
        deadline_at: now + saga.deadline(),
    };
    let Some(job) = queries::insert_job(&mut *conn, &new).await? else {
        return Ok(Enqueued { job: queries::job_by_key(conn, &key).await?, new: false });
    };
    let infos: Vec<StepInfo> = S::steps().into_list().iter().map(|step| step.info()).collect();
    let names: Vec<&str> = infos.iter().map(|info| info.name).collect();
    let titles: Vec<&str> = infos.iter().map(|info| info.title).collect();
    queries::insert_steps(&mut *conn, job, &names, &titles).await?;
    db::enqueue_wakeup(conn, QUEUE, job).await?;
    Ok(Enqueued { job, new: true })
}
