//! `DELETE_CLOUDPOD`: offline first, nothing left after the grace period.

mod keep;
mod leave;
mod take_off;

use engine::saga::{Saga, Steps};
use model::{hosting::cloudpods::PodStatus, ids::CloudPodId};
use serde::{Deserialize, Serialize};

/// Takes a pod away.
#[derive(Serialize, Deserialize)]
pub(crate) struct DeleteCloudpod {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// How many times it was asked for, this one included; a cancelled deletion can be asked for again.
    pub(crate) round: i64,
    /// The pod's state before; a cancel brings it back.
    pub(crate) was: PodStatus,
    /// How long its data is kept once it is off.
    pub(crate) grace_seconds: i64,
    /// What is closed with it and asked before its data is deleted, beside what its server runs.
    #[serde(default)]
    pub(crate) participants: Vec<String>,
}

impl Saga for DeleteCloudpod {
    const KIND: &'static str = "DELETE_CLOUDPOD";
    const TITLE: &'static str = "Delete CloudPod";

    fn key(&self) -> String {
        format!("delete_cloudpod:{}:{}", self.pod, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<take_off::TakeOffAir>().then::<keep::KeepData>().then::<leave::PurgeServer>().then::<leave::GiveBack>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::hours(1)
    }
}
