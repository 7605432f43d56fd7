//! The grace period.

use super::{DeleteCloudpod, take_off::TakeOffAir};
use crate::cloudpods::remote;
use engine::saga::{Step, StepContext, StepError};

/// Waits until the data need not be kept any more. No worker is held meanwhile, and a cancel brings the pod back.
pub(super) struct KeepData;

impl Step for KeepData {
    type Saga = DeleteCloudpod;
    type Output = ();
    const NAME: &'static str = "keep_data";
    const TITLE: &'static str = "Keep data for the grace period";

    async fn run(cx: &StepContext, saga: &DeleteCloudpod) -> Result<(), StepError> {
        let Some(until) = cx.output::<TakeOffAir>()? else { return Ok(()) };
        // It is kept for longer while a payment that would bring it back is on its way.
        let (pod, _) = remote::facts(cx, saga.pod).await?;
        let until = pod.held_until.unwrap_or(until).max(until);
        if cx.services().now() < until { Err(StepError::Wait { until }) } else { Ok(()) }
    }

    async fn undo(_: &StepContext, _: &DeleteCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}
