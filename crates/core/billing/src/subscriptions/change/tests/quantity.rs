//! A plan for more than one CloudPod.

use super::*;

fn so_many(quantity: i32) -> WantedChange {
    WantedChange { quantity: Some(quantity), ..to("wordpress", BillingCycle::Monthly) }
}

async fn preview(life: &Life, wanted: &WantedChange) -> Result<ChangePreview> {
    let services = &life.shop.t.services;
    preview_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription, wanted).await
}

async fn pods(life: &Life) -> String {
    life.shop.text("select string_agg(status || ' ' || plan_code, ', ' order by id) from cloud_pods").await
}

#[tokio::test]
async fn a_plan_for_more_pods_is_charged_for_the_rest_of_the_period_and_they_are_made() {
    let life = with_larger_plan("good").await;
    life.until("2027-03-16T20:00:00Z").await;
    let shown = preview(&life, &so_many(3)).await.unwrap();
    assert_eq!(shown.obstacles, Vec::<String>::new());
    // Half of March is left: one is credited, three are charged.
    assert_eq!(
        shown.lines.iter().map(|line| (line.description.as_str(), line.net.minor)).collect::<Vec<_>>(),
        [("WordPress, unused", -450), ("3 × WordPress", 1350)]
    );
    assert_eq!((shown.due.minor, shown.total_then.minor), (1071, 3213));
    agree_to(&life, so_many(3), &shown).await.unwrap();
    life.look().await;
    assert_eq!(pods(&life).await, "RUNNING wordpress, RUNNING wordpress, RUNNING wordpress");
    assert_eq!(life.shop.number("select count(distinct primary_domain) from cloud_pods where site_title = 'Anna''s Bakery'").await, 3);
    assert_eq!(life.detail().await.subscription.quantity, 3);
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071", "INV3 PAID 3213"]);
    // Fewer is what is left after a deletion, not what is chosen.
    let fewer = preview(&life, &so_many(1)).await.unwrap();
    assert!(fewer.obstacles.iter().any(|why| why.contains("Delete 2 of them first")), "{:?}", fewer.obstacles);
    assert!(agree_to(&life, so_many(1), &fewer).await.is_err());
    assert_eq!(life.detail().await.subscription.quantity, 3);
    life.check_books().await;
}

#[tokio::test]
async fn more_pods_can_be_scheduled_for_the_next_period() {
    let life = with_larger_plan("good").await;
    let later = WantedChange { at_period_end: true, ..so_many(2) };
    let shown = preview(&life, &later).await.unwrap();
    assert_eq!((shown.due.minor, shown.total_then.minor, shown.obstacles.len()), (0, 2142, 0));
    agree_to(&life, later, &shown).await.unwrap();
    life.look().await;
    assert_eq!(pods(&life).await, "RUNNING wordpress");
    life.until("2027-04-01T08:00:00Z").await;
    life.look().await;
    assert_eq!((pods(&life).await.as_str(), life.invoices().await[1].as_str()), ("RUNNING wordpress, RUNNING wordpress", "INV2 PAID 2142"));
}

#[tokio::test]
async fn what_is_not_paid_makes_no_pod() {
    let life = with_larger_plan("empty").await;
    let shown = preview(&life, &so_many(2)).await.unwrap();
    assert!(agree_to(&life, so_many(2), &shown).await.is_err());
    life.look().await;
    assert_eq!((pods(&life).await.as_str(), life.detail().await.subscription.quantity), ("RUNNING wordpress", 1));
    life.check_books().await;
}

#[tokio::test]
async fn what_cannot_be_had_is_said_before_it_is_confirmed() {
    let life = with_larger_plan("good").await;
    for quantity in [0, -1, 101] {
        let refused = preview(&life, &so_many(quantity)).await.unwrap_err().into_api();
        assert_eq!(refused.fields[0].field, "quantity", "{quantity}");
    }
    // Room for one more.
    sqlx::query("update servers set max_pods = 2").execute(&mut life.shop.t.db.owner().await).await.unwrap();
    assert_eq!(preview(&life, &so_many(2)).await.unwrap().obstacles, Vec::<String>::new());
    let full = preview(&life, &so_many(3)).await.unwrap();
    assert!(full.obstacles.iter().any(|why| why.contains("enough free capacity for 2 more")), "{:?}", full.obstacles);
    assert!(agree_to(&life, so_many(3), &full).await.is_err());
    // One that is on its way out counts until it is gone.
    sqlx::query("update cloud_pods set status = 'FAILED'").execute(&mut life.shop.t.db.owner().await).await.unwrap();
    let failed = preview(&life, &so_many(2)).await.unwrap();
    assert!(failed.obstacles.iter().any(|why| why.contains("needs attention")), "{:?}", failed.obstacles);
    sqlx::query("update cloud_pods set status = 'RUNNING'").execute(&mut life.shop.t.db.owner().await).await.unwrap();
    let both = WantedChange { add_ons: Some(vec![("disk-10".to_owned(), 1)]), ..so_many(2) };
    let both = preview(&life, &both).await.unwrap();
    assert!(both.obstacles.iter().any(|why| why.contains("Add-ons are for a plan with one CloudPod")), "{:?}", both.obstacles);
    assert_eq!(life.invoices().await, ["INV1 PAID 1071"]);
}
