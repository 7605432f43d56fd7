//! Domains that buyers type: reserved, never owned.

use super::*;
use core_hosting::domains;
use model::{
    error::ErrorCode,
    page::PageRequest,
    permission::{DomainsManage, DomainsRead},
};

async fn release(shop: &Shop, staff: &db::Caller, domain: &str) -> Result<(), ErrorCode> {
    let tx = shop.t.services.db.platform::<DomainsManage>(staff).await.map_err(|shut| Error::from(shut).into_api().code)?;
    domains::release(&shop.t.services, tx, domain).await.map_err(|error| error.into_api().code)
}

#[tokio::test]
async fn a_typed_domain_is_reserved_and_a_given_one_is_not() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    shop.buy(CheckoutInput { domain: None, ..order("bob@example.com", "") }).await;
    assert_eq!(shop.text("select string_agg(domain, ' ') from domain_reservations").await, "bakery.example");
    assert_eq!(shop.number("select count(*) from audit_events where action = 'DOMAIN_RESERVED' and tenant_id is not null").await, 1);
}

#[tokio::test]
async fn staff_release_the_domain_of_a_pod_that_is_offline_and_somebody_else_can_order_it() {
    let shop = Shop::open().await;
    let admin = shop.t.db.user("admin@hosting.example", Some("PLATFORM_ADMIN")).await;
    let support = shop.t.db.user("support@hosting.example", Some("PLATFORM_SUPPORT")).await;
    shop.buy(anna()).await;
    let bob = || order("bob@example.com", "bakery.example");
    assert_eq!(release(&shop, &support, "bakery.example").await, Err(ErrorCode::Forbidden));
    assert_eq!(release(&shop, &admin, "bakery.example").await, Err(ErrorCode::Conflict), "a site may be online under it");
    assert_eq!(release(&shop, &admin, "nobody.example").await, Err(ErrorCode::NotFound));
    sqlx::query("update cloud_pods set status = 'HELD'").execute(&mut shop.t.db.owner().await).await.unwrap();
    assert_eq!(fields(&faults(shop.try_start(bob()).await)), ["domain"], "reserved, though the pod is offline");
    release(&shop, &admin, " Bakery.Example ").await.unwrap();
    assert_eq!(release(&shop, &admin, "bakery.example").await, Err(ErrorCode::NotFound), "once");
    assert_eq!(
        shop.text("select before ->> 'domain' || ' ' || (after ->> 'domain') || ' ' || (actor ->> 'email') from audit_events where action = 'DOMAIN_RELEASED'").await,
        format!("bakery.example {} admin@hosting.example", shop.text("select primary_domain from cloud_pods").await),
    );
    assert!(shop.text("select primary_domain from cloud_pods").await.ends_with(".sites.example"));
    shop.buy(bob()).await;
    let mut tx = shop.t.services.db.platform::<DomainsRead>(&admin).await.unwrap();
    let list = domains::list(&mut tx, &PageRequest { search: Some("BAKERY".to_owned()), ..PageRequest::default() }).await.unwrap();
    let listed: Vec<_> = list.rows.iter().map(|row| (row.domain.as_str(), row.tenant_name.as_str())).collect();
    assert_eq!(listed, [("bakery.example", "Anna's Bakery")]);
    drop(tx);
    // With its pod a reservation ends by itself.
    sqlx::query(
        "with deleted as (update cloud_pods set status = 'DELETED' where primary_domain = 'bakery.example')
         update site_domains set released_at = now() where domain = 'bakery.example'",
    )
    .execute(&mut shop.t.db.owner().await)
    .await
    .unwrap();
    shop.buy(order("carl@example.com", "bakery.example")).await;
    assert_eq!(shop.number("select count(*) from domain_reservations where domain = 'bakery.example' and released_at is null").await, 1);
}
