//! Domains that were deleted: what their restoration costs, and what becomes of the money.

use super::*;
use model::{
    hosting::registrations::{RestoreInput, RestoreQuote},
    ids::DomainRegistrationId,
    permission::SubscriptionsWrite,
};

/// The fee and a year, with VAT.
const TOTAL: i64 = 10_948;

/// An order for which this sum was shown, without credit.
fn shown(total: i64) -> RestoreInput {
    RestoreInput { total, due: total, total_then: 1428 }
}

impl World {
    async fn owned(&self) -> TenantTx<SubscriptionsWrite> {
        self.services().db.tenant(&self.life.owner, self.life.tenant).await.unwrap()
    }

    /// Its renewal was turned off; it has ended, and the registry has deleted it.
    async fn deleted(&self) -> OrderedDomain {
        let ordered = self.ordered().await;
        let subscription = self.view(ordered).await.subscription;
        let own = self.services().db.tenant(&self.life.owner, self.life.tenant).await.unwrap();
        subscriptions::cancel_at_period_end_of_tenant(self.services(), own, subscription).await.unwrap();
        self.life.look().await;
        self.before_renewal(ordered, -2).await;
        self.gone(ordered).await;
        ordered
    }

    /// The registry deletes it.
    async fn gone(&self, ordered: OrderedDomain) {
        self.registry.expire(NAME);
        self.life.shop.t.clock.advance(TimeDelta::hours(7));
        self.life.look().await;
        assert_eq!(self.view(ordered).await.row.status, RegistrationStatus::Redemption);
    }

    async fn quoted(&self, id: DomainRegistrationId) -> Option<RestoreQuote> {
        quote_restore(self.services(), self.owned().await, id).await.unwrap()
    }

    async fn restore(&self, ordered: OrderedDomain, total: i64) -> Result<OrderedDomain> {
        order_restore(self.services(), self.owned().await, ordered.registration, &shown(total)).await
    }

    fn restorations(&self) -> usize {
        self.registry.changes().iter().filter(|line| **line == format!("restore {NAME}")).count()
    }

    async fn refunded(&self) -> Vec<i64> {
        sqlx::query_scalar("select amount from refunds order by id").fetch_all(&mut self.life.shop.t.db.owner().await).await.unwrap()
    }
}

#[tokio::test]
async fn a_deleted_domain_is_quoted_paid_restored_and_renewed_on_its_own_day_from_then_on() {
    let world = World::new().await;
    let former = world.deleted().await;
    let ended = world.view(former).await.row.expires_at.unwrap();
    let quote = world.quoted(former.registration).await.expect("it is offered");
    let sums = [quote.fee.unwrap(), quote.renewal, quote.tax, quote.total, quote.due, quote.total_then].map(|sum| sum.minor);
    assert_eq!(sums, [8000, 1200, 1748, TOTAL, TOTAL, 1428]);
    assert!(quote.method.is_some() && quote.restorable_until.is_some());
    assert_eq!(Some(quote.expires_at), ended.checked_add_months(chrono::Months::new(12)));

    let cheap = world.restore(former, 1428).await;
    assert!(matches!(cheap, Err(Error::Api(error)) if error.code == ErrorCode::Conflict));
    let restored = world.restore(former, TOTAL).await.unwrap();
    assert_eq!(world.restorations(), 0, "nothing is asked for before it is paid");
    assert!(world.restore(former, TOTAL).await.is_err(), "it is ordered once");
    world.life.look().await;

    let view = world.view(restored).await;
    assert_eq!((view.row.status, view.row.expires_at), (RegistrationStatus::Active, Some(quote.expires_at)));
    assert_eq!((world.invoices(restored).await, world.restorations(), world.renewals()), (vec![format!("PAID {TOTAL}")], 1, 1));
    assert_eq!(world.view(former).await.row.status, RegistrationStatus::Replaced);
    assert_eq!(world.status_of(former).await, SubscriptionStatus::Cancelled);

    for days in [29, 14] {
        world.before_renewal(restored, days).await;
    }
    assert_eq!((world.invoices(restored).await[1].as_str(), world.renewals()), ("PAID 1428", 2));
    assert_eq!(world.view(restored).await.row.expires_at, quote.expires_at.checked_add_months(chrono::Months::new(12)), "a year for a year");
    world.before_renewal(restored, -1).await;
    assert_eq!((world.invoices(restored).await.len(), world.renewals()), (2, 2));
    world.life.check_books().await;
}

#[tokio::test]
async fn a_restoration_that_is_paid_and_refused_is_refunded_in_full_and_can_be_ordered_again() {
    let world = World::new().await;
    let former = world.deleted().await;
    let refused = world.restore(former, TOTAL).await.unwrap();
    world.registry.set_fault(Some(Fault::Refuses("Not any more".to_owned())));
    world.life.look().await;
    world.life.look().await;
    assert_eq!((world.view(refused).await.row.status, world.refunded().await), (RegistrationStatus::Refused, vec![TOTAL]));
    assert_eq!(world.status_of(refused).await, SubscriptionStatus::Cancelled);
    let letter = world.life.shop.text("select subject from outgoing_mail where template = 'domain_refused'").await;
    assert!(letter.contains("could not be restored"), "{letter}");

    assert_eq!(world.view(former).await.row.status, RegistrationStatus::Redemption);
    let again = world.restore(former, TOTAL).await.unwrap();
    world.life.look().await;
    assert_eq!((world.view(again).await.row.status, world.refunded().await), (RegistrationStatus::Active, vec![TOTAL]));
    world.life.check_books().await;
}

#[tokio::test]
async fn a_restoration_that_nobody_pays_is_credited_after_a_week_and_ends_the_renewal_that_nobody_had_paid() {
    let world = World::new().await;
    let former = world.ordered().await;
    world.forget_cards().await;
    world.before_renewal(former, 29).await;
    world.before_renewal(former, 1).await;
    world.life.shop.t.clock.advance(TimeDelta::days(2));
    world.life.look().await;
    world.gone(former).await;
    assert_eq!(world.invoices(former).await[1], "OPEN 1428");

    let ordered = world.restore(former, TOTAL).await.unwrap();
    world.life.look().await;
    assert_eq!((world.invoices(former).await[1].as_str(), world.status_of(former).await), ("VOID 1428", SubscriptionStatus::Cancelled));
    assert_eq!(world.invoices(ordered).await, [format!("OPEN {TOTAL}")]);
    world.life.shop.t.clock.advance(TimeDelta::days(8));
    world.life.look().await;
    assert_eq!(world.invoices(ordered).await[0], format!("VOID {TOTAL}"));
    assert_eq!((world.view(ordered).await.row.status, world.restorations()), (RegistrationStatus::Cancelled, 0));
    assert_eq!(world.view(former).await.row.status, RegistrationStatus::Redemption);
    world.life.check_books().await;
}

#[tokio::test]
async fn without_a_fee_a_restoration_is_not_offered() {
    let world = World::new().await;
    let former = world.deleted().await;
    let services = world.services();
    let without = DomainPriceInput { restore_price: String::new(), ..prices("example") };
    domain_prices::set(services, services.db.platform(&world.life.admin).await.unwrap(), &without).await.unwrap();
    assert_eq!(world.quoted(former.registration).await, None);
    assert!(world.restore(former, TOTAL).await.is_err());
    let wrong = DomainPriceInput { restore_price: "much".to_owned(), ..prices("example") };
    let Err(Error::Api(error)) = domain_prices::set(services, services.db.platform(&world.life.admin).await.unwrap(), &wrong).await else {
        panic!("it was accepted")
    };
    assert_eq!(error.fields[0].field, "restore_price");
}

#[tokio::test]
async fn a_domain_that_the_registry_keeps_no_longer_is_not_ordered_and_costs_nothing() {
    let world = World::new().await;
    let former = world.deleted().await;
    world.registry.set_ours(NAME, false);
    assert!(world.restore(former, TOTAL).await.is_err());
    assert_eq!((world.view(former).await.row.status, world.invoices(former).await.len()), (RegistrationStatus::Redemption, 1));
}

impl World {
    /// Its renewal was turned off, and its subscription has ended; the registry has renewed it by itself.
    async fn ended(&self) -> (OrderedDomain, Time) {
        let ordered = self.ordered().await;
        let ended = self.view(ordered).await.row.expires_at.unwrap();
        let subscription = self.view(ordered).await.subscription;
        let own = self.services().db.tenant(&self.life.owner, self.life.tenant).await.unwrap();
        subscriptions::cancel_at_period_end_of_tenant(self.services(), own, subscription).await.unwrap();
        self.life.look().await;
        self.before_renewal(ordered, -2).await;
        self.registry.auto_renew(NAME);
        self.life.shop.t.clock.advance(TimeDelta::hours(7));
        self.life.look().await;
        (ordered, ended)
    }
}

#[tokio::test]
async fn a_domain_whose_subscription_has_ended_is_renewed_once_that_is_paid_while_the_registry_has_it() {
    let world = World::new().await;
    let (former, ended) = world.ended().await;
    let view = world.view(former).await;
    assert!(view.is_subscription_ended && view.deletes_at.is_some());
    let quote = world.quoted(former.registration).await.expect("it is offered");
    assert_eq!((quote.fee, quote.total.minor), (None, 1428), "it was not deleted: there is no fee");
    let renewed = world.restore(former, 1428).await.unwrap();
    world.life.look().await;
    let view = world.view(renewed).await;
    assert_eq!((view.row.status, view.row.expires_at), (RegistrationStatus::Active, ended.checked_add_months(chrono::Months::new(12))));
    assert_eq!((world.renewals(), world.restorations()), (0, 0), "the registry had added the year already");
    world.life.shop.t.clock.advance(TimeDelta::days(20));
    world.life.look().await;
    assert_eq!((world.view(renewed).await.row.status, world.view(renewed).await.deletes_at), (RegistrationStatus::Active, None));
    for days in [29, 14] {
        world.before_renewal(renewed, days).await;
    }
    assert_eq!((world.invoices(renewed).await[1].as_str(), world.renewals()), ("PAID 1428", 1));
    world.life.check_books().await;
}

#[tokio::test]
async fn a_year_that_is_over_already_is_not_sold() {
    let world = World::new().await;
    let (former, _) = world.ended().await;
    // Nobody has deleted the domain at the registry, and that has added year after year.
    world.registry.auto_renew(NAME);
    world.life.shop.t.clock.advance(TimeDelta::days(366));
    assert!(quote_restore(world.services(), world.owned().await, former.registration).await.is_err());
    assert!(world.restore(former, 1428).await.is_err());
    assert_eq!((world.invoices(former).await.len(), world.view(former).await.row.status), (1, RegistrationStatus::Active));
}

#[tokio::test]
async fn a_domain_whose_subscription_goes_on_is_not_ordered_again_and_an_unpaid_order_delays_its_deletion_once() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    assert!(world.restore(ordered, 1428).await.is_err(), "its subscription goes on");

    let world = World::new().await;
    let (former, _) = world.ended().await;
    world.forget_cards().await;
    let unpaid = world.restore(former, 1428).await.unwrap();
    world.life.shop.t.clock.advance(TimeDelta::days(8));
    world.life.look().await;
    assert_eq!(
        (world.view(unpaid).await.row.status, world.view(former).await.row.status),
        (RegistrationStatus::Cancelled, RegistrationStatus::Active)
    );
    assert!(world.restore(former, 1428).await.is_err());
    world.life.check_books().await;
}
