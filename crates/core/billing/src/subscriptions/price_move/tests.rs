use super::*;
use crate::subscriptions::tests::life::Life;
use db::PlatformTx;
use model::{
    billing::{products::ProductInput, subscriptions::Upcoming},
    permission::{ProductsRead, ProductsWrite},
};

/// The plan costs this from now on.
async fn set_price(life: &Life, monthly: &str) {
    let services = &life.shop.t.services;
    let tx: PlatformTx<ProductsWrite> = services.db.platform(&life.admin).await.unwrap();
    let input = ProductInput {
        name: "WordPress".to_owned(),
        monthly: monthly.to_owned(),
        yearly: "90.00".to_owned(),
        memory_mb: 512,
        ..products::static_plan()
    };
    products::update(services, tx, "wordpress", input).await.unwrap();
}

async fn preview(life: &Life, days: i32) -> Result<PriceMovePreview> {
    let services = &life.shop.t.services;
    let mut tx: PlatformTx<SubscriptionsRead> = services.db.platform(&life.admin).await.unwrap();
    preview_price_move(services, &mut tx, "wordpress", days).await
}

async fn agree(life: &Life, days: i32, count: i64, after: i64) -> Result<()> {
    let services = &life.shop.t.services;
    move_prices(services, services.db.platform(&life.admin).await.unwrap(), "wordpress", days, count, after).await
}

#[tokio::test]
async fn a_new_price_of_a_product_never_alters_a_sold_subscription() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    set_price(&life, "12.00").await;
    life.until("2027-05-01T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071", "INV3 PAID 1071"]);
    let mut tx: PlatformTx<ProductsRead> = life.shop.t.services.db.platform(&life.admin).await.unwrap();
    let versions = products::prices(&mut tx, "wordpress").await.unwrap();
    assert_eq!(versions.iter().map(|price| price.monthly.minor).collect::<Vec<_>>(), [1200, 900], "both versions are kept");
    set_price(&life, "12.00").await;
    assert_eq!(products::prices(&mut tx, "wordpress").await.unwrap().len(), 2, "no new version without a new price");
}

#[tokio::test]
async fn subscriptions_are_moved_to_the_present_price_as_previewed_after_the_notice() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    assert!(preview(&life, 30).await.unwrap().groups.is_empty());
    assert!(agree(&life, 30, 0, 0).await.is_err(), "nothing to move");
    set_price(&life, "12.00").await;
    assert!(preview(&life, 7).await.is_err(), "too short a notice");
    let shown = preview(&life, 30).await.unwrap();
    let group = &shown.groups[0];
    assert_eq!((shown.groups.len(), group.count, group.before.minor, group.after.minor), (1, 1, 900, 1200));
    assert!(agree(&life, 30, 1, 1300).await.is_err(), "another sum than was shown");
    life.until("2027-03-10T08:00:00Z").await;
    agree(&life, 30, 1, 1200).await.unwrap();
    life.look().await;
    let mail = life.shop.text("select body_text from outgoing_mail where template = 'price_change'").await;
    assert!(mail.contains("from €9.00 to €12.00 a month") && mail.contains("1 May 2027"), "{mail}");
    assert!(life.detail().await.upcoming.iter().any(|(at, step)| *step == Upcoming::PriceChange && at.to_rfc3339() == "2027-05-01T08:00:00+00:00"));
    assert!(preview(&life, 30).await.unwrap().groups.is_empty(), "they are being moved already");
    life.until("2027-06-01T08:00:00Z").await;
    // 1 April is within the notice; from May on it is 12.00.
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071", "INV3 PAID 1428", "INV4 PAID 1428"]);
    assert_eq!(life.detail().await.items[0].price.minor, 1200);
    assert_eq!(life.shop.number("select count(*) from outgoing_mail where template = 'price_change'").await, 1);
    life.check_books().await;
}

#[tokio::test]
async fn a_price_counts_for_a_credit_only_once_it_was_charged() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    set_price(&life, "12.00").await;
    agree(&life, 14, 1, 1200).await.unwrap();
    life.until("2027-03-31T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 OPEN 1428"], "invoiced at the new price");
    assert_eq!(life.detail().await.subscription.price.minor, 900, "which counts when the period begins");
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.detail().await.subscription.price.minor, 1200);
}

#[tokio::test]
async fn a_move_does_not_wait_for_a_subscription_that_is_being_renewed() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    set_price(&life, "12.00").await;
    let mut renewal = life.shop.t.services.db.system("test").await.unwrap();
    crate::subscriptions::queries::lock_plan(renewal.conn(), life.subscription).await.unwrap().expect("a plan");
    let moved = tokio::time::timeout(std::time::Duration::from_secs(30), agree(&life, 30, 1, 1200)).await;
    moved.expect("each would wait for the other").unwrap();
    renewal.finish().await.unwrap();
}
