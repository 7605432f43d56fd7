use super::*;
use crate::checkout::tests::{Shop, anna, order};
use model::billing::{checkout::CheckoutInput, products::BillingCycle};

#[tokio::test]
async fn staff_see_all_and_a_tenant_its_own() {
    let shop = Shop::open().await;
    shop.buy(CheckoutInput { add_ons: vec!["disk-10".to_owned()], ..anna() }).await;
    shop.buy(CheckoutInput { billing_cycle: "YEARLY".to_owned(), ..order("bob@example.com", "bob.example") }).await;
    let services = &shop.t.services;
    let mut tx = services.db.system("test").await.unwrap();
    let all = list(&mut tx, &PageRequest::default()).await.unwrap().rows;
    assert_eq!(all.len(), 3);
    assert_eq!((all[0].cycle, all[0].price.to_string().as_str()), (BillingCycle::Yearly, "€90.00"));
    let cancelled = PageRequest { state: Some("CANCELLED".to_owned()), ..PageRequest::default() };
    assert!(list(&mut tx, &cancelled).await.unwrap().rows.is_empty());
    assert_eq!(get(&mut tx, all[0].id).await.unwrap(), all[0]);
    drop(tx);

    let member = shop.t.db.user("owner@example.com", None).await;
    shop.t.db.member(all[0].tenant, &member, "TENANT_OWNER").await;
    let mut tx = services.db.tenant::<SubscriptionsRead>(&member, all[0].tenant).await.unwrap();
    assert_eq!(of_tenant(&mut tx, &PageRequest::default()).await.unwrap().rows, all[..1]);
    assert_eq!(get_of_tenant(&mut tx, all[0].id).await.unwrap(), all[0]);
    assert!(get_of_tenant(&mut tx, all[1].id).await.is_err(), "somebody else's is not here");
}

#[tokio::test]
async fn an_add_on_shows_the_pod_of_its_plan() {
    let shop = Shop::open().await;
    shop.buy(CheckoutInput { add_ons: vec!["disk-10".to_owned()], ..anna() }).await;
    let mut tx = shop.t.services.db.system("test").await.unwrap();
    let rows = list(&mut tx, &PageRequest::default()).await.unwrap().rows;
    let pod = shop.text("select name from cloud_pods").await;
    assert!(rows.iter().all(|row| row.pod_name.as_ref() == Some(&pod)), "{rows:?}");
}

#[test]
fn a_cycle_ends_by_the_calendar() {
    let end = |day: &str, cycle| period::end(day.parse().unwrap(), cycle).to_rfc3339();
    assert_eq!(end("2026-01-31T10:00:00Z", BillingCycle::Monthly), "2026-02-28T10:00:00+00:00");
    assert_eq!(end("2026-11-22T10:00:00Z", BillingCycle::Monthly), "2026-12-22T10:00:00+00:00");
    assert_eq!(end("2028-02-29T10:00:00Z", BillingCycle::Yearly), "2029-02-28T10:00:00+00:00");
}
