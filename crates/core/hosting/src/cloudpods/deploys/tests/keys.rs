//! What a repository's host was given is taken back.

use super::world::{REMOTE, Shop, fault, source};
use crate::cloudpods::deploys::{self, PushError, PushHeaders, receive_push, source::secrets::open_key};
use db::TenantTx;
use model::{administration::provisioning::JobStatus, permission::WebsitesWrite};

#[tokio::test]
async fn a_disconnected_repository_leaves_the_live_release_and_the_way_back_and_nothing_of_its_keys() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let first = shop.deploy().await;
    shop.deploy().await;
    let secret = shop.create_webhook().await.unwrap().secret;
    let job = shop.start().await.unwrap();
    assert!(fault(deploys::disconnect(services, shop.write().await, shop.site).await).starts_with("A deploy of this site is in progress."));
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);

    let key = shop.view().await.source.unwrap().deploy_key;
    deploys::disconnect(services, shop.write().await, shop.site).await.unwrap();
    let view = shop.view().await;
    assert!(view.source.is_none() && view.deploys.len() == 3);
    assert_eq!(
        (shop.live().as_deref(), shop.bench.count("select count(*) from site_sources where website_id = $1", shop.site.0).await),
        (Some("r3"), 0)
    );
    let headers = PushHeaders { token: Some(&secret), ..PushHeaders::default() };
    let pushed = receive_push(services, &shop.site.to_string(), &headers, br#"{"ref":"refs/heads/main","after":"aaaaaaa1"}"#).await;
    assert!(matches!(pushed, Err(PushError::Refused)));
    assert_eq!(fault(shop.start().await), "Set the repository of this site first.");
    assert_eq!(fault(deploys::disconnect(services, shop.write().await, shop.site).await), "Set the repository of this site first.");
    let job = shop.roll_back(first.id).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert_eq!(shop.live().as_deref(), Some("r1"));
    assert!(shop.told().await.contains(&"SITE_SOURCE_DISCONNECTED".to_owned()));

    shop.set_source(source(REMOTE)).await.unwrap();
    assert_ne!(shop.view().await.source.unwrap().deploy_key, key);
    assert_eq!(shop.deploy().await.number, 5);
}

#[tokio::test]
async fn a_replaced_deploy_key_is_the_only_one_and_a_deleted_webhook_takes_no_push() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let before = shop.view().await.source.unwrap().deploy_key;
    let sealed = async || -> Vec<u8> {
        sqlx::query_scalar("select sealed_key from site_sources").fetch_one(&mut shop.bench.services.db.owner().await).await.unwrap()
    };
    let private = open_key(&services.key, shop.site, &sealed().await).unwrap();
    deploys::rotate_key(services, shop.write().await, shop.site).await.unwrap();
    let after = shop.view().await.source.unwrap().deploy_key;
    assert!(after != before && after.starts_with("ssh-ed25519 "), "{after}");
    assert_ne!(open_key(&services.key, shop.site, &sealed().await).unwrap(), private);
    shop.deploy().await;

    assert_eq!(fault(deploys::delete_webhook(services, shop.write().await, shop.site).await), "This site has no push webhook.");
    let secret = shop.create_webhook().await.unwrap().secret;
    let headers = PushHeaders { token: Some(&secret), ..PushHeaders::default() };
    let push = async |commit: &str| {
        let body = serde_json::json!({ "ref": "refs/heads/main", "after": commit }).to_string();
        receive_push(services, &shop.site.to_string(), &headers, body.as_bytes()).await
    };
    assert!(push("aaaaaaa1").await.unwrap());
    deploys::delete_webhook(services, shop.write().await, shop.site).await.unwrap();
    assert!(matches!(push("aaaaaaa2").await, Err(PushError::Refused)));
    let view = shop.view().await;
    assert!(!view.is_push_waiting && view.source.unwrap().webhook_at.is_none());
    let told = shop.told().await;
    assert!(told.contains(&"SITE_DEPLOY_KEY_ROTATED".to_owned()) && told.contains(&"SITE_WEBHOOK_DELETED".to_owned()), "{told:?}");
}

#[tokio::test]
async fn nobody_else_takes_a_sites_keys_back() {
    let shop = Shop::open().await;
    shop.create_webhook().await.unwrap();
    let services = &shop.bench.services.services;
    let rival = shop.bench.services.db.user("eve@example.test", None).await;
    let other = shop.bench.services.db.tenant("globex").await;
    shop.bench.services.db.member(other, &rival, "TENANT_OWNER").await;
    let theirs = async || -> TenantTx<WebsitesWrite> { services.db.tenant(&rival, other).await.unwrap() };
    assert_eq!(fault(deploys::disconnect(services, theirs().await, shop.site).await), "Site not found.");
    assert_eq!(fault(deploys::rotate_key(services, theirs().await, shop.site).await), "Site not found.");
    assert_eq!(fault(deploys::delete_webhook(services, theirs().await, shop.site).await), "Site not found.");
    assert!(shop.view().await.source.unwrap().webhook_at.is_some());
}
