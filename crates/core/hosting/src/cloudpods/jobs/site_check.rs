//! How a site responds before its job changes it, and whether it responds as it should afterwards.

use super::{create_site::site, wait};
use crate::cloudpods::{
    outside::{self, Seen},
    remote, spec,
};
use engine::saga::{StepContext, StepError};
use model::{
    administration::provisioning::EventLevel,
    ids::{CloudPodId, WebsiteId},
};
use std::time::Duration;
use wire::{spec::PodState, verb::PodPlan};

/// How long a site may take until it is as it was asked to be. Its visitors wait at its socket while its program starts, so a wrong answer is one.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);

/// What visitors get now; nothing where they get no answer.
pub(super) async fn status_before(cx: &StepContext, pod: CloudPodId, id: WebsiteId) -> Result<Option<u16>, StepError> {
    let (pod, server) = remote::facts_on_server(cx, pod).await?;
    Ok(match outside::look_at(cx.services(), &pod, &server, site(&pod, id)?.main()).await {
        Seen::Page { status, .. } => Some(status),
        Seen::Nothing(_) => None,
    })
}

/// Asks the server whether anything is left to change, and looks from outside. `before` is what visitors got then: a site that was out of order need
/// not be better after; one of which nothing is known counts as well. It may be silent for as long as `start_timeout`.
pub(super) async fn verify(cx: &StepContext, pod: CloudPodId, id: WebsiteId, before: Option<u16>, start_timeout: Duration) -> Result<(), StepError> {
    let (pod, server) = remote::facts_on_server(cx, pod).await?;
    // A pod that was suspended meanwhile keeps what was asked for, and comes back with it.
    if !pod.is_changeable() {
        return Ok(());
    }
    let site = site(&pod, id)?;
    let (name, is_stopped) = (site.main(), site.config.stopped);
    let spec = spec::pod_spec(cx.services(), &pod, pod.parts(), PodState::Running)?;
    let plan = remote::ask(cx, &server, "plan", PodPlan { spec }).await?;
    if let Some(left) = plan.differences().next() {
        return Err(StepError::retry(format!("{} still differs on {}: {}.", pod.name, server.name, left.what)));
    }
    let was_well = before.is_none_or(|status| status < 400);
    let is_well = |seen: &Seen| seen.is_up() && (!was_well || seen.is_well());
    let right = |seen: &Seen| if is_stopped { seen.is_suspension_page() } else { is_well(seen) };
    if !start_timeout.is_zero() {
        let _ = wait(cx, (&pod, &server), Some(name), start_timeout, |seen| matches!(seen, Seen::Page { .. })).await;
    }
    match wait(cx, (&pod, &server), Some(name), HEALTH_TIMEOUT, right).await {
        Ok(seen) => {
            cx.log(EventLevel::Info, format!("{name} responded with {}.", seen.describe()));
            Ok(())
        }
        Err(seen) if is_stopped => Err(StepError::fail(format!("{name} is still online: {}.", seen.describe()))),
        Err(seen) => Err(StepError::fail(format!("{name} does not respond as it should: {}.", seen.describe()))),
    }
}
