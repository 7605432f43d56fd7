//! `UPDATE_DOMAINS`: the names that lead to a pod, without a restart.

use super::{apply, see_open, ship};
use crate::{
    cloudpods::{
        names,
        outside::{self, Seen},
        queries::{self, PodFacts},
        reconcile::touch_pod,
        remote,
        sites::touch_sites,
        spec,
    },
    dns,
};
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{
    administration::provisioning::EventLevel,
    hosting::cloudpods::{DesiredState, PodStatus},
    ids::CloudPodId,
};
use serde::{Deserialize, Serialize};
use wire::{spec::PodState, verb::PodPlan};

/// Gives a pod on its server the names that lead to it.
#[derive(Serialize, Deserialize)]
pub(crate) struct UpdateDomains {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// How many times this was begun for the pod, this one included.
    pub(crate) round: i64,
}

impl Saga for UpdateDomains {
    const KIND: &'static str = "UPDATE_DOMAINS";
    const TITLE: &'static str = "Update domains";

    fn key(&self) -> String {
        format!("update_domains:{}:{}", self.pod, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<ApplyDomains>().then::<VerifyDomains>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

/// Whether names are brought to the server now.
fn can_have_names(pod: &PodFacts) -> bool {
    (pod.desired_state, pod.status) == (DesiredState::Running, PodStatus::Running) && pod.moving_to.is_none()
}

/// All names that lead to it.
fn names_of(pod: &PodFacts) -> Vec<String> {
    pod.sites.iter().flat_map(|site| site.domains.iter().cloned()).collect()
}

/// Applies the names as they are stored now. Its outcome is which; nothing when the pod does not run: it gets them when it comes back.
pub(crate) struct ApplyDomains;

impl Step for ApplyDomains {
    type Saga = UpdateDomains;
    type Output = Option<Vec<String>>;
    const NAME: &'static str = "apply_domains";
    const TITLE: &'static str = "Apply the domains";
    // What is stored is what holds: a job that fails needs attention, and takes no name back.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &UpdateDomains) -> Result<Option<Vec<String>>, StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        if !can_have_names(&pod) {
            cx.log(EventLevel::Info, "The CloudPod is not running here. It gets its domains when it is.");
            return Ok(None);
        }
        let parts = ship::parts(cx, &pod, &server).await?;
        apply(cx, &pod, &server, parts, PodState::Running, "domains").await?;
        Ok(Some(names_of(&pod)))
    }

    async fn undo(_: &StepContext, _: &UpdateDomains, _: Option<&Option<Vec<String>>>) -> Result<(), StepError> {
        Err(StepError::fail("Domains that were stored are not taken back."))
    }
}

/// Asks the pod's server whether anything is left to change, and looks from outside whether each name responds.
pub(crate) struct VerifyDomains;

impl Step for VerifyDomains {
    type Saga = UpdateDomains;
    type Output = ();
    const NAME: &'static str = "verify_domains";
    const TITLE: &'static str = "Verify that each domain responds";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &UpdateDomains) -> Result<(), StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        let names = cx.output::<ApplyDomains>()?.filter(|names| can_have_names(&pod) && *names == names_of(&pod));
        if let Some(names) = &names {
            let spec = spec::pod_spec(cx.services(), &pod, pod.parts(), PodState::Running)?;
            let plan = remote::ask(cx, &server, "plan", PodPlan { spec }).await?;
            if let Some(left) = plan.differences().next() {
                return Err(StepError::retry(format!("{} still differs on {}: {}.", pod.name, server.name, left.what)));
            }
            for name in names {
                // A site without a front page says 404, as a name that nobody has does: the server's own word stands above.
                match outside::look_at(cx.services(), &pod, &server, name).await {
                    Seen::Nothing(reason) => return Err(StepError::retry(format!("{name} does not respond on {}: {reason}.", server.name))),
                    seen => cx.log(EventLevel::Info, format!("{name} responded with {}.", seen.describe())),
                }
            }
            see_open(cx, &pod, &server).await?;
        }
        let mut tx = cx.begin().await?;
        queries::lock(tx.conn(), pod.id).await?;
        let present = queries::facts(tx.conn(), pod.id).await?;
        // Changed meanwhile: they stay pending, and the reconciler starts the next job.
        if names.is_some() && names == present.as_ref().map(names_of) {
            names::set_verified(tx.conn(), pod.id).await?;
            dns::add_site_addresses(cx.services(), tx.conn(), pod.id).await?.into_iter().for_each(|event| tx.record(event));
            touch_sites(cx.services(), tx.conn(), pod.id).await?;
        }
        touch_pod(tx.conn(), pod.id, cx.services().now()).await?;
        Ok(tx.commit_progress().await?)
    }

    async fn undo(_: &StepContext, _: &UpdateDomains, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("Domains that were stored are not taken back."))
    }
}
