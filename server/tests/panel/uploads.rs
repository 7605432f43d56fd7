//! Archives that are uploaded, over HTTP.

use crate::{
    client::Visitor,
    seed::{text, used},
};
use serde_json::json;

#[tokio::test]
async fn an_archive_goes_to_its_server_piece_by_piece_and_nobody_else_uploads_one() {
    // Whoever works has the simulated servers.
    let used = used(&[]).await;
    let (bert, slug, site) = (used.bert(), &used.seed.bert.slug, &used.seed.bert.website);
    let path = format!("/api/tenant/hosting/deploys/upload?slug={slug}&id={site}");
    let send = async |visitor: &Visitor, path: &str, pieces: usize| {
        let parts = (0..pieces).map(|_| Ok::<_, std::io::Error>(vec![7_u8; 64 << 10]));
        visitor.send(visitor.request("POST", path).body(reqwest::Body::wrap_stream(futures::stream::iter(parts)))).await
    };
    let named = format!("{path}&name=shop.tgz&publish=public");
    assert_eq!(send(&used.stranger(), &named, 1).await.status, 401);
    assert_eq!(send(&used.anna(), &named, 1).await.status, 404);
    let theirs = named.replace(site.as_str(), &used.seed.anna.website);
    assert_eq!(send(&bert, &theirs, 1).await.status, 404);
    for (wrong, field) in [(path.clone(), "name"), (format!("{path}&name=shop.exe"), "name"), (format!("{named}/../.."), "publish")] {
        let refused = send(&bert, &wrong, 1).await;
        assert_eq!((refused.status, text(&refused.json()["fields"][0]["field"]).as_str()), (422, field), "{refused:?}");
    }
    assert_eq!(send(&bert, &named, 0).await.status, 422, "an empty file");
    let head = format!("POST {named} HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nContent-Length: {}\r\n\r\n", used.seed.bert.cookie, 600_u64 << 20);
    let answer = bert.raw(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("limit 512 MiB"), "{answer}");
    let get = async || bert.must("/api/tenant/hosting/deploys/get", json!({ "slug": slug, "id": site })).await["deploys"].clone();
    let before = get().await.as_array().map_or(0, Vec::len);

    // More than any other way in takes.
    let taken = send(&bert, &named, 48).await;
    assert_eq!(taken.status, 200, "{taken:?}");
    let deploys = get().await;
    assert_eq!(
        (deploys[0]["trigger"].as_str(), deploys[0]["subject"].as_str(), &deploys[0]["job"]),
        (Some("UPLOAD"), Some("shop.tgz"), &taken.json())
    );
    assert_eq!(deploys.as_array().map(Vec::len), Some(before + 1));
}
