//! The worlds in which the sagas of suspensions are run against the contract.

use super::worlds::{Wrong, started, times};
use crate::{
    cloudpods::{
        RequestedPod,
        jobs::{SuspendCloudpod, UnsuspendCloudpod},
    },
    suspensions,
    testing::Bench,
};
use engine::{
    saga::{Registry, Saga, StepInfo, contract::SagaFixture},
    testing::TestServices,
};
use model::{
    hosting::{
        cloudpods::{PodStatus, Stack},
        suspensions::SuspensionReason,
    },
    ids::JobId,
};

/// Staff give the pod a reason to be suspended.
pub(super) async fn add_reason(bench: &Bench, pod: &RequestedPod) {
    let services = &bench.services.services;
    let tx = services.db.platform(&bench.admin).await.unwrap();
    suspensions::suspend(services, tx, pod.id, SuspensionReason::Staff, "").await.unwrap();
}

/// They lift it.
pub(super) async fn lift_reason(bench: &Bench, pod: &RequestedPod) {
    let services = &bench.services.services;
    let tx = services.db.platform(&bench.admin).await.unwrap();
    suspensions::unsuspend(services, tx, pod.id, SuspensionReason::Staff).await.unwrap();
}

/// The world of `SUSPEND_CLOUDPOD`.
pub(super) struct Suspending {
    pub(super) bench: Bench,
    pub(super) pod: RequestedPod,
}

impl SagaFixture for Suspending {
    async fn fresh() -> Self {
        let bench = Bench::new().await;
        let pod = bench.running(Stack::Php, "shop.example.test").await;
        Self { bench, pod }
    }

    fn services(&self) -> &TestServices {
        &self.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        SuspendCloudpod::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        add_reason(&self.bench, &self.pod).await;
        started(&self.bench, &self.pod).await
    }

    async fn complete(&self) -> Vec<String> {
        let told = self.bench.told(self.pod.id).await;
        let is_told = times(&told, "CLOUDPOD_SUSPENDED") == times(&told, "CLOUDPOD_UNSUSPENDED") + 1;
        Wrong::default()
            .unless(self.bench.status(self.pod.id).await == PodStatus::Suspended, "it is not suspended")
            .unless(self.bench.visit(&self.pod.domain).await.0 == 503, "its page is not closed")
            .unless(self.bench.on_server() == [self.pod.name.as_str()], "it is not kept on its server")
            .unless(is_told, format!("its way out is not told once: {told:?}"))
            .list()
    }

    async fn empty(&self) -> Vec<String> {
        Wrong::default().unless(false, "a suspension was taken back").list()
    }
}

/// The world of `UNSUSPEND_CLOUDPOD`.
pub(super) struct Unsuspending {
    pub(super) bench: Bench,
    pub(super) pod: RequestedPod,
}

impl SagaFixture for Unsuspending {
    async fn fresh() -> Self {
        let bench = Bench::new().await;
        let pod = bench.running(Stack::Php, "shop.example.test").await;
        add_reason(&bench, &pod).await;
        bench.finish(started(&bench, &pod).await).await;
        Self { bench, pod }
    }

    fn services(&self) -> &TestServices {
        &self.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        UnsuspendCloudpod::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        lift_reason(&self.bench, &self.pod).await;
        started(&self.bench, &self.pod).await
    }

    async fn complete(&self) -> Vec<String> {
        let told = self.bench.told(self.pod.id).await;
        let is_told = times(&told, "CLOUDPOD_UNSUSPENDED") == times(&told, "CLOUDPOD_SUSPENDED");
        Wrong::default()
            .unless(self.bench.status(self.pod.id).await == PodStatus::Running, "it does not run")
            .unless(self.bench.visit(&self.pod.domain).await.0 == 200, "its page does not answer")
            .unless(is_told, format!("its ways out and back are told otherwise: {told:?}"))
            .list()
    }

    async fn empty(&self) -> Vec<String> {
        Wrong::default()
            .unless(self.bench.status(self.pod.id).await == PodStatus::Suspended, "it is not suspended")
            .unless(self.bench.visit(&self.pod.domain).await.0 == 503, "its page is not closed")
            .list()
    }
}
