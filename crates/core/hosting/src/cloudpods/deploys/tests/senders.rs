//! Wrong messages to webhooks, by the address that they come from.

use super::world::Shop;
use crate::cloudpods::deploys::{PushError, PushHeaders, receive_push_from};
use chrono::TimeDelta;

const BODY: &[u8] = br#"{"ref":"refs/heads/other"}"#;

#[tokio::test]
async fn after_twenty_wrong_messages_to_a_webhook_an_address_is_told_to_stop_and_right_ones_are_taken() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let secret = shop.create_webhook().await.unwrap().secret;
    let site = shop.site.to_string();
    let push = async |ip: &str, site: &str, token: &str| {
        let headers = PushHeaders { token: Some(token), ..PushHeaders::default() };
        receive_push_from(services, Some(ip), site, &headers, BODY).await
    };
    for _ in 0..20 {
        assert!(matches!(push("192.0.2.1", &site, "guessed").await, Err(PushError::Refused)));
    }
    assert!(matches!(push("192.0.2.1", &site, "guessed").await, Err(PushError::TooMany)));
    assert!(push("192.0.2.1", &site, &secret).await.is_ok(), "somebody else may have sent the wrong ones from there");
    assert!(push("192.0.2.2", &site, &secret).await.is_ok(), "another address");
    assert!(matches!(push("192.0.2.1", "0198f3a0-0000-7000-8000-000000000000", "guessed").await, Err(PushError::Refused)), "another webhook");
    assert!(matches!(push("2001:db8:1:2::1", &site, "guessed").await, Err(PushError::Refused)));

    shop.bench.services.clock.advance(TimeDelta::minutes(61));
    assert!(push("192.0.2.1", &site, &secret).await.is_ok());
    assert!(matches!(push("192.0.2.9", "none", "guessed").await, Err(PushError::Refused)));
    let left: i64 = sqlx::query_scalar("select count(*) from push_refusals").fetch_one(&mut shop.bench.services.db.owner().await).await.unwrap();
    assert_eq!(left, 1, "what is older than an hour is forgotten");
}

#[tokio::test]
async fn what_is_stored_of_an_address_that_tries_many_webhooks_has_an_end() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    sqlx::query("insert into push_refusals (peer, site, since, refused) select '192.0.2.1', gen_random_uuid(), $1, 1 from generate_series(1, 300)")
        .bind(services.now())
        .execute(&mut shop.bench.services.db.owner().await)
        .await
        .unwrap();
    let headers = PushHeaders { token: Some("guessed"), ..PushHeaders::default() };
    let unknown = "0198f3a0-0000-7000-8000-000000000000";
    assert!(matches!(receive_push_from(services, Some("192.0.2.1"), unknown, &headers, BODY).await, Err(PushError::TooMany)));
    let secret = shop.create_webhook().await.unwrap().secret;
    let headers = PushHeaders { token: Some(&secret), ..PushHeaders::default() };
    let taken = receive_push_from(services, Some("192.0.2.1"), &shop.site.to_string(), &headers, BODY).await;
    assert!(taken.is_ok(), "a right message is taken: the hosts of repositories send everybody's from the same addresses");
    let stored: i64 = sqlx::query_scalar("select count(*) from push_refusals").fetch_one(&mut shop.bench.services.db.owner().await).await.unwrap();
    assert_eq!(stored, 300);
}
