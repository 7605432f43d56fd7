//! What a suspension binds, and what is asked before a pod's data is deleted: what the pod's server runs of it, and what modules above this
//! area have of it elsewhere (mail, keys, backups), who join the list.
//!
//! - A job binds the participants that there were when it was asked for. One that this release does not have any more needs attention: what
//!   it closed would stay closed, or open, without a word.
//! - A suspended pod is looked at again and again: what serves although it should not, also by a participant that joined later, is closed by
//!   the next job.

mod server;

pub(super) use server::OnServer;

use super::queries;
use async_trait::async_trait;
use engine::{
    Error, Result, Services,
    saga::{StepContext, StepError},
};
use model::ids::{CloudPodId, TenantId};
use std::sync::Arc;

/// A pod as participants need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundPod {
    /// The pod.
    pub id: CloudPodId,
    /// The account that it belongs to.
    pub tenant: TenantId,
    /// Its name, also on its server.
    pub name: String,
    /// Its main domain.
    pub domain: String,
}

/// Something that stands and falls with a pod. Every method may be called again, also after it has done its work.
#[async_trait]
pub trait Participant: Send + Sync + 'static {
    /// Names it in jobs that wait, so it never changes.
    fn name(&self) -> &'static str;

    /// What a suspension would close of this pod, or its end would open again, a line each, for people.
    async fn plan(&self, services: &Services, pod: &BoundPod, is_suspended: bool) -> Result<Vec<String>>;

    /// Closes it; everything is kept.
    async fn suspend(&self, cx: &StepContext, pod: &BoundPod) -> Result<(), StepError>;

    /// Opens it again. What was closed before on its own stays closed.
    async fn unsuspend(&self, cx: &StepContext, pod: &BoundPod) -> Result<(), StepError>;

    /// Looks from outside whether it is closed, or open. Answers with what is not so, for people.
    async fn probe(&self, services: &Services, pod: &BoundPod, is_suspended: bool) -> Result<Option<String>, StepError>;

    /// The pod's data is deleted next. An error keeps them: the job waits, is tried again, or needs attention.
    async fn before_purge(&self, cx: &StepContext, pod: &BoundPod) -> Result<(), StepError>;
}

/// The participants of modules above this area; a part of [`Services`].
#[derive(Clone, Default)]
pub struct Participants(Vec<Arc<dyn Participant>>);

impl Participants {
    /// And this one.
    #[must_use]
    pub fn with(mut self, participant: impl Participant) -> Self {
        self.0.push(Arc::new(participant));
        self
    }
}

/// Names of the participants that a job binds which is asked for now.
pub(super) fn names(services: &Services) -> Vec<String> {
    others(services).iter().map(|one| one.name().to_owned()).collect()
}

/// Those of modules above.
pub(super) fn others(services: &Services) -> &[Arc<dyn Participant>] {
    services.find::<Participants>().map_or(&[], |all| &all.0)
}

/// Those of a job, by their names; what its server runs comes first.
pub(super) fn of_job(services: &Services, names: &[String]) -> Result<Vec<Arc<dyn Participant>>, StepError> {
    let mut all: Vec<Arc<dyn Participant>> = vec![Arc::new(OnServer)];
    all.extend(others_of_job(services, names)?);
    Ok(all)
}

/// Those of a job whose own steps see to what the server runs.
pub(super) fn others_of_job(services: &Services, names: &[String]) -> Result<Vec<Arc<dyn Participant>>, StepError> {
    let missing = |name: &str| StepError::fail(format!("This release does not know \"{name}\", which this job binds."));
    let find = |name: &String| others(services).iter().find(|one| one.name() == name).cloned().ok_or_else(|| missing(name));
    names.iter().map(find).collect()
}

/// Looks at each of them. The first that is not as it should be fails the step.
pub(super) async fn verify(cx: &StepContext, all: &[Arc<dyn Participant>], pod: &BoundPod, is_suspended: bool) -> Result<(), StepError> {
    for one in all {
        if let Some(wrong) = one.probe(cx.services(), pod, is_suspended).await? {
            let wanted = if is_suspended { "suspended" } else { "online again" };
            return Err(StepError::retry(format!("{} is not {wanted}: {wrong}.", pod.name)));
        }
    }
    Ok(())
}

/// What suspending a pod would close, or the end of its suspension would open again, a line each.
///
/// # Errors
/// Not found; a conflict when the pod cannot be suspended now; unavailable when its server is not reached.
pub(super) async fn plan(services: &Services, pod: CloudPodId, is_suspended: bool) -> Result<Vec<String>> {
    let mut tx = services.db.system_read("preview").await?;
    let facts = queries::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    tx.finish().await?;
    let bound = facts.bound();
    let mut lines = OnServer.plan(services, &bound, is_suspended).await?;
    lines.extend(plan_of_others(services, &bound, is_suspended).await?);
    Ok(lines)
}

/// The lines of the modules above.
///
/// # Errors
/// Those of the modules.
pub(super) async fn plan_of_others(services: &Services, pod: &BoundPod, is_suspended: bool) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for one in others(services) {
        lines.extend(one.plan(services, pod, is_suspended).await?);
    }
    Ok(lines)
}
