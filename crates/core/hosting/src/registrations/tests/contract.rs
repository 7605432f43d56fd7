//! The sagas against the contract that every saga stands.

use super::{World as Ordered, *};
use crate::registrations::jobs::{DeleteDomain, RegisterDomain, RenewDomain, RestoreDomain, TransferDomain};
use engine::{
    saga::{Registry, Saga, StepInfo, contract::SagaFixture},
    testing::TestServices,
};

/// What is not as it should be after a domain came here.
async fn not_here(world: &Ordered) -> Vec<String> {
    let mut wrong = Vec::new();
    let there = world.registry.info(NAME, None).await.unwrap();
    if there.is_none_or(|there| !there.is_ours) {
        wrong.push("the registry does not have it as ours".to_owned());
    }
    let view = world.view().await;
    if view.row.status != RegistrationStatus::Active || view.row.expires_at.is_none() {
        wrong.push(format!("it is {:?}", view.row.status));
    }
    wrong
}

/// What is left of an order that was rolled back.
async fn left(world: &Ordered) -> Vec<String> {
    let mut wrong = Vec::new();
    if world.registry.info(NAME, None).await.unwrap().is_some_and(|there| there.is_ours || there.is_being_transferred()) {
        wrong.push("the registry still has it".to_owned());
    }
    let status = world.view().await.row.status;
    if status != RegistrationStatus::Refused {
        wrong.push(format!("it is {status:?}, and nobody is paid back"));
    }
    wrong
}

pub(super) struct Registering(Ordered);

impl SagaFixture for Registering {
    async fn fresh() -> Self {
        Self(Ordered::ordered(false).await)
    }

    fn services(&self) -> &TestServices {
        &self.0.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        RegisterDomain::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.0.pay_for(365).await.expect("it is started once it is paid")
    }

    async fn complete(&self) -> Vec<String> {
        let mut wrong = not_here(&self.0).await;
        // One that was deleted on the way back is registered again.
        if self.0.changes(&format!("create {NAME}")) != self.0.changes(&format!("delete {NAME}")) + 1 {
            wrong.push("it was not registered once".to_owned());
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        left(&self.0).await
    }
}

pub(super) struct Transferring(Ordered);

impl SagaFixture for Transferring {
    async fn fresh() -> Self {
        Self(Ordered::ordered(true).await)
    }

    fn services(&self) -> &TestServices {
        &self.0.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        TransferDomain::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.0.pay_for(365).await.expect("it is started once it is paid")
    }

    async fn complete(&self) -> Vec<String> {
        not_here(&self.0).await
    }

    async fn empty(&self) -> Vec<String> {
        left(&self.0).await
    }
}

pub(super) struct Renewing(Ordered, Time);

impl SagaFixture for Renewing {
    async fn fresh() -> Self {
        let world = Ordered::registered().await;
        let before = world.expires_at().await;
        Self(world, before)
    }

    fn services(&self) -> &TestServices {
        &self.0.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        RenewDomain::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.0.pay_for(730).await.expect("it is started once it is paid")
    }

    async fn complete(&self) -> Vec<String> {
        let mut wrong = not_here(&self.0).await;
        if Some(self.0.expires_at().await) != self.1.checked_add_months(chrono::Months::new(12)) {
            wrong.push("it is not registered for one year more".to_owned());
        }
        if self.0.changes(&format!("renew {NAME}")) != 1 {
            wrong.push("it was not renewed once".to_owned());
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        let is_as_before = self.0.expires_at().await == self.1 && self.0.changes(&format!("renew {NAME}")) == 0;
        if is_as_before { Vec::new() } else { vec!["a year was added".to_owned()] }
    }
}

pub(super) struct Restoring(Ordered, Time);

impl SagaFixture for Restoring {
    async fn fresh() -> Self {
        let (world, _, ended) = Ordered::restore_ordered().await;
        world.registry.want_reports();
        Self(world, ended)
    }

    fn services(&self) -> &TestServices {
        &self.0.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        RestoreDomain::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.0.pay_for(365).await.expect("it is started once it is paid")
    }

    async fn complete(&self) -> Vec<String> {
        let mut wrong = not_here(&self.0).await;
        if Some(self.0.expires_at().await) != self.1.checked_add_months(chrono::Months::new(12)) {
            wrong.push("it is not registered for one year more".to_owned());
        }
        for what in ["restore", "report", "renew"] {
            if self.0.changes(&format!("{what} {NAME}")) != 1 {
                wrong.push(format!("{what} was not asked for once"));
            }
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        let is_as_before = self.0.changes(&format!("restore {NAME}")) == 0;
        if is_as_before { Vec::new() } else { vec!["it was asked for".to_owned()] }
    }
}

pub(super) struct Deleting(Ordered, JobId);

impl SagaFixture for Deleting {
    async fn fresh() -> Self {
        let (world, _, job) = Ordered::to_be_deleted().await;
        Self(world, job)
    }

    fn services(&self) -> &TestServices {
        &self.0.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        DeleteDomain::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.1
    }

    async fn complete(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.0.changes(&format!("delete {NAME}")) != 1 {
            wrong.push("it was not deleted once".to_owned());
        }
        let status = self.0.view().await.row.status;
        if status != RegistrationStatus::Redemption {
            wrong.push(format!("it is {status:?}"));
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        let is_as_before = self.0.changes(&format!("delete {NAME}")) == 0;
        if is_as_before { Vec::new() } else { vec!["it was deleted".to_owned()] }
    }
}

mod register_domain {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Registering);
}

mod transfer_domain {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Transferring);
}

mod renew_domain {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Renewing);
}

mod restore_domain {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Restoring);
}

mod delete_domain {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Deleting);
}
