use axum::{
    Router,
    body::Body,
    http::{Request, header},
    middleware,
    routing::get,
};
use tower::ServiceExt;

/// How the answer to such a browser travels.
async fn encoding(site: Option<&str>) -> Option<String> {
    let page = Router::new().route("/", get(async || "a word ".repeat(100))).layer(super::layer()).layer(middleware::from_fn(super::for_our_own));
    let mut request = Request::get("/").header(header::ACCEPT_ENCODING, "gzip, br");
    if let Some(site) = site {
        request = request.header("sec-fetch-site", site);
    }
    let answer = page.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    answer.headers().get(header::CONTENT_ENCODING).map(|encoding| encoding.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_answer_is_compressed_when_our_own_page_or_the_person_asked_and_not_when_another_site_did() {
    assert_eq!(encoding(Some("same-origin")).await.as_deref(), Some("br"));
    assert_eq!(encoding(Some("none")).await.as_deref(), Some("br"));
    for other in [Some("cross-site"), Some("same-site"), None] {
        assert_eq!(encoding(other).await, None, "{other:?}");
    }
}
