//! Domains that are ordered, paid, renewed and paid back, with a registry inside the process.

mod money;
mod restored;
mod unpaid;

use super::*;
use crate::{domain_prices, subscriptions, subscriptions::tests::life::Life};
use adapters::registrar::{FakeRegistrar, Fault, Registrar};
use chrono::TimeDelta;
use engine::{Modules, clock::Clock};
use model::{
    Time,
    billing::{domain_prices::DomainPriceInput, subscriptions::SubscriptionStatus},
    error::ErrorCode,
    hosting::registrations::{DomainQuote, HolderInput, RegistrationStatus, RegistrationView},
    ids::InvoiceId,
};
use std::sync::Arc;

/// The domain of these tests.
const NAME: &str = "northpier.example";

/// A customer with a saved card, and a registry.
struct World {
    life: Life,
    registry: Arc<FakeRegistrar>,
}

fn holder() -> HolderInput {
    HolderInput {
        name: "Anna Baker".to_owned(),
        street: "Long Street 1".to_owned(),
        city: "Berlin".to_owned(),
        postal_code: "10115".to_owned(),
        country: "DE".to_owned(),
        phone: "+49 30 1234567".to_owned(),
        email: "anna@bakery.example".to_owned(),
        ..HolderInput::default()
    }
}

fn prices(tld: &str) -> DomainPriceInput {
    DomainPriceInput {
        tld: tld.to_owned(),
        currency: "EUR".to_owned(),
        register_price: "5.00".to_owned(),
        renew_price: "12.00".to_owned(),
        transfer_price: "10.00".to_owned(),
        restore_price: "80.00".to_owned(),
        active: Some("on".to_owned()),
    }
}

/// An order for which this sum was shown: with VAT, and without credit.
fn wanted(total: i64) -> DomainOrderInput {
    DomainOrderInput { domain: NAME.to_owned(), holder: holder(), total, due: total, total_then: 1428, ..DomainOrderInput::default() }
}

/// The same for a transfer with this code.
fn transfer(code: &str) -> DomainOrderInput {
    DomainOrderInput { is_transfer: true, auth_code: code.to_owned(), ..wanted(1190) }
}

impl World {
    async fn new() -> Self {
        let mut life = Life::begin("2027-01-31T10:00:00Z", "good").await;
        let clock = Arc::clone(&life.shop.t.clock);
        let registry = Arc::new(FakeRegistrar::new(Arc::new(move || clock.now())));
        let modules = Modules::default().with(core_hosting::register).with(crate::register).with(registrations::register_registry);
        let services = life.shop.t.services.clone().with(Arc::new(modules));
        life.shop.t.services = services.with::<dyn Registrar>(Arc::clone(&registry) as Arc<dyn Registrar>);
        let services = &life.shop.t.services;
        let tx = services.db.platform(&life.admin).await.unwrap();
        subscriptions::cancel_now(services, tx, life.subscription, "WordPress").await.unwrap();
        domain_prices::set(services, services.db.platform(&life.admin).await.unwrap(), &prices("example")).await.unwrap();
        life.look().await;
        Self { life, registry }
    }

    fn services(&self) -> &Services {
        &self.life.shop.t.services
    }

    async fn try_order(&self, input: &DomainOrderInput) -> Result<OrderedDomain> {
        order(self.services(), self.services().db.tenant(&self.life.owner, self.life.tenant).await.unwrap(), input).await
    }

    /// Ordered, and whatever follows at once.
    async fn ordered(&self) -> OrderedDomain {
        let ordered = self.try_order(&wanted(595)).await.unwrap();
        self.life.look().await;
        ordered
    }

    async fn view(&self, ordered: OrderedDomain) -> RegistrationView {
        let mut tx = self.services().db.tenant::<DomainsRead>(&self.life.owner, self.life.tenant).await.unwrap();
        registrations::get_own(&mut tx, ordered.registration).await.unwrap()
    }

    async fn status_of(&self, ordered: OrderedDomain) -> SubscriptionStatus {
        let subscription = self.view(ordered).await.subscription;
        sqlx::query_scalar("select status from subscriptions where id = $1")
            .bind(subscription)
            .fetch_one(&mut self.life.shop.t.db.owner().await)
            .await
            .unwrap()
    }

    /// So long before the domain's subscription renews.
    async fn before_renewal(&self, ordered: OrderedDomain, days: i64) {
        let subscription = self.view(ordered).await.subscription;
        let renews_at: Time = sqlx::query_scalar("select renews_at from subscriptions where id = $1")
            .bind(subscription)
            .fetch_one(&mut self.life.shop.t.db.owner().await)
            .await
            .unwrap();
        let now = self.services().now();
        self.life.shop.t.clock.advance(renews_at - TimeDelta::days(days) - now);
        self.life.look().await;
    }

    /// Each invoice of the domain as `status total`, the oldest first.
    async fn invoices(&self, ordered: OrderedDomain) -> Vec<String> {
        let subscription = self.view(ordered).await.subscription;
        sqlx::query_scalar("select status || ' ' || total from invoices where subscription_id = $1 order by issued_at, id")
            .bind(subscription)
            .fetch_all(&mut self.life.shop.t.db.owner().await)
            .await
            .unwrap()
    }

    async fn forget_cards(&self) {
        sqlx::query("update payment_methods set status = 'REMOVED', decline_code = null")
            .execute(&mut self.life.shop.t.db.owner().await)
            .await
            .unwrap();
    }

    fn renewals(&self) -> usize {
        self.registry.changes().iter().filter(|line| **line == format!("renew {NAME}")).count()
    }
}

#[tokio::test]
async fn a_domain_is_found_with_its_prices_ordered_charged_to_the_saved_card_and_registered() {
    let world = World::new().await;
    world.registry.add_premium("gold.example");
    let find = async |query: &str| {
        let tx = world.services().db.tenant(&world.life.owner, world.life.tenant).await.unwrap();
        search(world.services(), tx, query, false).await.unwrap()
    };
    let found = find("northpier").await;
    assert_eq!((found[0].name.as_str(), found[0].availability), (NAME, NameAvailability::Available));
    assert_eq!([found[0].register, found[0].renew, found[0].transfer].map(|price| price.minor), [500, 1200, 1000]);
    assert_eq!(find("gold.example").await[0].availability, NameAvailability::Premium, "a name with a price of its own is not sold at ours");

    let ordered = world.ordered().await;
    let view = world.view(ordered).await;
    assert_eq!(view.row.status, RegistrationStatus::Active);
    assert_eq!(world.invoices(ordered).await, ["PAID 595"], "with VAT");
    assert!(view.domain.is_some(), "it counts as proved");
    assert_eq!(find("northpier").await[0].availability, NameAvailability::Taken);
    world.life.check_books().await;
}

#[tokio::test]
async fn an_order_at_another_price_of_a_taken_name_or_without_a_holder_is_refused_and_invoices_nothing() {
    let world = World::new().await;
    let conflict = |result: Result<OrderedDomain>| matches!(result, Err(Error::Api(error)) if error.code == ErrorCode::Conflict);
    assert!(conflict(world.try_order(&wanted(476)).await));
    world.registry.add_foreign("taken.example", "code", world.services().now() + TimeDelta::days(300));
    let fields = |result: Result<OrderedDomain>| match result {
        Err(Error::Api(error)) => error.fields.into_iter().map(|fault| fault.field).collect::<Vec<_>>(),
        _ => panic!("no errors on fields"),
    };
    let taken = DomainOrderInput { domain: "taken.example".to_owned(), ..wanted(595) };
    assert_eq!(fields(world.try_order(&taken).await), ["domain"]);
    let other = DomainOrderInput { domain: "northpier.test".to_owned(), ..wanted(595) };
    assert_eq!(fields(world.try_order(&other).await), ["domain"]);
    let nobody = DomainOrderInput { holder: HolderInput { phone: "030".to_owned(), ..holder() }, ..wanted(595) };
    assert_eq!(fields(world.try_order(&nobody).await), ["phone"]);
    let cheap = DomainOrderInput { domain: "taken.example".to_owned(), total: 595, due: 595, ..transfer("code") };
    assert!(conflict(world.try_order(&cheap).await), "a transfer has a price of its own");
    let no_code = DomainOrderInput { domain: "taken.example".to_owned(), ..transfer(" ") };
    assert_eq!(fields(world.try_order(&no_code).await), ["auth_code"]);
    assert_eq!(world.life.shop.number("select count(*) from domain_registrations").await, 0);
    let ordered = world.try_order(&wanted(595)).await;
    assert!(ordered.is_ok());
    assert_eq!(fields(world.try_order(&wanted(595)).await), ["domain"], "it is ordered once");
}

#[tokio::test]
async fn a_registration_that_is_paid_and_refused_by_the_registry_is_refunded_by_itself() {
    let world = World::new().await;
    world.registry.set_fault(Some(Fault::Refuses("Reserved name".to_owned())));
    let ordered = world.ordered().await;
    world.life.look().await;

    let view = world.view(ordered).await;
    assert_eq!((view.row.status, view.failure.as_deref()), (RegistrationStatus::Refused, Some("The registry refused: Reserved name.")));
    assert_eq!(world.status_of(ordered).await, SubscriptionStatus::Cancelled);
    assert_eq!(world.invoices(ordered).await, ["PAID 595", "PAID -595"], "an invoice and its credit note");
    assert_eq!(world.life.shop.text("select status || ' ' || amount from refunds").await, "SUCCEEDED 595");
    assert_eq!(world.life.shop.number("select count(*) from outgoing_mail where template = 'domain_refused'").await, 1);
    world.life.check_books().await;

    // Nothing is registered by a job that is tried again after that.
    let job =
        sqlx::query_scalar("select id from jobs where kind = 'REGISTER_DOMAIN'").fetch_one(&mut world.life.shop.t.db.owner().await).await.unwrap();
    let services = world.services();
    engine::saga::retry(services, services.db.platform(&world.life.admin).await.unwrap(), job).await.unwrap();
    world.life.look().await;
    assert_eq!(world.view(ordered).await.row.status, RegistrationStatus::Refused);
    assert!(world.registry.changes().iter().all(|line| !line.starts_with("create")));
}

#[tokio::test]
async fn an_order_that_nobody_pays_is_credited_and_cancelled_after_a_week() {
    let world = World::new().await;
    world.forget_cards().await;
    let ordered = world.ordered().await;
    assert_eq!((world.view(ordered).await.row.status, world.invoices(ordered).await), (RegistrationStatus::Ordered, vec!["OPEN 595".to_owned()]));
    world.life.shop.t.clock.advance(TimeDelta::days(8));
    world.life.look().await;
    assert_eq!(world.view(ordered).await.row.status, RegistrationStatus::Cancelled);
    assert_eq!(world.status_of(ordered).await, SubscriptionStatus::Cancelled);
    assert_eq!(world.invoices(ordered).await[0], "VOID 595");
    assert!(world.registry.changes().is_empty(), "the registry was never asked for it");
    world.life.check_books().await;
}

#[tokio::test]
async fn a_domain_that_is_paid_by_hand_is_registered_then() {
    let world = World::new().await;
    world.forget_cards().await;
    let ordered = world.ordered().await;
    let invoice: InvoiceId = ordered.invoice;
    world.life.pay(invoice, "good").await;
    world.life.look().await;
    assert_eq!(world.view(ordered).await.row.status, RegistrationStatus::Active);
}

#[tokio::test]
async fn each_year_is_invoiced_ahead_and_renewed_once_when_it_is_paid() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    let mut expires_at = world.view(ordered).await.row.expires_at.unwrap();
    for year in 1..3_usize {
        world.before_renewal(ordered, 29).await;
        let invoices = world.invoices(ordered).await;
        assert_eq!((invoices.len(), invoices[year].as_str(), world.renewals()), (year + 1, "OPEN 1428", year - 1), "invoiced a month ahead");
        world.before_renewal(ordered, 14).await;
        assert_eq!((world.invoices(ordered).await[year].as_str(), world.renewals()), ("PAID 1428", year), "paid two weeks ahead, and renewed");
        expires_at = expires_at.checked_add_months(chrono::Months::new(12)).unwrap();
        assert_eq!(world.view(ordered).await.row.expires_at, Some(expires_at));
        world.before_renewal(ordered, -1).await;
        assert_eq!(world.renewals(), year);
    }
    let lines = "select count(*) from invoice_lines where description = 'northpier.example, paid yearly'";
    assert_eq!(world.life.shop.number(lines).await, 2, "an invoice says which domain it is for");
    world.life.check_books().await;
}

#[tokio::test]
async fn a_year_that_is_not_paid_is_not_renewed() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    world.forget_cards().await;
    for days in [29, 14, 5, 1] {
        world.before_renewal(ordered, days).await;
    }
    assert_eq!((world.invoices(ordered).await[1].as_str(), world.renewals()), ("OPEN 1428", 0));
    assert_eq!(world.life.shop.number("select count(*) from outgoing_mail where template = 'domain_expiring'").await, 3);
}

#[tokio::test]
async fn a_renewal_that_is_paid_and_refused_by_the_registry_is_refunded_and_the_domain_ends() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    world.before_renewal(ordered, 29).await;
    world.registry.set_fault(Some(Fault::Refuses("Insufficient funds".to_owned())));
    world.before_renewal(ordered, 14).await;
    world.life.look().await;

    assert_eq!(world.renewals(), 0);
    assert_eq!(world.life.shop.text("select status || ' ' || amount from refunds").await, "SUCCEEDED 1428");
    assert!(!world.view(ordered).await.row.auto_renew);
    let keep = async || {
        let (services, subscription) = (world.services(), world.view(ordered).await.subscription);
        subscriptions::keep_of_tenant(services, services.db.tenant(&world.life.owner, world.life.tenant).await.unwrap(), subscription).await
    };
    assert!(keep().await.is_err(), "nobody pays for it again in vain");
    world.before_renewal(ordered, -1).await;
    assert_eq!((world.status_of(ordered).await, world.renewals()), (SubscriptionStatus::Cancelled, 0));
    world.life.check_books().await;
}

#[tokio::test]
async fn automatic_renewal_is_the_subscription_that_goes_on_or_ends() {
    let world = World::new().await;
    let ordered = world.ordered().await;
    let (services, subscription) = (world.services(), world.view(ordered).await.subscription);
    let own = async || services.db.tenant(&world.life.owner, world.life.tenant).await.unwrap();
    subscriptions::cancel_at_period_end_of_tenant(services, own().await, subscription).await.unwrap();
    world.life.look().await;
    assert!(!world.view(ordered).await.row.auto_renew);
    subscriptions::keep_of_tenant(services, own().await, subscription).await.unwrap();
    world.life.look().await;
    assert!(world.view(ordered).await.row.auto_renew);
    subscriptions::cancel_at_period_end_of_tenant(services, own().await, subscription).await.unwrap();
    for days in [29, 14, -1] {
        world.before_renewal(ordered, days).await;
    }
    assert_eq!((world.invoices(ordered).await.len(), world.renewals()), (1, 0));
    assert_eq!(world.status_of(ordered).await, SubscriptionStatus::Cancelled);
}

#[tokio::test]
async fn a_transfer_is_charged_shown_and_refunded_when_the_other_registrar_refuses() {
    let world = World::new().await;
    world.registry.add_foreign(NAME, "right-code", world.services().now() + TimeDelta::days(300));
    let ordered = world.try_order(&transfer("right-code")).await.unwrap();
    world.life.look().await;
    let view = world.view(ordered).await;
    assert_eq!(view.row.status, RegistrationStatus::Transferring);
    assert!(view.transfer.is_some_and(|transfer| !transfer.is_outgoing && transfer.decides_at.is_some()));
    world.registry.decide_transfer(NAME, false);
    world.life.shop.t.clock.advance(TimeDelta::hours(1));
    world.life.look().await;
    world.life.look().await;
    assert_eq!(world.view(ordered).await.row.status, RegistrationStatus::Refused);
    assert_eq!(world.life.shop.text("select status || ' ' || amount from refunds").await, "SUCCEEDED 1190");
    let letter = world.life.shop.text("select subject || ' ' || body_text from outgoing_mail where template = 'domain_refused'").await;
    assert!(letter.contains("could not be transferred") && !letter.contains("registered"), "{letter}");
}

#[tokio::test]
async fn a_quote_says_what_is_charged_with_credit_and_the_card_and_an_order_that_says_another_sum_is_refused() {
    let world = World::new().await;
    let own = async || world.services().db.tenant(&world.life.owner, world.life.tenant).await.unwrap();
    let quoted = async |is_transfer| quote(world.services(), own().await, NAME, is_transfer).await.unwrap();
    let sums = |quote: &DomainQuote| [quote.net, quote.tax, quote.total, quote.credit_used, quote.due, quote.total_then].map(|sum| sum.minor);
    let without = quoted(false).await;
    assert_eq!(sums(&without), [500, 95, 595, 0, 595, 1428]);
    assert_eq!(sums(&quoted(true).await), [1000, 190, 1190, 0, 1190, 1428]);
    assert!(without.method.is_some() && !without.holder.name.is_empty(), "the card that is charged, and who is invoiced");

    let (services, admin) = (world.services(), &world.life.admin);
    let platform = services.db.platform(admin).await.unwrap();
    invoices::credit(services, platform, world.life.latest_invoice().await, "1.00", "An hour offline.").await.unwrap();
    let with_credit = quoted(false).await;
    assert_eq!(sums(&with_credit), [500, 95, 595, 119, 476, 1428]);
    let asked = world.registry.changes().len();
    let stale = world.try_order(&wanted(595)).await;
    assert!(matches!(stale, Err(Error::Api(error)) if error.code == ErrorCode::Conflict), "another sum would be charged than was shown");
    assert_eq!((world.life.shop.number("select count(*) from domain_registrations").await, world.registry.changes().len()), (0, asked));

    let ordered = world.try_order(&DomainOrderInput { due: 476, ..wanted(595) }).await.unwrap();
    let open = world.view(ordered).await.open_invoice;
    assert_eq!(open, Some(ordered.invoice), "until it is paid its page leads to it");
    world.life.look().await;
    let paid = world.life.shop.text(&format!("select amount::text from payments where invoice_id = '{}'", ordered.invoice)).await;
    assert_eq!((paid.as_str(), world.view(ordered).await.open_invoice), ("476", None));
    world.life.check_books().await;
}

#[tokio::test]
async fn a_domain_that_is_to_come_here_is_looked_for_alone_and_with_its_ending() {
    let world = World::new().await;
    world.registry.add_foreign(NAME, "code", world.services().now() + TimeDelta::days(300));
    let find = async |query: &str| {
        let tx = world.services().db.tenant(&world.life.owner, world.life.tenant).await.unwrap();
        search(world.services(), tx, query, true).await
    };
    let found = find("www.NorthPier.example").await.unwrap();
    assert_eq!(found.iter().map(|one| (one.name.as_str(), one.availability)).collect::<Vec<_>>(), [(NAME, NameAvailability::Taken)]);
    let Err(Error::Api(error)) = find("northpier").await else { panic!("a name without an ending was looked for") };
    assert_eq!(error.fields[0].field, "query");
}

#[tokio::test]
async fn prices_of_an_ending_are_set_for_each_currency_and_change_for_new_orders_only() {
    let world = World::new().await;
    let services = world.services();
    let ordered = world.ordered().await;
    let set = async |input: &DomainPriceInput| domain_prices::set(services, services.db.platform(&world.life.admin).await.unwrap(), input).await;
    set(&DomainPriceInput { renew_price: "20.00".to_owned(), ..prices(".example") }).await.unwrap();
    set(&DomainPriceInput { currency: "USD".to_owned(), ..prices("example") }).await.unwrap();
    for (wrong, field) in [
        (DomainPriceInput { tld: "a b".to_owned(), ..prices("x") }, "tld"),
        (DomainPriceInput { register_price: "five".to_owned(), ..prices("example") }, "register_price"),
        (DomainPriceInput { currency: "XXX".to_owned(), ..prices("example") }, "currency"),
    ] {
        let Err(Error::Api(error)) = set(&wrong).await else { panic!("{field} was accepted") };
        assert!(error.fields.iter().any(|fault| fault.field == field), "{field}");
    }
    let mut tx = services.db.system("test").await.unwrap();
    let all = domain_prices::list(&mut tx).await.unwrap();
    tx.finish().await.unwrap();
    assert_eq!(
        all.iter().map(|one| (one.renew.to_string(), one.subscriptions)).collect::<Vec<_>>(),
        [("€20.00".to_owned(), 1), ("$12.00".to_owned(), 0)]
    );
    world.before_renewal(ordered, 29).await;
    assert_eq!(world.invoices(ordered).await[1], "OPEN 1428", "who has ordered before keeps the price");
}
