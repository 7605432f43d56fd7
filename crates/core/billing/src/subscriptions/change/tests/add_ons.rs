//! Add-ons that are bought and given up in mid-period.

use super::*;

fn with_add_ons(codes: &[&str]) -> WantedChange {
    so_many(&codes.iter().map(|code| (*code, 1)).collect::<Vec<_>>())
}

fn so_many(add_ons: &[(&str, i32)]) -> WantedChange {
    let add_ons = add_ons.iter().map(|(code, quantity)| ((*code).to_owned(), *quantity)).collect();
    WantedChange { add_ons: Some(add_ons), ..to("wordpress", BillingCycle::Monthly) }
}

async fn change_to(life: &Life, wanted: WantedChange) -> ChangePreview {
    let services = &life.shop.t.services;
    let tenant = services.db.tenant(&life.owner, life.tenant).await.unwrap();
    let preview = preview_of_tenant(services, tenant, life.subscription, &wanted).await.unwrap();
    assert_eq!(preview.obstacles, Vec::<String>::new());
    agree_to(life, wanted, &preview).await.unwrap();
    preview
}

async fn items(life: &Life) -> Vec<String> {
    life.detail().await.items.into_iter().map(|item| format!("{} {}", item.product_name, item.net.minor)).collect()
}

#[tokio::test]
async fn an_add_on_is_charged_for_the_rest_of_its_plans_period_and_renews_with_it() {
    let life = with_larger_plan("good").await;
    life.until("2027-03-16T20:00:00Z").await;
    let preview = change_to(&life, with_add_ons(&["disk-10"])).await;
    // Half of March at 2.00 a month.
    assert_eq!(preview.lines.iter().map(|line| line.net.minor).collect::<Vec<_>>(), [100]);
    assert_eq!((preview.due.minor, preview.total_then.minor), (119, 1309));
    assert_eq!(preview.limits_after.disk_mb - preview.limits_before.disk_mb, 10_240);
    assert_eq!(items(&life).await, ["WordPress 900", "10 GB extra disk 200"]);
    life.look().await;
    assert_eq!(life.shop.number("select disk_mb::bigint from cloud_pod_quotas where is_applied").await, i64::from(preview.limits_after.disk_mb));
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 119", "INV3 PAID 1309"], "one invoice for both");
    life.check_books().await;
}

#[tokio::test]
async fn an_add_on_that_is_given_up_is_credited_and_renews_no_more() {
    let shop = Shop::open().await;
    let input = CheckoutInput { add_ons: vec!["disk-10".to_owned()], ..crate::checkout::tests::anna() };
    let life = with_larger_plan_for(shop, "good", input).await;
    life.until("2027-03-16T20:00:00Z").await;
    let preview = change_to(&life, with_add_ons(&[])).await;
    assert_eq!((preview.net.minor, preview.total.minor, preview.total_then.minor), (-100, -119, 1071));
    assert_eq!(items(&life).await, ["WordPress 900"]);
    assert_eq!(life.shop.text("select status from subscriptions where parent_id is not null").await, "CANCELLED");
    life.until("2027-04-01T08:00:00Z").await;
    let invoices = life.invoices().await;
    assert_eq!(invoices.last().map(String::as_str), Some("INV2 PAID 1071"), "{invoices:?}");
    life.check_books().await;
}

#[tokio::test]
async fn an_add_on_can_be_scheduled_and_what_is_not_on_sale_is_refused_on_its_field() {
    let life = with_larger_plan("good").await;
    let services = &life.shop.t.services;
    let tenant = services.db.tenant(&life.owner, life.tenant).await.unwrap();
    let refused = preview_of_tenant(services, tenant, life.subscription, &with_add_ons(&["large"])).await.unwrap_err().into_api();
    assert_eq!(refused.fields[0].field, "add_ons");
    change_to(&life, WantedChange { at_period_end: true, ..with_add_ons(&["disk-10"]) }).await;
    assert_eq!(items(&life).await, ["WordPress 900"]);
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(items(&life).await, ["WordPress 900", "10 GB extra disk 200"]);
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1309"]);
    life.until("2027-05-01T08:00:00Z").await;
    assert_eq!(life.invoices().await[2], "INV3 PAID 1309");
}

#[tokio::test]
async fn more_of_an_add_on_is_charged_and_fewer_are_credited_and_the_pod_gets_what_they_add() {
    let life = with_larger_plan("good").await;
    change_to(&life, with_add_ons(&["disk-10"])).await;
    life.until("2027-03-16T20:00:00Z").await;
    let more = change_to(&life, so_many(&[("disk-10", 3)])).await;
    assert_eq!(
        more.lines.iter().map(|line| (line.description.as_str(), line.net.minor)).collect::<Vec<_>>(),
        [("10 GB extra disk, unused", -100), ("3 × 10 GB extra disk", 300)]
    );
    assert_eq!((more.limits_after.disk_mb - more.limits_before.disk_mb, more.total_then.minor), (20_480, 1785));
    assert_eq!(items(&life).await, ["WordPress 900", "10 GB extra disk 600"]);
    life.shop.t.clock.advance(Duration::seconds(1));
    life.look().await;
    let fewer = change_to(&life, so_many(&[("disk-10", 2)])).await;
    assert_eq!((fewer.net.minor, fewer.total_then.minor), (-100, 1547));
    life.until("2027-04-01T08:00:00Z").await;
    let invoices = life.invoices().await;
    assert_eq!(invoices.last().map(String::as_str), Some("INV4 PAID 1547"), "{invoices:?}");
    let services = &life.shop.t.services;
    let tenant = services.db.tenant(&life.owner, life.tenant).await.unwrap();
    let refused = preview_of_tenant(services, tenant, life.subscription, &so_many(&[("disk-10", 0)])).await.unwrap_err().into_api();
    assert_eq!(refused.fields[0].field, "add_ons");
    life.check_books().await;
}
