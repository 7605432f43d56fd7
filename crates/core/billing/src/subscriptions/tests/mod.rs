mod account;
pub(crate) mod damage;
pub(crate) mod life;
mod overdue;
mod scale;
mod terms;
mod trial;

use super::*;
use crate::checkout::tests::{Shop, anna, order};
use core_administration::servers;
use core_hosting::{
    cloudpods::{self, NewPod},
    testing::{Bench, LIMITS},
};
use engine::{
    reconcile::run_due,
    saga::contract::{finish, worker},
};
use model::{
    administration::provisioning::JobStatus,
    billing::{checkout::CheckoutInput, products::BillingCycle},
    hosting::cloudpods::Stack,
    ids::{CloudPodId, JobId},
};

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
    assert_eq!(detail(services, &mut tx, all[0].id).await.unwrap().subscription, all[0]);
    drop(tx);

    let member = shop.t.db.user("owner@example.com", None).await;
    shop.t.db.member(all[0].tenant, &member, "TENANT_OWNER").await;
    let mut tx = services.db.tenant::<SubscriptionsRead>(&member, all[0].tenant).await.unwrap();
    assert_eq!(of_tenant(&mut tx, &PageRequest::default()).await.unwrap().rows, all[..1]);
    assert_eq!(detail_of_tenant(services, &mut tx, all[0].id).await.unwrap().subscription, all[0]);
    assert!(detail_of_tenant(services, &mut tx, all[1].id).await.is_err(), "somebody else's is not here");
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
    let starts = |day: &str, cycle, numbers: std::ops::Range<i32>| {
        numbers.map(|number| period::start(day.parse().unwrap(), cycle, number).format("%Y-%m-%d").to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(starts("2028-01-31T00:00:00Z", BillingCycle::Monthly, 0..4), "2028-01-31 2028-02-29 2028-03-31 2028-04-30");
    assert_eq!(starts("2028-02-29T00:00:00Z", BillingCycle::Yearly, 0..5), "2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29");
}

/// Brings a job to its end.
async fn done(shop: &Shop, job: JobId) {
    assert_eq!(finish(&shop.t, &worker(&shop.t, Bench::registry()), job).await, JobStatus::Done);
}

/// Every subscription as `product status quantity`, the plan first.
async fn standing(shop: &Shop) -> String {
    shop.text(
        "select string_agg(concat_ws(' ', p.code, s.status, s.quantity), ', ' order by s.parent_id nulls first)
           from subscriptions s join products p on p.id = s.product_id",
    )
    .await
}

#[tokio::test]
async fn a_deleted_pod_is_paid_for_no_longer_and_the_last_one_ends_its_subscription() {
    let shop = Shop::open().await;
    let services = &shop.t.services;
    servers::ensure_simulated(services).await.unwrap();
    shop.buy(CheckoutInput { add_ons: vec!["disk-10".to_owned()], ..anna() }).await;
    let admin = shop.t.db.user("admin@hosting.example", Some("SUPER_ADMIN")).await;
    let mut owner = shop.t.db.owner().await;
    sqlx::query("update servers set site_address = $1").bind(shop.t.servers.sites().to_string()).execute(&mut owner).await.unwrap();
    let (first, name, tenant, subscription, job): (CloudPodId, String, TenantId, SubscriptionId, JobId) = sqlx::query_as(
        "select pod.id, pod.name, pod.tenant_id, pod.subscription_id, job.id from cloud_pods pod join jobs job on job.subject_id = pod.id",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    done(&shop, job).await;
    // A second one of the same subscription.
    sqlx::query("update subscriptions set quantity = 2 where id = $1").bind(subscription).execute(&mut owner).await.unwrap();
    let second = NewPod {
        tenant,
        subscription,
        plan_code: "static".to_owned(),
        stack: Stack::Static,
        runtime: None,
        limits: LIMITS,
        domain: None,
        site_title: "Second".to_owned(),
        region: None,
        admin_email: "anna@bakery.example".to_owned(),
    };
    let mut tx = services.db.system("test").await.unwrap();
    let second = cloudpods::request(services, &mut tx, second).await.unwrap();
    tx.commit_progress().await.unwrap();
    done(&shop, second.job).await;
    run_due(services).await.unwrap();
    assert_eq!(standing(&shop).await, "wordpress ACTIVE 2, disk-10 ACTIVE 1");

    let delete = async |pod, name: &str| {
        let job = cloudpods::delete(services, services.db.platform(&admin).await.unwrap(), pod, name).await.unwrap();
        done(&shop, job).await;
    };
    delete(first, &name).await;
    run_due(services).await.unwrap();
    assert_eq!(standing(&shop).await, "wordpress ACTIVE 1, disk-10 ACTIVE 1");
    delete(second.id, &second.name).await;
    run_due(services).await.unwrap();
    assert_eq!(standing(&shop).await, "wordpress CANCELLED 1, disk-10 CANCELLED 1");
    let mail = shop.text("select body_text from outgoing_mail where template = 'subscription_end'").await;
    assert!(mail.contains("The last CloudPod of WordPress was deleted"), "{mail}");
    let told = "select string_agg(action || ' ' || target_name, ', ' order by seq) from audit_events
                 where action in ('SUBSCRIPTION_UPDATED', 'SUBSCRIPTION_CANCELLED')";
    let told = shop.text(told).await;
    assert_eq!(told.matches("SUBSCRIPTION_UPDATED").count(), 1, "{told}");
    assert_eq!(told.matches("SUBSCRIPTION_CANCELLED").count(), 2, "{told}");
}
