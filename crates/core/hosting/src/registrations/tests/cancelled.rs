//! Transfers to us that their customer cancels.

use super::*;
use core_administration::provisioning;
use engine::saga::{Outcome, run_job};
use tokio_util::sync::CancellationToken;

impl World {
    /// The transfer is asked for, and the other registrar has not decided.
    async fn transferring() -> (Self, JobId) {
        let world = Self::ordered(true).await;
        world.registry.decide_later();
        let job = world.pay_for(365).await.unwrap();
        let outcome = run_job(&worker(&world.bench.services, Bench::registry()), job, &CancellationToken::new()).await.unwrap();
        assert!(matches!(outcome, Outcome::Deferred(_)), "nothing is decided yet: {outcome:?}");
        (world, job)
    }

    async fn cancel(&self) -> Result<()> {
        cancel_transfer(self.services(), self.own::<DomainsTransfer>().await, self.id).await
    }

    /// What became of it half an hour later.
    async fn end_of(&self, job: JobId) -> (JobStatus, RegistrationStatus) {
        self.bench.services.clock.advance(TimeDelta::minutes(31));
        (self.finish(job).await, self.view().await.row.status)
    }
}

#[tokio::test]
async fn a_transfer_that_is_cancelled_ends_its_order_to_be_paid_back() {
    let (world, job) = World::transferring().await;
    world.cancel().await.unwrap();
    world.cancel().await.unwrap();
    assert!(world.view().await.transfer.is_some_and(|transfer| transfer.is_cancelling));
    assert_eq!(world.end_of(job).await, (JobStatus::Done, RegistrationStatus::Refused));
    assert_eq!(world.follow(Paid::Nothing).await, Standing::Refused("The transfer was cancelled.".to_owned()));
    assert_eq!(world.changes(&format!("cancel {NAME}")), 1);
    assert!(!world.registry.info(NAME, None).await.unwrap().unwrap().is_ours);
    assert!(world.cancel().await.is_err(), "there is nothing to cancel any more");
}

#[tokio::test]
async fn a_transfer_that_was_approved_before_it_is_cancelled_makes_the_domain_the_accounts_and_nothing_is_paid_back() {
    let (world, job) = World::transferring().await;
    world.registry.decide_transfer(NAME, true);
    world.cancel().await.unwrap();
    assert_eq!(world.end_of(job).await, (JobStatus::Done, RegistrationStatus::Active));
    assert_eq!(world.follow(Paid::Until(world.services().now() + TimeDelta::days(365))).await, Standing::GoesOn(Vec::new()));
    assert_eq!(world.view().await.transfer, None);
}

#[tokio::test]
async fn a_transfer_that_is_cancelled_while_the_registry_is_down_is_cancelled_once_it_responds() {
    let (world, job) = World::transferring().await;
    world.registry.set_fault(Some(Fault::Down));
    world.cancel().await.unwrap();
    world.registry.set_fault(None);
    assert_eq!(world.changes(&format!("cancel {NAME}")), 0);
    assert_eq!(world.end_of(job).await, (JobStatus::Done, RegistrationStatus::Refused));
    assert_eq!(world.changes(&format!("cancel {NAME}")), 1);
}

#[tokio::test]
async fn a_transfer_that_is_cancelled_before_it_is_asked_for_is_never_asked_for() {
    let world = World::ordered(true).await;
    let job = world.pay_for(365).await.unwrap();
    world.cancel().await.unwrap();
    assert_eq!((world.finish(job).await, world.view().await.row.status), (JobStatus::Undone, RegistrationStatus::Refused));
    assert_eq!(world.changes(&format!("transfer {NAME}")), 0);
}

#[tokio::test]
async fn a_cancelled_transfer_that_the_registry_tells_of_no_more_is_over_too() {
    let (world, job) = World::transferring().await;
    world.cancel().await.unwrap();
    world.registry.set_code(NAME, "another-code-7");
    assert_eq!(world.end_of(job).await, (JobStatus::Done, RegistrationStatus::Refused));
    assert_eq!(world.follow(Paid::Nothing).await, Standing::Refused("The transfer was cancelled.".to_owned()));
}

#[tokio::test]
async fn nobody_cancels_another_accounts_transfer() {
    let (world, _) = World::transferring().await;
    let other = world.bench.services.db.tenant("globex").await;
    world.bench.services.db.member(other, &world.owner, "TENANT_OWNER").await;
    let tx = world.services().db.tenant::<DomainsTransfer>(&world.owner, other).await.unwrap();
    assert!(cancel_transfer(world.services(), tx, world.id).await.is_err());
    assert!(world.view().await.transfer.is_some_and(|transfer| !transfer.is_cancelling));
}

#[tokio::test]
async fn an_order_whose_job_is_cancelled_before_it_began_is_over_and_to_be_paid_back() {
    for is_transfer in [false, true] {
        let world = World::ordered(is_transfer).await;
        let job = world.pay_for(365).await.unwrap();
        let tx = world.services().db.platform(&world.bench.admin).await.unwrap();
        provisioning::cancel(world.services(), tx, job).await.unwrap();
        assert_eq!(world.finish(job).await, JobStatus::Undone);
        let until = world.services().now() + TimeDelta::days(365);
        for _ in 0..2 {
            assert!(matches!(world.follow(Paid::Until(until)).await, Standing::Refused(_)));
        }
        assert_eq!(world.view().await.row.status, RegistrationStatus::Refused);
    }
}
