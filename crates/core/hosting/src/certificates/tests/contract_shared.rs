//! The saga of a site that has two certificates, the shared one and one for a domain of its own, against the contract that every saga stands.

use super::{platform::Proving, world::DOMAIN};
use crate::{
    certificates::{self, jobs::RenewSsl},
    testing::Bench,
};
use chrono::TimeDelta;
use engine::{
    saga::{Registry, Saga, StepInfo, contract::SagaFixture},
    testing::TestServices,
};
use model::{
    administration::provisioning::JobStatus,
    hosting::certificates::PlatformCertificateKind as Kind,
    ids::{CloudPodId, JobId},
};

pub(super) struct RenewingBoth {
    proving: Proving,
    pod: CloudPodId,
    names: [String; 2],
    before: [String; 2],
}

impl RenewingBoth {
    async fn shown(&self) -> [String; 2] {
        [self.proving.shown(&self.names[0]).await, self.proving.shown(&self.names[1]).await]
    }

    async fn wrong(&self, is_new: bool) -> Vec<String> {
        let (shown, world) = (self.shown().await, &self.proving.world);
        let row = world.row(self.pod).await;
        let mut wrong = Vec::new();
        for (shown, before) in shown.iter().zip(&self.before) {
            if (shown != before) != is_new {
                wrong.push(format!("visitors get {shown}, and {before} before"));
            }
        }
        if row.state.fingerprint.as_deref() != Some(&*shown[0]) || !row.is_redirecting {
            wrong.push(format!("another one is stored than the server shows: {row:?}"));
        }
        if world.bench.services.servers.challenges(world.bench.server) > 0 {
            wrong.push("an answer to the CA is left".to_owned());
        }
        wrong
    }
}

impl SagaFixture for RenewingBoth {
    async fn fresh() -> Self {
        let proving = Proving::with_wildcard().await;
        let (pod, name) = proving.site().await;
        proving.add_name(pod, DOMAIN).await;
        proving.world.pass(TimeDelta::minutes(6));
        assert_eq!(proving.world.settle(pod).await, Some(JobStatus::Done));
        let names = [DOMAIN.to_owned(), name];
        let before = [proving.shown(&names[0]).await, proving.shown(&names[1]).await];
        let services = &proving.world.bench.services.services;
        let tx = services.db.platform(&proving.world.bench.admin).await.unwrap();
        certificates::issue_platform(services, tx, Kind::Sites).await.unwrap();
        proving.pass(TimeDelta::zero()).await;
        Self { proving, pod, names, before }
    }

    fn services(&self) -> &TestServices {
        &self.proving.world.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        RenewSsl::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        let (services, world) = (&self.proving.world.bench.services.services, &self.proving.world);
        let id = world.row(self.pod).await.id;
        certificates::issue(services, services.db.platform(&world.bench.admin).await.unwrap(), id).await.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        self.wrong(true).await
    }

    async fn empty(&self) -> Vec<String> {
        self.wrong(false).await
    }
}

mod renew_both {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::RenewingBoth);
}
