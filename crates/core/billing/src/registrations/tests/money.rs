//! What becomes of the money when the registry, the payment or the domain does not do what was expected.

use super::*;
use model::permission::SubscriptionsDelete;

impl World {
    /// Time goes on, and what is due happens.
    async fn pass(&self, time: TimeDelta) {
        self.life.shop.t.clock.advance(time);
        self.life.look().await;
    }

    /// The domain comes from another registrar, where it was registered for so many days more.
    async fn brought(&self, days: i64) -> OrderedDomain {
        self.registry.add_foreign(NAME, "right-code", self.services().now() + TimeDelta::days(days));
        self.registry.approve_when_asked();
        let ordered = self.try_order(&transfer("right-code")).await.unwrap();
        self.life.look().await;
        assert_eq!(self.view(ordered).await.row.status, RegistrationStatus::Active);
        ordered
    }

    /// Another registrar takes the domain over.
    async fn departed(&self) {
        self.registry.begin_departure(NAME);
        self.pass(TimeDelta::minutes(10)).await;
        self.registry.decide_transfer(NAME, true);
        self.pass(TimeDelta::minutes(10)).await;
    }

    async fn cancelled_now(&self, ordered: OrderedDomain) {
        let (services, subscription) = (self.services(), self.view(ordered).await.subscription);
        let tx = services.db.platform::<SubscriptionsDelete>(&self.life.admin).await.unwrap();
        subscriptions::cancel_now(services, tx, subscription, NAME).await.unwrap();
    }

    async fn refunds(&self) -> Vec<i64> {
        sqlx::query_scalar("select amount from refunds order by id").fetch_all(&mut self.life.shop.t.db.owner().await).await.unwrap()
    }

    async fn set(&self, sql: &'static str) {
        let done = sqlx::query(sql).execute(&mut self.life.shop.t.db.owner().await).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{sql}");
    }
}

#[tokio::test]
async fn neither_an_outage_nor_a_lack_of_credit_at_the_registry_ends_what_is_paid() {
    let world = World::new().await;
    world.registry.set_fault(Some(Fault::NoCredit));
    let ordered = world.ordered().await;
    for fault in [Fault::NoCredit, Fault::Down] {
        world.registry.set_fault(Some(fault));
        for _ in 0..6 {
            world.pass(TimeDelta::hours(1)).await;
        }
        assert_eq!((world.view(ordered).await.row.status, world.refunds().await), (RegistrationStatus::Registering, vec![]));
    }
    world.registry.set_fault(None);
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.view(ordered).await.row.status, RegistrationStatus::Active);

    world.before_renewal(ordered, 29).await;
    world.registry.set_fault(Some(Fault::NoCredit));
    world.before_renewal(ordered, 14).await;
    world.pass(TimeDelta::days(2)).await;
    assert_eq!((world.invoices(ordered).await[1].as_str(), world.renewals(), world.refunds().await), ("PAID 1428", 0, vec![]));
    world.registry.set_fault(None);
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.renewals(), 1);
    assert!(world.view(ordered).await.row.auto_renew);
}

#[tokio::test]
async fn a_year_that_was_paid_back_before_it_was_added_does_not_keep_the_domain() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    world.forget_cards().await;
    world.before_renewal(ordered, 29).await;
    let paid_until = async || -> Option<Time> {
        let mut conn = world.life.shop.t.db.owner().await;
        sqlx::query_scalar("select paid_until from domain_registrations").fetch_one(&mut conn).await.unwrap()
    };
    let before = paid_until().await.expect("its first year is");
    world.life.pay(world.view(ordered).await.open_invoice.unwrap(), "good").await;
    world.cancelled_now(ordered).await;
    world.life.look().await;
    assert_eq!((world.renewals(), world.status_of(ordered).await), (0, SubscriptionStatus::Cancelled));
    assert_eq!(paid_until().await, Some(before));
    world.life.check_books().await;
}

#[tokio::test]
async fn an_order_that_the_registry_does_not_answer_for_two_weeks_is_refunded() {
    let world = World::new().await;
    world.registry.set_fault(Some(Fault::NoCredit));
    let ordered = world.ordered().await;
    for _ in 0..15 {
        world.pass(TimeDelta::days(1)).await;
    }
    for _ in 0..5 {
        world.pass(TimeDelta::minutes(15)).await;
    }
    assert_eq!((world.view(ordered).await.row.status, world.refunds().await), (RegistrationStatus::Refused, vec![595]));
}

#[tokio::test]
async fn a_domain_that_brings_years_along_is_invoiced_again_when_they_are_over() {
    let world = World::new().await;
    let ordered = world.brought(800).await;
    let expires_at = world.view(ordered).await.row.expires_at.unwrap();
    let renews_at: Time = sqlx::query_scalar("select renews_at from subscriptions where id = $1")
        .bind(world.view(ordered).await.subscription)
        .fetch_one(&mut world.life.shop.t.db.owner().await)
        .await
        .unwrap();
    assert_eq!(renews_at, expires_at);
    world.pass(TimeDelta::days(800)).await;
    assert_eq!((world.invoices(ordered).await.len(), world.renewals()), (1, 0), "two years were brought along");
    for days in [29, 14] {
        world.before_renewal(ordered, days).await;
    }
    assert_eq!((world.invoices(ordered).await, world.renewals()), (vec!["PAID 1190".to_owned(), "PAID 1428".to_owned()], 1));
    assert_eq!(world.view(ordered).await.row.expires_at, expires_at.checked_add_months(chrono::Months::new(12)));
    world.before_renewal(ordered, -1).await;
    assert_eq!(world.invoices(ordered).await.len(), 2, "a year for a year");
    world.life.check_books().await;
}

#[tokio::test]
async fn a_domain_that_leaves_is_not_owed_the_year_that_it_does_not_stay() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    world.before_renewal(ordered, 29).await;
    world.departed().await;
    assert_eq!((world.view(ordered).await.row.status, world.status_of(ordered).await), (RegistrationStatus::Left, SubscriptionStatus::Cancelled));
    assert_eq!((world.invoices(ordered).await[1].as_str(), world.refunds().await), ("VOID 1428", vec![]), "the year that was had stays paid");
    world.life.check_books().await;
}

#[tokio::test]
async fn a_year_that_was_paid_and_not_added_when_the_domain_left_is_paid_back() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    world.before_renewal(ordered, 29).await;
    world.registry.set_fault(Some(Fault::NoCredit));
    world.before_renewal(ordered, 14).await;
    assert_eq!(world.invoices(ordered).await[1], "PAID 1428");
    world.departed().await;
    world.pass(TimeDelta::minutes(10)).await;
    assert_eq!((world.view(ordered).await.row.status, world.refunds().await), (RegistrationStatus::Left, vec![1428]));
    world.life.check_books().await;
}

#[tokio::test]
async fn a_subscription_that_ends_while_its_domain_is_registered_and_then_refused_is_paid_back() {
    let world = World::new().await;
    world.registry.set_fault(Some(Fault::NoCredit));
    let ordered = world.ordered().await;
    world.cancelled_now(ordered).await;
    world.life.look().await;
    assert_eq!(world.refunds().await, Vec::<i64>::new(), "it may still be registered");
    world.registry.set_fault(Some(Fault::Refuses("Reserved name".to_owned())));
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!((world.view(ordered).await.row.status, world.refunds().await), (RegistrationStatus::Refused, vec![595]));
    world.life.check_books().await;
}

#[tokio::test]
async fn a_subscription_that_ends_keeps_what_was_paid_for_the_year_that_the_domain_has() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    world.cancelled_now(ordered).await;
    world.life.look().await;
    assert_eq!((world.status_of(ordered).await, world.refunds().await), (SubscriptionStatus::Cancelled, vec![]));
    assert!(!world.view(ordered).await.row.auto_renew);
}

#[tokio::test]
async fn an_order_whose_payment_is_on_its_way_is_not_cancelled() {
    let world = World::new().await;
    world.set("update payment_methods set provider_ref = replace(provider_ref, '_good_', '_empty_')").await;
    let ordered = world.ordered().await;
    assert_eq!(world.invoices(ordered).await, ["OPEN 595"]);
    // A provider that is asked of in vain: the payment stays on its way.
    world
        .set(
            "update payments set status = 'PROCESSING', provider = 'slow', provider_ref = 'pi_slow', settled_at = null, decline_code = null
              where status = 'FAILED'",
        )
        .await;
    world.pass(TimeDelta::days(8)).await;
    assert_eq!((world.view(ordered).await.row.status, world.invoices(ordered).await), (RegistrationStatus::Ordered, vec!["OPEN 595".to_owned()]));
    world.set("update payments set status = 'FAILED', settled_at = created_at, decline_code = 'late' where status = 'PROCESSING'").await;
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!(world.view(ordered).await.row.status, RegistrationStatus::Cancelled);
}

#[tokio::test]
async fn a_renewal_that_is_refused_is_paid_back_also_where_the_subscription_was_to_end_after_it() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    world.before_renewal(ordered, 29).await;
    world.registry.set_fault(Some(Fault::NoCredit));
    world.before_renewal(ordered, 14).await;
    assert_eq!((world.invoices(ordered).await[1].as_str(), world.renewals()), ("PAID 1428", 0), "paid, and not renewed yet");
    let (services, subscription) = (world.services(), world.view(ordered).await.subscription);
    let own = services.db.tenant(&world.life.owner, world.life.tenant).await.unwrap();
    subscriptions::cancel_at_period_end_of_tenant(services, own, subscription).await.unwrap();
    world.life.look().await;
    assert_eq!(world.refunds().await, Vec::<i64>::new(), "it may still be renewed");
    world.registry.set_fault(Some(Fault::Refuses("Insufficient funds".to_owned())));
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!((world.status_of(ordered).await, world.refunds().await), (SubscriptionStatus::Active, vec![1428]));
    world.before_renewal(ordered, -1).await;
    assert_eq!((world.status_of(ordered).await, world.refunds().await), (SubscriptionStatus::Cancelled, vec![1428]), "the domain has one year");
    assert_eq!(world.renewals(), 0);
    world.life.check_books().await;
}

#[tokio::test]
async fn a_refused_renewal_leaves_the_year_paid_that_the_domain_has() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    world.set("update domain_registrations set renewal_refused_at = created_at, failure = 'The registry refused: No.'").await;
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!((world.status_of(ordered).await, world.refunds().await), (SubscriptionStatus::Active, vec![]));
    world.before_renewal(ordered, -1).await;
    assert_eq!((world.status_of(ordered).await, world.refunds().await), (SubscriptionStatus::Cancelled, vec![]));
}

#[tokio::test]
async fn a_code_that_no_registry_takes_is_refused_on_its_field() {
    let world = World::new().await;
    world.registry.add_foreign(NAME, "right-code", world.services().now() + TimeDelta::days(300));
    for wrong in ["x".repeat(65), "a\u{7}b".to_owned(), "Schlüssel".to_owned()] {
        let Err(Error::Api(error)) = world.try_order(&transfer(&wrong)).await else { panic!("{wrong} was accepted") };
        assert_eq!(error.fields[0].field, "auth_code");
    }
}

#[tokio::test]
async fn a_transfer_that_its_customer_cancels_is_refunded_once() {
    let world = World::new().await;
    world.registry.add_foreign(NAME, "right-code", world.services().now() + TimeDelta::days(300));
    let ordered = world.try_order(&transfer("right-code")).await.unwrap();
    world.life.look().await;
    assert_eq!(world.view(ordered).await.row.status, RegistrationStatus::Transferring);
    let own = world.services().db.tenant(&world.life.owner, world.life.tenant).await.unwrap();
    registrations::cancel_transfer(world.services(), own, ordered.registration).await.unwrap();
    for _ in 0..3 {
        // The job looks at once: no time goes on.
        world.life.look().await;
    }
    assert_eq!((world.view(ordered).await.row.status, world.refunds().await), (RegistrationStatus::Refused, vec![1190]));
    assert_eq!(world.status_of(ordered).await, SubscriptionStatus::Cancelled);
    world.life.check_books().await;
}
