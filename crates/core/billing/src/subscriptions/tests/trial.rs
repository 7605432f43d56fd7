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
    products::create(services, tx().await, ProductInput { code: "large".to_owned(), ..input("Large", "27.00", "") }).await.unwrap();
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
    let wanted = WantedChange { plan_code: "large".to_owned(), cycle: BillingCycle::Monthly, add_ons: None, at_period_end: false };
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
