//! Trials and set-up fees.

use super::{life::Life, *};
use crate::{
    coupons::tests::{offer, percent},
    products,
    subscriptions::change::ConfirmedPreview,
};
use model::{
    billing::{coupons::CouponInput, products::ProductInput},
    permission::ProductsWrite,
};

/// A shop whose WordPress plan has these days of trial and this set-up fee; and a larger one beside it.
async fn shop_with(trial_days: &str, setup_fee: &str) -> Shop {
    let shop = Shop::open().await;
    let staff = shop.t.db.user("products@hosting.example", Some("PLATFORM_ADMIN")).await;
    let input = |name: &str, monthly: &str, trial_days: &str| ProductInput {
        name: name.to_owned(),
        stack: "WORDPRESS".to_owned(),
        monthly: monthly.to_owned(),
        yearly: "90.00".to_owned(),
        trial_days: trial_days.to_owned(),
        setup_fee: setup_fee.to_owned(),
        memory_mb: 512,
        ..products::static_plan()
    };
    let services = &shop.t.services;
    let tx = async || services.db.platform::<ProductsWrite>(&staff).await.unwrap();
    products::update(services, tx().await, "wordpress", input("WordPress", "9.00", trial_days)).await.unwrap();
    products::create(services, tx().await, ProductInput { code: "large".to_owned(), ..input("Large", "27.00", trial_days) }).await.unwrap();
    let paid = ProductInput { code: "paid".to_owned(), ..input("Paid", "270.00", "") };
    products::create(services, tx().await, paid).await.unwrap();
    shop
}

#[tokio::test]
async fn a_trial_is_free_and_its_end_is_the_anchor_of_the_periods_that_are_paid_for() {
    let shop = shop_with("14", "5.00").await;
    let life = Life::begin_with(shop, "2027-01-17T10:00:00Z", "good", anna()).await;
    assert_eq!(life.invoices().await, ["INV1 PAID 595"], "the set-up fee alone");
    assert_eq!(life.status().await, SubscriptionStatus::Trialing);
    assert_eq!(life.detail().await.subscription.renews_at.to_rfc3339(), "2027-01-31T10:00:00+00:00");
    life.until("2027-01-24T10:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 595", "INV2 OPEN 1071"], "invoiced a week before the trial ends");
    assert_eq!(life.status().await, SubscriptionStatus::Trialing);
    life.until("2027-01-31T10:00:00Z").await;
    assert_eq!((life.invoices().await[1].as_str(), life.status().await), ("INV2 PAID 1071", SubscriptionStatus::Active));
    life.until("2027-04-01T10:00:00Z").await;
    let starts = "select string_agg(to_char(period_start at time zone 'UTC', 'MM-DD'), ' ' order by period_start) from invoices";
    assert_eq!(life.shop.text(starts).await, "01-17 01-31 02-28 03-31");
    assert_eq!(life.invoices().await[2..], ["INV3 PAID 1071", "INV4 PAID 1071"], "no fee again");
    life.check_books().await;
}

#[tokio::test]
async fn a_trial_needs_no_card_and_without_one_ordinary_dunning_follows_it() {
    let life = Life::begin_with(shop_with("14", "").await, "2027-01-17T10:00:00Z", "good", anna()).await;
    assert_eq!(life.shop.number("select count(*) from payments").await, 0);
    assert_eq!((life.invoices().await, life.visit().await), (vec!["INV1 PAID 0".to_owned()], 200));
    life.until("2027-01-31T10:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::PastDue);
    life.until("2027-02-10T10:00:00Z").await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Suspended, 503));
    life.pay(life.latest_invoice().await, "good").await;
    life.look().await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Active, 200));
    assert_eq!(life.detail().await.subscription.renews_at.to_rfc3339(), "2027-02-28T10:00:00+00:00");
    life.check_books().await;
}

#[tokio::test]
async fn a_change_in_a_trial_changes_the_plan_and_leaves_the_end() {
    let life = Life::begin_with(shop_with("14", "").await, "2027-01-17T10:00:00Z", "good", anna()).await;
    life.until("2027-01-25T10:00:00Z").await;
    let services = &life.shop.t.services;
    let write = async || services.db.tenant(&life.owner, life.tenant).await.unwrap();
    let wanted = WantedChange { plan_code: "large".to_owned(), cycle: BillingCycle::Monthly, add_ons: None, quantity: None, at_period_end: false };
    let preview = preview_of_tenant(services, write().await, life.subscription, &wanted).await.unwrap();
    assert_eq!((preview.lines.len(), preview.total.minor, preview.total_then.minor), (0, 0, 3213));
    assert_eq!(preview.obstacles, Vec::<String>::new());
    let confirmed = ConfirmedPreview { wanted, at: preview.at, total: 0, due: 0, total_then: preview.total_then.minor };
    change_of_tenant(services, write().await, life.subscription, &confirmed).await.unwrap();
    let changed = life.detail().await.subscription;
    assert_eq!((changed.product_name.as_str(), changed.status), ("Large", SubscriptionStatus::Trialing));
    assert_eq!(changed.renews_at.to_rfc3339(), "2027-01-31T10:00:00+00:00");
    life.until("2027-01-31T10:00:00Z").await;
    let invoices = life.invoices().await;
    assert_eq!(invoices.last().map(String::as_str), Some("INV3 OPEN 3213"), "{invoices:?}");
    life.check_books().await;
}

#[tokio::test]
async fn a_trial_that_is_cancelled_ends_without_anything_to_pay() {
    let life = Life::begin_with(shop_with("14", "").await, "2027-01-17T10:00:00Z", "good", anna()).await;
    let services = &life.shop.t.services;
    life.until("2027-01-25T10:00:00Z").await;
    let end = cancel_at_period_end_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription).await.unwrap();
    assert_eq!(end.to_rfc3339(), "2027-01-31T10:00:00+00:00");
    life.until("2027-02-01T10:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::Cancelled);
    assert_eq!(life.invoices().await, ["INV1 PAID 0", "INV2 VOID 1071", "CN-1 PAID -1071"]);
}

#[tokio::test]
async fn a_coupon_begins_after_the_trial_and_is_not_taken_off_a_set_up_fee() {
    let shop = shop_with("14", "5.00").await;
    offer(&shop, CouponInput { ..percent("HALF", "50") }).await;
    let input = CheckoutInput { coupon_code: Some("HALF".to_owned()), ..anna() };
    let life = Life::begin_with(shop, "2027-01-17T10:00:00Z", "good", input).await;
    life.until("2027-02-28T10:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 595", "INV2 PAID 536", "INV3 PAID 1071"]);
}

#[tokio::test]
async fn a_customer_has_one_trial_however_the_address_is_written_and_is_told_so_in_the_quote() {
    let shop = shop_with("14", "").await;
    shop.buy(anna()).await;
    let again = order("Anna+again@Bakery.example", "again.example");
    let shown = shop.quote(&again).await.unwrap();
    assert_eq!((shown.trial, shown.total.minor), (None, 1071));
    assert_eq!(shown.lines[0].description, "WordPress, paid monthly, free trial already used");
    shop.buy(again).await;
    assert_eq!(shop.text("select string_agg(status, ' ' order by id) from subscriptions").await, "TRIALING ACTIVE");
    assert_eq!(shop.text("select string_agg(total::text, ' ' order by id) from invoices").await, "0 1071");
    shop.buy(order("bob@example.com", "bob.example")).await;
    assert_eq!(shop.number("select count(*) from subscriptions where status = 'TRIALING'").await, 2, "another customer has its own");
}

#[tokio::test]
async fn of_two_orders_with_a_set_up_fee_that_are_paid_one_begins_a_trial() {
    let shop = shop_with("14", "5.00").await;
    let (first, second) = (shop.start(anna()).await, shop.start(order("anna+2@bakery.example", "second.example")).await);
    let (one, two) = (shop.paid(first.id, "evt_1").await, shop.paid(second.id, "evt_2").await);
    assert_eq!(shop.deliver(&one).await, crate::checkout::Outcome::Processed);
    assert!(matches!(shop.deliver(&two).await, crate::checkout::Outcome::Refused(reason) if reason.contains("free trial")));
    assert_eq!(shop.number("select count(*) from subscriptions").await, 1);
}

#[tokio::test]
async fn a_trial_is_changed_only_to_plans_with_a_trial_and_gets_no_more_add_ons() {
    let life = Life::begin_with(shop_with("14", "").await, "2027-01-17T10:00:00Z", "good", anna()).await;
    life.until("2027-01-20T10:00:00Z").await;
    let services = &life.shop.t.services;
    let ask = async |wanted: WantedChange| {
        preview_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription, &wanted).await.unwrap()
    };
    let to = |code: &str, add_ons: Option<Vec<(String, i32)>>, at_period_end| WantedChange {
        plan_code: code.to_owned(),
        cycle: BillingCycle::Monthly,
        add_ons,
        quantity: None,
        at_period_end,
    };
    let paid = ask(to("paid", None, false)).await;
    assert!(paid.obstacles.iter().any(|obstacle| obstacle.contains("Paid can't be had in the free trial")), "{:?}", paid.obstacles);
    let confirmed = ConfirmedPreview { wanted: to("paid", None, false), at: paid.at, total: 0, due: 0, total_then: paid.total_then.minor };
    let tenant = services.db.tenant(&life.owner, life.tenant).await.unwrap();
    assert!(change_of_tenant(services, tenant, life.subscription, &confirmed).await.is_err());
    let disks = Some(vec![("disk-10".to_owned(), 3)]);
    let more = ask(to("wordpress", disks.clone(), false)).await;
    assert_eq!(more.obstacles, ["Add-ons can't be added in the free trial. Add them when the next period begins."]);
    assert_eq!(ask(to("paid", disks, true)).await.obstacles, Vec::<String>::new(), "from the next period on, both are paid for");
}
