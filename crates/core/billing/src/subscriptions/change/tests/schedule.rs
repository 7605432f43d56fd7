//! Changes that are made when the next period begins.

use super::*;
use model::billing::subscriptions::Upcoming;

fn later(code: &str, cycle: BillingCycle) -> WantedChange {
    WantedChange { at_period_end: true, ..to(code, cycle) }
}

/// Schedules a change.
async fn schedule(life: &Life, wanted: WantedChange) -> ChangePreview {
    let services = &life.shop.t.services;
    let tenant = services.db.tenant(&life.owner, life.tenant).await.unwrap();
    let preview = preview_of_tenant(services, tenant, life.subscription, &wanted).await.unwrap();
    assert_eq!((preview.lines.len(), preview.total.minor), (0, 0), "nothing is charged now");
    agree_to(life, wanted, &preview).await.unwrap();
    preview
}

async fn take_back(life: &Life) -> Result<()> {
    let services = &life.shop.t.services;
    unschedule_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription).await
}

#[tokio::test]
async fn a_change_at_the_end_of_the_period_costs_nothing_now_and_is_made_then() {
    let life = with_larger_plan("good").await;
    life.until("2027-03-16T20:00:00Z").await;
    let shown = schedule(&life, later("large", BillingCycle::Monthly)).await;
    assert_eq!((shown.total_then.minor, shown.renews_at.to_rfc3339().as_str()), (3213, "2027-04-01T08:00:00+00:00"));
    let detail = life.detail().await;
    let scheduled = detail.scheduled.unwrap();
    assert_eq!((scheduled.products, scheduled.total.minor), (vec!["large".to_owned()], 3213));
    assert_eq!((detail.total.minor, detail.items[0].product_name.as_str()), (1071, "WordPress"), "until then it is what it was");
    assert!(detail.upcoming.iter().any(|(_, step)| *step == Upcoming::PlanChange));
    let limits = "select concat_ws(' ', memory_mb, reserved_memory_mb) from cloud_pod_quotas";
    assert_eq!(life.shop.text(limits).await, "512 1024", "room is kept");
    life.until("2027-03-31T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 OPEN 3213"]);
    assert_eq!(life.detail().await.subscription.product_name, "WordPress");
    life.until("2027-04-01T08:00:00Z").await;
    let detail = life.detail().await;
    assert_eq!((detail.subscription.product_name.as_str(), detail.scheduled), ("large", None));
    assert_eq!(life.shop.text(limits).await, "1024");
    life.until("2027-05-01T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 3213", "INV3 PAID 3213"]);
    life.check_books().await;
}

#[tokio::test]
async fn another_cycle_at_the_end_of_the_period_begins_there() {
    let life = with_larger_plan("good").await;
    schedule(&life, later("wordpress", BillingCycle::Yearly)).await;
    life.until("2027-04-02T08:00:00Z").await;
    let subscription = life.detail().await.subscription;
    assert_eq!((subscription.cycle, subscription.price.minor), (BillingCycle::Yearly, 9000));
    assert_eq!(subscription.renews_at.to_rfc3339(), "2028-04-01T08:00:00+00:00");
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 10710"]);
    life.check_books().await;
}

#[tokio::test]
async fn a_scheduled_change_is_replaced_by_a_new_one_and_can_be_taken_back_also_when_it_was_invoiced() {
    let life = with_larger_plan("good").await;
    assert!(take_back(&life).await.is_err(), "none is scheduled");
    schedule(&life, later("wordpress", BillingCycle::Yearly)).await;
    life.shop.t.clock.advance(Duration::seconds(1));
    schedule(&life, later("large", BillingCycle::Monthly)).await;
    assert_eq!(life.shop.number("select count(*) from subscription_changes where status = 'SCHEDULED'").await, 1);
    life.until("2027-03-26T08:00:00Z").await;
    assert_eq!(life.invoices().await[1], "INV2 OPEN 3213");
    take_back(&life).await.unwrap();
    assert_eq!(life.shop.text("select concat_ws(' ', memory_mb, reserved_memory_mb) from cloud_pod_quotas").await, "512");
    life.until("2027-04-01T08:00:00Z").await;
    let invoices = life.invoices().await;
    assert!(invoices.contains(&"INV2 VOID 3213".to_owned()) && invoices.last() == Some(&"INV3 PAID 1071".to_owned()), "{invoices:?}");
    assert_eq!(life.detail().await.subscription.product_name, "WordPress");
    life.check_books().await;
}

#[tokio::test]
async fn a_subscription_that_is_to_end_has_no_change_scheduled() {
    let life = with_larger_plan("good").await;
    schedule(&life, later("large", BillingCycle::Monthly)).await;
    let services = &life.shop.t.services;
    let tenant = services.db.tenant(&life.owner, life.tenant).await.unwrap();
    crate::subscriptions::cancel_at_period_end_of_tenant(services, tenant, life.subscription).await.unwrap();
    assert_eq!(life.detail().await.scheduled, None);
}
