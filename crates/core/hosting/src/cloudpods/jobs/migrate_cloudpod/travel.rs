//! While the visitors wait: everything stops, and what has changed is copied.

use super::{MigrateCloudpod, Way, prepare::ReservePlace};
use crate::cloudpods::{
    jobs::{apply, see_open},
    remote,
};
use engine::saga::{Step, StepContext, StepError};
use model::{Time, administration::provisioning::EventLevel};
use std::time::Duration;
use wire::{
    spec::PodState,
    verb::{MovePart, PodAdopt, PodPause},
};

/// A step that did not work is not tried again when visitors have waited for this long.
const WAIT_MOST: chrono::TimeDelta = chrono::TimeDelta::seconds(30);
/// Longest that one request may take while visitors wait.
pub(super) const REQUEST_MOST: Duration = Duration::from_secs(60);

/// Notes since when visitors wait, before they do: it stays so when the next step is tried again. Nothing for a pod that is suspended anyway.
pub(super) struct NoteWait;

impl Step for NoteWait {
    type Saga = MigrateCloudpod;
    type Output = Option<Time>;
    const NAME: &'static str = "note_wait";
    const TITLE: &'static str = "Note when visitors begin to wait";

    async fn run(cx: &StepContext, saga: &MigrateCloudpod) -> Result<Option<Time>, StepError> {
        let way = Way::of(cx, saga).await?;
        Ok((way.state() == PodState::Running).then(|| cx.services().now()))
    }

    async fn undo(_: &StepContext, _: &MigrateCloudpod, _: Option<&Option<Time>>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Lets visitors wait, and stops the pod. Its outcome is since when they wait; nothing for a pod that is suspended anyway.
pub(super) struct PausePod;

impl Step for PausePod {
    type Saga = MigrateCloudpod;
    type Output = Option<Time>;
    const NAME: &'static str = "pause_pod";
    const TITLE: &'static str = "Hold visitors and stop all processes";

    async fn run(cx: &StepContext, saga: &MigrateCloudpod) -> Result<Option<Time>, StepError> {
        let Some(since) = cx.output::<NoteWait>()? else { return Ok(None) };
        let way = Way::of(cx, saga).await?;
        in_time(cx, since, remote::ask_within(cx, &way.source, "pause", PodPause { pod: way.name()? }, REQUEST_MOST).await)?;
        Ok(Some(since))
    }

    /// The pod goes on where it was, and those who waited are let in.
    async fn undo(cx: &StepContext, saga: &MigrateCloudpod, _: Option<&Option<Time>>) -> Result<(), StepError> {
        let way = Way::of(cx, saga).await?;
        if way.state() == PodState::Suspended {
            return Ok(());
        }
        let parts = cx.try_output::<ReservePlace>().unwrap_or_else(|| way.pod.parts());
        apply(cx, &way.pod, &way.source, parts, PodState::Running, "resume").await?;
        see_open(cx, &way.pod, &way.source).await?;
        cx.log(EventLevel::Info, format!("{} is online on {} again.", way.pod.primary_domain, way.source.name));
        Ok(())
    }
}

/// Copies what has changed since the pod was copied whole, and puts that in its place.
pub(super) struct CopyRest;

impl Step for CopyRest {
    type Saga = MigrateCloudpod;
    type Output = u64;
    const NAME: &'static str = "copy_rest";
    const TITLE: &'static str = "Copy what has changed";

    async fn run(cx: &StepContext, saga: &MigrateCloudpod) -> Result<u64, StepError> {
        // Nothing of a suspended pod changes.
        let Some(since) = cx.output::<PausePod>()? else { return Ok(0) };
        let way = Way::of(cx, saga).await?;
        let bytes = in_time(cx, since, way.copy(cx, MovePart::Rest, Duration::from_secs(600)).await)?;
        let spec = way.spec_there(cx, PodState::Suspended)?;
        in_time(cx, since, remote::ask_within(cx, &way.target, "adopt", PodAdopt { spec, part: MovePart::Rest }, REQUEST_MOST).await)?;
        Ok(bytes)
    }

    /// The copy is removed with all that came to the new server.
    async fn undo(_: &StepContext, _: &MigrateCloudpod, _: Option<&u64>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Visitors are not kept waiting for a server that does not come back.
pub(super) fn in_time<T>(cx: &StepContext, since: Time, result: Result<T, StepError>) -> Result<T, StepError> {
    match result {
        Err(StepError::Retry { message, .. }) if cx.services().now() - since > WAIT_MOST => Err(StepError::Fail { message }),
        Err(StepError::Retry { message, .. }) => Err(StepError::Retry { message, after: Some(Duration::from_millis(500)) }),
        other => other,
    }
}
