//! The grace period.

use super::{DeleteCloudpod, take_off::TakeOffAir};
use engine::saga::{Step, StepCx, StepError};

/// Waits until the data need not be kept any more. No worker is held meanwhile, and a cancel brings the pod back.
pub(super) struct KeepData;

impl Step for KeepData {
    type Saga = DeleteCloudpod;
    type Output = ();
    const NAME: &'static str = "keep_data";
    const TITLE: &'static str = "Keep data for the grace period";

    async fn run(cx: &StepCx, _: &DeleteCloudpod) -> Result<(), StepError> {
        match cx.output::<TakeOffAir>()? {
            Some(until) if cx.services().now() < until => Err(StepError::Wait { until }),
            _ => Ok(()),
        }
    }

    async fn undo(_: &StepCx, _: &DeleteCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}
