//! What a repository's host tells, and what comes of it.

use super::world::Shop;
use crate::cloudpods::deploys::{PushError, PushHeaders, receive_push, webhook::reconcile::Pushes};
use chrono::TimeDelta;
use engine::reconcile::{Reconciler, run_due};
use model::{administration::provisioning::JobStatus, hosting::deploys::DeployTrigger};
use serde_json::{Value, json};

const COMMIT: &str = "5d90e1f00000000000000000000000000000aaaa";

/// As `sha256=HEX`.
fn sign(secret: &str, body: &str) -> String {
    // HMAC by its definition, so that the test does not believe what it tests.
    use sha2::{Digest, Sha256};
    let mut key = [0_u8; 64];
    key[..secret.len()].copy_from_slice(secret.as_bytes());
    let hash = |pad: u8, text: &[u8]| Sha256::digest([&key.map(|byte| byte ^ pad)[..], text].concat());
    format!("sha256={}", hex::encode(hash(0x5c, &hash(0x36, body.as_bytes()))))
}

pub(super) fn github(branch: &str, commit: &str) -> String {
    json!({ "ref": format!("refs/heads/{branch}"), "after": commit, "repository": { "name": "shop" } }).to_string()
}

pub(super) async fn push(shop: &Shop, secret: &str, body: &str) -> Result<bool, PushError> {
    let signature = sign(secret, body);
    let headers = PushHeaders { signatures: [Some(&*signature), None, None, None], token: None };
    receive_push(&shop.bench.services.services, &shop.site.to_string(), &headers, body.as_bytes()).await
}

#[tokio::test]
async fn a_signed_push_to_the_branch_is_deployed_and_the_same_one_again_is_not() {
    let shop = Shop::open().await;
    let hook = shop.create_webhook().await.unwrap();
    assert!(hook.url.ends_with(&format!("/api/public/deploys/push?site={}", shop.site)), "{}", hook.url);
    let body = github("main", COMMIT);
    assert!(push(&shop, &hook.secret, &body).await.unwrap());
    assert!(shop.view().await.is_push_waiting);
    shop.finish_jobs().await;
    let view = shop.view().await;
    assert!(!view.is_push_waiting && view.deploys.len() == 1);
    assert_eq!((view.deploys[0].trigger, view.deploys[0].started_by.as_str(), view.deploys[0].is_live), (DeployTrigger::Push, "Push", true));
    // Whoever has heard the message says it again: the commit that is deployed is not deployed again.
    let deployed = view.deploys[0].commit.clone().unwrap();
    assert!(!push(&shop, &hook.secret, &github("main", &deployed)).await.unwrap());
    for other in [github("next", COMMIT), json!({ "zen": "Keep it simple." }).to_string(), "{".to_owned(), github("main", &"0".repeat(40))] {
        assert!(!push(&shop, &hook.secret, &other).await.unwrap(), "{other}");
    }
    shop.finish_jobs().await;
    assert_eq!(shop.view().await.deploys.len(), 1);
}

#[tokio::test]
async fn every_hosts_way_of_signing_is_known_and_nothing_else_is_believed() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let old = shop.create_webhook().await.unwrap().secret;
    let secret = shop.create_webhook().await.unwrap().secret;
    let gitlab = json!({ "object_kind": "push", "ref": "refs/heads/main", "checkout_sha": COMMIT }).to_string();
    let bitbucket = json!({ "push": { "changes": [
        { "new": { "type": "tag", "name": "main", "target": { "hash": "aaaaaaa" } } },
        { "new": { "type": "branch", "name": "main", "target": { "hash": COMMIT } } },
    ] } })
    .to_string();
    let site = shop.site.to_string();
    let ask = async |headers: PushHeaders<'_>, body: &str| {
        sqlx::query("update site_sources set pushed_at = null, pushed_commit = null")
            .execute(&mut shop.bench.services.db.owner().await)
            .await
            .unwrap();
        receive_push(services, &site, &headers, body.as_bytes()).await
    };
    let none = PushHeaders::default();
    let body = github("main", COMMIT);
    let signed = sign(&secret, &body);
    let bare = signed.strip_prefix("sha256=").unwrap();
    for place in 0..4 {
        let mut headers = none;
        headers.signatures[place] = Some(if place == 1 { bare } else { &signed });
        assert!(ask(headers, &body).await.unwrap(), "{place}");
    }
    assert!(ask(PushHeaders { token: Some(&secret), ..none }, &gitlab).await.unwrap());
    let signed_bitbucket = sign(&secret, &bitbucket);
    assert!(ask(PushHeaders { signatures: [None, None, Some(&signed_bitbucket), None], ..none }, &bitbucket).await.unwrap());

    let (with_old, of_other) = (sign(&old, &body), sign(&secret, &gitlab));
    for wrong in ["", "sha256=", "x", &with_old, &of_other, &bare[..62], &format!("sha1={bare}"), &format!("{bare}00")] {
        let headers = PushHeaders { signatures: [Some(wrong), None, None, None], token: Some(wrong) };
        assert!(matches!(ask(headers, &body).await, Err(PushError::Refused)), "{wrong}");
    }
    assert!(matches!(ask(none, &body).await, Err(PushError::Refused)));
    let headers = PushHeaders { token: Some(&secret), ..none };
    for unknown in ["", "x", "0198f3a0-0000-7000-8000-000000000000", "' or true"] {
        assert!(matches!(receive_push(services, unknown, &headers, body.as_bytes()).await, Err(PushError::Refused)), "{unknown}");
    }
}

#[tokio::test]
async fn pushes_while_a_deploy_is_in_progress_are_one_deploy_after_it() {
    let shop = Shop::open().await;
    let secret = shop.create_webhook().await.unwrap().secret;
    let job = shop.start().await.unwrap();
    for commit in ["aaaaaaa1", "aaaaaaa2", "aaaaaaa3"] {
        assert!(push(&shop, &secret, &github("main", commit)).await.unwrap());
    }
    run_due(&shop.bench.services.services).await.unwrap();
    assert_eq!(shop.view().await.deploys.len(), 1, "the CloudPod is busy");
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    shop.bench.services.clock.advance(TimeDelta::seconds(6));
    shop.finish_jobs().await;
    let view = shop.view().await;
    assert_eq!((view.deploys.len(), view.is_push_waiting, shop.live().as_deref()), (2, false, Some("r2")));
}

#[tokio::test]
async fn one_push_after_the_other_leaves_a_minute_to_what_else_a_cloudpod_waits_for() {
    let shop = Shop::open().await;
    let secret = shop.create_webhook().await.unwrap().secret;
    for (commit, count) in [("aaaaaaa1", 1), ("aaaaaaa2", 1)] {
        assert!(push(&shop, &secret, &github("main", commit)).await.unwrap());
        shop.finish_jobs().await;
        assert_eq!(shop.view().await.deploys.len(), count);
    }
    shop.bench.services.clock.advance(TimeDelta::seconds(61));
    shop.finish_jobs().await;
    assert_eq!((shop.view().await.deploys.len(), shop.live().as_deref()), (2, Some("r2")));
}

#[tokio::test]
async fn a_site_takes_so_many_pushes_in_an_hour_and_no_more_and_so_many_deploys() {
    let shop = Shop::open().await;
    let secret = shop.create_webhook().await.unwrap().secret;
    let before = "insert into limit_counts (id, tenant_id, kind, subject, since, count)
                  select gen_random_uuid(), tenant_id, 'site_pushes', website_id, $1, 119 from site_sources";
    sqlx::query(before).bind(shop.bench.services.services.now()).execute(&mut shop.bench.services.db.owner().await).await.unwrap();
    let body: Value = json!({ "ref": "refs/heads/other" });
    assert!(!push(&shop, &secret, &body.to_string()).await.unwrap());
    assert!(matches!(push(&shop, &secret, &body.to_string()).await, Err(PushError::TooMany)));
    shop.bench.services.clock.advance(TimeDelta::minutes(61));
    assert!(!push(&shop, &secret, &body.to_string()).await.unwrap());

    shop.deploy().await;
    sqlx::query(
        "insert into deploys (id, tenant_id, website_id, number, release, trigger, status, config, started_by, job_id, created_at, finished_at)
         select gen_random_uuid(), tenant_id, website_id, number + n, number + n, 'PUSH', 'FAILED', '{}', 'Push', job_id, created_at, created_at
           from deploys, generate_series(1, 29) n",
    )
    .execute(&mut shop.bench.services.db.owner().await)
    .await
    .unwrap();
    let refused = shop.start().await.unwrap_err().into_api();
    assert!(refused.message.starts_with("A site can be deployed 30 times in an hour."), "{}", refused.message);
    shop.bench.services.clock.advance(TimeDelta::minutes(61));
    shop.deploy().await;
}

#[tokio::test]
async fn a_push_that_is_withdrawn_while_its_cloudpod_is_locked_is_not_deployed() {
    let shop = Shop::open().await;
    let secret = shop.create_webhook().await.unwrap().secret;
    assert!(push(&shop, &secret, &github("main", COMMIT)).await.unwrap());
    let mut holder = shop.bench.services.db.owner().await;
    let mut other = shop.bench.services.db.owner().await;
    let (begin, lock) = ("begin", "select from cloud_pods for update");
    for statement in [begin, lock] {
        sqlx::query(statement).execute(&mut holder).await.unwrap();
    }
    let change = async {
        let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut other).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        sqlx::query("update site_sources set pushed_at = null, pushed_commit = null").execute(&mut other).await.unwrap();
        sqlx::query("commit").execute(&mut holder).await.unwrap();
    };
    let (looked, ()) = tokio::join!(Pushes::reconcile(&shop.bench.services.services, shop.site.0), change);
    looked.unwrap();
    assert!(shop.view().await.deploys.is_empty());
}
