//! The sagas against the contract that every saga stands.

use super::{
    by_dns::Zoned,
    world::{DOMAIN, World as Certified},
};
use crate::{
    certificates::{
        self,
        jobs::{InstallSsl, IssueSsl, RenewSsl, SetHsts},
    },
    testing::Bench,
};
use adapters::visitor::Visitor;
use engine::{
    saga::{Registry, Saga, StepInfo, contract::SagaFixture},
    testing::TestServices,
};
use model::{
    hosting::certificates::Hsts,
    ids::{CloudPodId, JobId},
};

/// What is not as it should be: what visitors get, and what is left on the server.
async fn wrong(world: &Certified, expected: Option<&str>) -> Vec<String> {
    let shown = world.visitor.https(DOMAIN).await.ok().map(|shown| shown.fingerprint);
    let redirects = world.visitor.http(DOMAIN, "/").await.is_ok_and(|answer| answer.status == 301);
    let mut wrong = Vec::new();
    if shown.as_deref() != expected {
        wrong.push(format!("visitors get {shown:?}"));
    }
    if redirects != expected.is_some() {
        wrong.push(format!("visitors are sent to HTTPS: {redirects}"));
    }
    if world.bench.services.servers.challenges(world.bench.server) > 0 {
        wrong.push("an answer to the CA is left".to_owned());
    }
    wrong
}

async fn stored(world: &Certified, pod: CloudPodId) -> Option<String> {
    world.row(pod).await.state.fingerprint
}

pub(super) struct Issuing {
    world: Certified,
    pod: CloudPodId,
}

impl SagaFixture for Issuing {
    async fn fresh() -> Self {
        let (world, pod) = Certified::with_site().await;
        Self { world, pod }
    }

    fn services(&self) -> &TestServices {
        &self.world.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        IssueSsl::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.world.due(self.pod).await.expect("its reconciler starts it")
    }

    async fn complete(&self) -> Vec<String> {
        let fingerprint = stored(&self.world, self.pod).await;
        let mut wrong = wrong(&self.world, fingerprint.as_deref()).await;
        let told = self.world.told().await;
        if fingerprint.is_none() || told.iter().filter(|action| *action == "SSL_ISSUED").count() != 1 {
            wrong.push(format!("it is told otherwise: {told:?}"));
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        let mut wrong = wrong(&self.world, None).await;
        let told = self.world.told().await;
        if told.iter().filter(|action| *action == "SSL_FAILED").count() != 1 {
            wrong.push(format!("its failure is told otherwise: {told:?}"));
        }
        wrong
    }
}

pub(super) struct Renewing {
    world: Certified,
    pod: CloudPodId,
    before: String,
}

impl SagaFixture for Renewing {
    async fn fresh() -> Self {
        let (world, pod) = Certified::with_certificate().await;
        let before = stored(&world, pod).await.unwrap();
        Self { world, pod, before }
    }

    fn services(&self) -> &TestServices {
        &self.world.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        RenewSsl::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        let services = &self.world.bench.services.services;
        let id = self.world.row(self.pod).await.id;
        certificates::issue(services, services.db.platform(&self.world.bench.admin).await.unwrap(), id).await.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        let now = stored(&self.world, self.pod).await;
        let mut wrong = wrong(&self.world, now.as_deref()).await;
        if now.as_deref() == Some(&*self.before) {
            wrong.push("it is still the one of before".to_owned());
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        let mut wrong = wrong(&self.world, Some(&self.before)).await;
        if stored(&self.world, self.pod).await.as_deref() != Some(&*self.before) {
            wrong.push("another one is taken for the one in use".to_owned());
        }
        wrong
    }
}

pub(super) struct Installing {
    world: Certified,
    pod: CloudPodId,
    before: String,
}

impl SagaFixture for Installing {
    async fn fresh() -> Self {
        let (world, pod) = Certified::with_certificate().await;
        let before = stored(&world, pod).await.unwrap();
        Self { world, pod, before }
    }

    fn services(&self) -> &TestServices {
        &self.world.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        InstallSsl::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.world.install(self.pod, &self.world.bought(&[DOMAIN])).await.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        let now = stored(&self.world, self.pod).await;
        let mut wrong = wrong(&self.world, now.as_deref()).await;
        if now.as_deref() == Some(&*self.before) || !self.world.row(self.pod).await.is_own {
            wrong.push("it is still the one of before".to_owned());
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        let mut wrong = wrong(&self.world, Some(&self.before)).await;
        if self.world.row(self.pod).await.is_own {
            wrong.push("what was brought is taken for the one in use".to_owned());
        }
        wrong
    }
}

pub(super) struct Insisting {
    world: Certified,
    pod: CloudPodId,
}

impl SagaFixture for Insisting {
    async fn fresh() -> Self {
        let (world, pod) = Certified::with_certificate().await;
        Self { world, pod }
    }

    fn services(&self) -> &TestServices {
        &self.world.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        SetHsts::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.world.insist(self.pod, Hsts::Day).await.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        told(&self.world, &[Some("max-age=86400")]).await
    }

    async fn empty(&self) -> Vec<String> {
        told(&self.world, &[None, Some("max-age=0")]).await
    }
}

/// What is not as it should be of what browsers are told.
async fn told(world: &Certified, expected: &[Option<&str>]) -> Vec<String> {
    let header = world.visitor.https(DOMAIN).await.ok().and_then(|shown| shown.hsts);
    if expected.contains(&header.as_deref()) { Vec::new() } else { vec![format!("browsers are told {header:?}")] }
}

/// The same where the name is proved by DNS, and leads elsewhere.
pub(super) struct IssuingByDns(Zoned);

impl IssuingByDns {
    /// What is not as it should be: what the server shows, and what is left in the zone.
    async fn wrong(&self, expected: bool) -> Vec<String> {
        let world = &self.0.world;
        let shown = world.visitor.https_at(DOMAIN, "").await.ok().map(|shown| shown.fingerprint);
        // Servers follow a moment later.
        engine::reconcile::run_due(&world.bench.services.services).await.unwrap();
        let mut wrong: Vec<String> = self.0.left().await.into_iter().map(|name| format!("{name} is left")).collect();
        if shown.is_some() != expected || shown != stored(world, self.0.pod).await {
            wrong.push(format!("the server shows {shown:?}"));
        }
        wrong
    }
}

impl SagaFixture for IssuingByDns {
    async fn fresh() -> Self {
        Self(Zoned::new().await)
    }

    fn services(&self) -> &TestServices {
        &self.0.world.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        IssueSsl::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.0.world.due(self.0.pod).await.expect("its reconciler starts it")
    }

    async fn complete(&self) -> Vec<String> {
        self.wrong(true).await
    }

    async fn empty(&self) -> Vec<String> {
        self.wrong(false).await
    }
}

mod issue_ssl_by_dns {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::IssuingByDns);
}

mod issue_ssl {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Issuing);
}

mod renew_ssl {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Renewing);
}

mod install_ssl {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Installing);
}

mod set_hsts {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Insisting);
}
