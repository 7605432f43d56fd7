//! Domains that were deleted, and are restored once that is paid.

use super::*;
use model::ids::SubscriptionId;

impl World {
    /// The domain was not renewed, and the registry has deleted it.
    pub(super) async fn deleted() -> Self {
        let world = Self::registered().await;
        let end = world.expires_at().await;
        world.pass(end - world.services().now() + TimeDelta::days(2)).await;
        world.registry.expire(NAME);
        world.pass(TimeDelta::hours(7)).await;
        assert_eq!(world.view().await.row.status, RegistrationStatus::Redemption);
        world
    }

    /// The same, with its restoration ordered; the registration that it is in place of, and when that ended.
    pub(super) async fn restore_ordered() -> (Self, DomainRegistrationId, Time) {
        let mut world = Self::deleted().await;
        let (former, ended) = (world.id, world.expires_at().await);
        world.order_restore(former).await;
        (world, former, ended)
    }

    pub(super) async fn order_restore(&mut self, former: DomainRegistrationId) {
        let subscription = SubscriptionId(uuid::Uuid::now_v7());
        sqlx::query(
            "insert into subscriptions (id, tenant_id, product_id, billing_cycle, price, currency, renews_at, billing_provider)
             select $1, tenant_id, product_id, 'YEARLY', 1000, 'EUR', now() + interval '1 year', 'sandbox' from subscriptions where id = $2",
        )
        .bind(subscription)
        .bind(self.bench.subscription)
        .execute(&mut self.bench.services.db.owner().await)
        .await
        .unwrap();
        let mut tx = self.services().db.system("test").await.unwrap();
        let found = restorable(tx.conn(), self.bench.tenant, former).await.unwrap();
        let from = found.ended_at(found.expires_at().unwrap());
        let id = place_restore(self.services(), &mut tx, &found, subscription, from).await.unwrap();
        tx.commit_progress().await.unwrap();
        self.id = id;
        self.bench.subscription = subscription;
    }

    async fn status_of(&self, id: DomainRegistrationId) -> RegistrationStatus {
        sqlx::query_scalar("select status from domain_registrations where id = $1")
            .bind(id)
            .fetch_one(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_deleted_domain_says_until_when_it_can_be_restored() {
    let world = World::deleted().await;
    let until = world.view().await.restorable_until.expect("a day is shown");
    assert!((until - world.services().now()).num_days() >= 29);
    world.pass(TimeDelta::days(1)).await;
    assert_eq!(world.view().await.restorable_until, Some(until), "it is the same day tomorrow");
}

#[tokio::test]
async fn a_deleted_domain_is_asked_for_once_it_is_paid_and_once_although_answers_are_lost() {
    let (world, former, ended) = World::restore_ordered().await;
    assert_eq!(world.status_of(former).await, RegistrationStatus::Replaced);
    assert_eq!(world.follow(Paid::Nothing).await, Standing::GoesOn(Vec::new()));
    assert_eq!(world.changes(&format!("restore {NAME}")), 0, "nothing is asked for unpaid");
    world.registry.want_reports();
    let job = world.pay_for(365).await.expect("a job is started");
    assert_eq!(world.view().await.row.status, RegistrationStatus::Restoring);
    world.registry.set_fault(Some(Fault::AnswerLost));
    assert_eq!(world.finish(job).await, JobStatus::Done);

    let view = world.view().await;
    assert_eq!((view.row.status, view.row.expires_at), (RegistrationStatus::Active, ended.checked_add_months(chrono::Months::new(12))));
    let counts = ["restore", "report", "renew"].map(|what| world.changes(&format!("{what} {NAME}")));
    assert_eq!(counts, [1, 1, 1]);
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!(world.view().await.row.status, RegistrationStatus::Active);
}

#[tokio::test]
async fn a_year_that_the_registry_adds_with_the_restoration_is_not_added_twice() {
    let (world, ..) = World::restore_ordered().await;
    world.registry.auto_renew(NAME);
    let job = world.pay_for(365).await.unwrap();
    assert_eq!(world.finish(job).await, JobStatus::Done);
    assert_eq!((world.view().await.row.status, world.changes(&format!("renew {NAME}"))), (RegistrationStatus::Active, 0));
}

#[tokio::test]
async fn a_restoration_that_the_registry_refuses_ends_its_order_and_the_domain_is_as_it_was() {
    let (mut world, former, _) = World::restore_ordered().await;
    world.registry.set_fault(Some(Fault::Refuses("Not any more".to_owned())));
    let job = world.pay_for(365).await.unwrap();
    assert_eq!(world.finish(job).await, JobStatus::Done);
    assert_eq!(world.view().await.row.status, RegistrationStatus::Refused);
    assert_eq!(world.follow(Paid::Nothing).await, Standing::Refused("The registry refused: Not any more.".to_owned()));
    assert_eq!(world.status_of(former).await, RegistrationStatus::Redemption);
    world.order_restore(former).await;
    let job = world.pay_for(365).await.unwrap();
    assert_eq!((world.finish(job).await, world.view().await.row.status), (JobStatus::Done, RegistrationStatus::Active));
}

#[tokio::test]
async fn a_restoration_whose_payment_took_weeks_is_waited_for_as_long_as_any_other() {
    let (world, ..) = World::restore_ordered().await;
    world.bench.services.clock.advance(TimeDelta::days(20));
    world.registry.want_reports();
    world.registry.restore(NAME).await.unwrap();
    let job = world.pay_for(365).await.unwrap();
    world.registry.set_fault(Some(Fault::Refuses("Not yet".to_owned())));
    let (runtime, stop) = (worker(&world.bench.services, Bench::registry()), tokio_util::sync::CancellationToken::new());
    let outcome = engine::saga::run_job(&runtime, job, &stop).await.unwrap();
    assert!(matches!(outcome, engine::saga::Outcome::Deferred(_)), "the registry has not restored it yet: {outcome:?}");
    world.registry.set_ours(NAME, false);
    world.bench.services.clock.advance(TimeDelta::minutes(31));
    let outcome = engine::saga::run_job(&runtime, job, &stop).await.unwrap();
    assert!(matches!(outcome, engine::saga::Outcome::Deferred(_)), "one wrong answer ends nothing: {outcome:?}");
    assert_eq!(world.view().await.row.status, RegistrationStatus::Restoring);
    world.registry.set_ours(NAME, true);
    world.bench.services.clock.advance(TimeDelta::minutes(31));
    assert_eq!((world.finish(job).await, world.view().await.row.status), (JobStatus::Done, RegistrationStatus::Active));
}

#[tokio::test]
async fn a_deleted_domain_of_which_it_is_not_noted_since_when_is_restored_too() {
    let mut world = World::deleted().await;
    sqlx::query("update domain_registrations set redemption_since = null where id = $1")
        .bind(world.id)
        .execute(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    world.order_restore(world.id).await;
    let job = world.pay_for(365).await.unwrap();
    assert_eq!((world.finish(job).await, world.view().await.row.status), (JobStatus::Done, RegistrationStatus::Active));
}

#[tokio::test]
async fn the_code_of_a_domain_that_an_order_is_in_place_of_is_sealed_anew_with_a_new_key_too() {
    let (world, ..) = World::restore_ordered().await;
    assert_eq!(secrets::reseal(world.services()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_restoration_that_is_not_paid_in_a_week_is_over_and_can_be_ordered_again() {
    let (mut world, former, _) = World::restore_ordered().await;
    world.bench.services.clock.advance(TimeDelta::days(8));
    assert_eq!(world.follow(Paid::Nothing).await, Standing::Unpaid);
    let mut tx = world.services().db.system("test").await.unwrap();
    let found = of_subscription(tx.conn(), world.bench.subscription).await.unwrap().unwrap();
    cancel_order(world.services(), &mut tx, &found).await.unwrap();
    tx.commit_progress().await.unwrap();
    assert_eq!((world.status_of(world.id).await, world.status_of(former).await), (RegistrationStatus::Cancelled, RegistrationStatus::Redemption));
    world.order_restore(former).await;
}

#[tokio::test]
async fn a_domain_that_the_registry_keeps_no_longer_is_not_restored() {
    let (world, former, _) = World::restore_ordered().await;
    world.registry.set_ours(NAME, false);
    let job = world.pay_for(365).await.unwrap();
    assert_eq!(world.finish(job).await, JobStatus::Done);
    assert_eq!((world.view().await.row.status, world.changes(&format!("restore {NAME}"))), (RegistrationStatus::Refused, 0));
    assert_eq!(world.status_of(former).await, RegistrationStatus::Redemption);
    let mut tx = world.services().db.system("test").await.unwrap();
    let found = restorable(tx.conn(), world.bench.tenant, former).await.unwrap();
    tx.finish().await.unwrap();
    assert!(check_restorable(world.services(), &found).await.is_err());
}

#[tokio::test]
async fn nobody_restores_another_accounts_domain_or_one_that_is_ordered_already() {
    let world = World::deleted().await;
    let other = world.bench.services.db.tenant("globex").await;
    let mut tx = world.services().db.system("test").await.unwrap();
    let found = restorable(tx.conn(), other, world.id).await;
    assert!(matches!(found, Err(Error::Api(error)) if error.code == model::error::ErrorCode::NotFound));
    tx.finish().await.unwrap();
    let (world, former, _) = World::restore_ordered().await;
    let mut tx = world.services().db.system("test").await.unwrap();
    let found = restorable(tx.conn(), world.bench.tenant, former).await;
    assert!(matches!(found, Err(Error::Api(error)) if error.code == model::error::ErrorCode::Conflict));
}

#[tokio::test]
async fn a_domain_that_was_ordered_without_a_fee_and_deleted_meanwhile_is_not_restored_at_our_cost() {
    let mut world = World::registered().await;
    let former = world.id;
    world.order_restore(former).await;
    world.registry.expire(NAME);
    let job = world.pay_for(365).await.unwrap();
    assert_eq!(world.finish(job).await, JobStatus::Done);
    assert_eq!((world.view().await.row.status, world.changes(&format!("restore {NAME}"))), (RegistrationStatus::Refused, 0));
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!(world.status_of(former).await, RegistrationStatus::Redemption, "it can be restored for the fee");
}
