//! Takes a server's address out of DNS before the data behind it is deleted, so that no visitor reaches another customer's site.

use crate::{
    cloudpods::queries::{PodFacts, ServerFacts},
    dns,
};
use chrono::TimeDelta;
use engine::saga::{StepContext, StepError};
use model::administration::provisioning::EventLevel;

/// How long a job waits for name servers that do not answer as they should, from when its step was begun first.
const NAME_SERVER_TIMEOUT: TimeDelta = TimeDelta::minutes(3);
/// Pause before they are asked again.
const POLL_INTERVAL: TimeDelta = TimeDelta::seconds(20);

/// Removes the address of a server from these names in their account's zones, and brings the zones to every name server. Returns once each of them,
/// asked over the network, answers so; or, with a line in the log, once one that does not was waited for: its reconciler brings it up to date when it
/// is back. For steps without a return; begun again it finds what is left to do.
pub(super) async fn leave_zones(cx: &StepContext, pod: &PodFacts, server: &ServerFacts, names: &[String]) -> Result<(), StepError> {
    let services = cx.services();
    let mut tx = cx.begin().await?;
    let told = dns::leave(services, tx.conn(), pod.tenant_id, names, &server.site_address).await?;
    told.into_iter().for_each(|event| tx.record(event));
    tx.commit_progress().await?;
    let behind = dns::publish_zones(services, pod.tenant_id, names).await.map_err(|error| StepError::retry(error.0))?;
    let now = services.now();
    let waits = now < cx.since() + NAME_SERVER_TIMEOUT;
    for name in &behind {
        if waits {
            cx.log(EventLevel::Info, format!("Waiting for name server {name}: it does not serve the current zone yet."));
        } else {
            let minutes = NAME_SERVER_TIMEOUT.num_minutes();
            let line = format!("Name server {name} still does not serve the current zone after {minutes} minutes. Continuing without it.");
            cx.log(EventLevel::Warn, line);
        }
    }
    if waits && !behind.is_empty() { Err(StepError::Wait { until: now + POLL_INTERVAL }) } else { Ok(()) }
}
