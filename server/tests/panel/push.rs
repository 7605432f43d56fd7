//! What a repository's host tells, over HTTP.

use crate::seed::{text, used};
use serde_json::json;

#[tokio::test]
async fn a_push_is_taken_with_its_signature_only_and_not_when_it_is_too_large() {
    let used = used(&["--no-work"]).await;
    let (bert, slug, site) = (used.bert(), &used.seed.bert.slug, &used.seed.bert.website);
    let input = json!({
        "remote": "https://git.example.test/shop.git", "branch": "main", "folder": "", "build_command": "", "publish": "", "start_file": "", "shared": "",
    });
    bert.must("/api/tenant/hosting/deploys/set_source", json!({ "slug": slug, "id": site, "input": input })).await;
    let hook = bert.must("/api/tenant/hosting/deploys/create_webhook", json!({ "slug": slug, "id": site })).await;
    let (secret, url) = (text(&hook["secret"]), text(&hook["url"]));
    let path = url.split_once("/api/").map(|(_, rest)| format!("/api/{rest}")).expect("an address of the panel's");
    let body = json!({ "ref": "refs/heads/main", "checkout_sha": "5d90e1f00000000000000000000000000000aaaa" }).to_string();
    let stranger = used.stranger();
    let named = stranger.get("/api/openapi.json").await.json()["paths"]["/api/public/deploys/push"]["post"]["parameters"][0].clone();
    assert_eq!((named["name"].as_str(), named["in"].as_str(), named["required"].as_bool()), (Some("site"), Some("query"), Some(true)), "{named}");
    assert_eq!(path, format!("/api/public/deploys/push?site={site}"));
    let push = async |token: &str, path: &str, body: String| {
        stranger.send(stranger.request("POST", path).header("x-gitlab-token", token).header("content-type", "application/json").body(body)).await
    };
    let forged = push("guessed", &path, body.clone()).await;
    assert_eq!(forged.status, 422, "{forged:?}");
    let unknown = push(&secret, &path.replace(site.as_str(), &used.seed.anna.website), body.clone()).await;
    assert_eq!((unknown.status, &unknown.text), (422, &forged.text), "no webhook looks like a wrong signature");
    assert_eq!(push(&secret, &path, "x".repeat(1100 * 1024)).await.status, 413);
    let taken = push(&secret, &path, body.clone()).await;
    assert_eq!((taken.status, taken.json()["deploys"].as_bool()), (200, Some(true)), "{taken:?}");
    let again = push(&secret, &path, body).await;
    assert_eq!(again.json()["deploys"].as_bool(), Some(false), "{again:?}");
    let view = bert.must("/api/tenant/hosting/deploys/get", json!({ "slug": slug, "id": site })).await;
    assert_eq!(view["is_push_waiting"].as_bool(), Some(true), "{view}");
    assert!(!view.to_string().contains(&secret));
}

#[tokio::test]
async fn an_address_is_told_to_stop_after_too_many_wrong_pushes() {
    let used = used(&["--no-work"]).await;
    let path = format!("/api/public/deploys/push?site={}", used.seed.bert.website);
    let stranger = used.stranger();
    let push = async || {
        let request = stranger.request("POST", &path).header("x-gitlab-token", "guessed").header("content-type", "application/json");
        stranger.send(request.body("{}".to_owned())).await.status
    };
    for _ in 0..20 {
        assert_eq!(push().await, 422);
    }
    assert_eq!(push().await, 429);
}
