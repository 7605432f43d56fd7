//! Cookies, signing in, single-use links, and other sites' pages.

use crate::{
    client::{Answer, Visitor},
    seed::{PASSWORD, Used, mailed_token, used, used_with},
};
use serde_json::json;

async fn sign_in(visitor: &Visitor, used: &Used) -> Answer {
    let answer = visitor.call("/api/public/session/sign_in", &json!({ "email": used.seed.anna.email, "password": PASSWORD })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// Whether this visitor is somebody.
async fn is_somebody(visitor: &Visitor) -> bool {
    visitor.get("/t/nobody-has-this").await.status == 404
}

#[tokio::test]
async fn the_sessions_cookie_is_for_this_panel_alone_and_no_script_can_read_it() {
    let used = used(&["--no-work"]).await;
    let answer = sign_in(&used.stranger(), &used).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 1);
    let (cookie, flags) = answer.header("set-cookie").split_once("; ").expect("flags");
    assert!(cookie.starts_with("mpanel=") && cookie.len() == "mpanel=".len() + 43, "{cookie}");
    assert_eq!(flags, "Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax");
    let out = used.stranger().with(cookie).call("/api/public/session/sign_out", &json!({})).await;
    assert_eq!(out.header("set-cookie"), "mpanel=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    assert!(!is_somebody(&used.stranger().with(cookie)).await, "the token is dead, whatever the browser keeps");
}

#[tokio::test]
async fn behind_tls_the_cookie_is_bound_to_the_host_and_the_plain_one_counts_for_nothing() {
    let used = used_with(&["--no-work"], |installation| installation.set("MPANEL_PUBLIC_URL", "https://panel.example.org")).await;
    let answer = sign_in(&used.stranger(), &used).await;
    let (cookie, flags) = answer.header("set-cookie").split_once("; ").expect("flags");
    assert_eq!(flags, "Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax; Secure");
    let token = cookie.strip_prefix("__Host-mpanel=").expect("the name of a cookie that no other host can set");
    assert!(is_somebody(&used.stranger().with(cookie)).await);
    assert!(!is_somebody(&used.stranger().with(&format!("mpanel={token}"))).await);
    // A proxy may give the panel another Host than browsers see; the page's own origin stays its own.
    let own = used.stranger().request("POST", "/api/public/checkout/plans").header("origin", "https://panel.example.org");
    assert_eq!(used.stranger().send(own.header("content-type", "application/json").body("{}")).await.status, 200);
}

#[tokio::test]
async fn signing_in_gives_a_new_session_and_ends_the_one_that_the_browser_had() {
    let used = used(&["--no-work"]).await;
    let planted = used.stranger().with("mpanel=PLANTEDplantedPLANTEDplantedPLANTEDplantedX");
    let first = sign_in(&planted, &used).await.cookie().expect("a session");
    assert_ne!(Some(&first), planted.cookie.as_ref());
    assert!(!is_somebody(&planted).await, "nobody can plant a token");
    let first = used.stranger().with(&first);
    let elsewhere = used.anna();
    let second = used.stranger().with(&sign_in(&first, &used).await.cookie().expect("a session"));
    assert_ne!(first.cookie, second.cookie);
    assert!(is_somebody(&second).await);
    assert!(!is_somebody(&first).await, "the earlier session of this browser is over");
    assert!(is_somebody(&elsewhere).await, "other browsers keep theirs");
    let wrong = second.call("/api/public/session/sign_in", &json!({ "email": used.seed.anna.email, "password": "not this one" })).await;
    assert_eq!((wrong.status, wrong.cookie()), (422, None), "{wrong:?}");
    assert!(is_somebody(&second).await, "a failure ends nothing");
}

#[tokio::test]
async fn a_mailed_link_works_once_and_a_new_password_ends_all_sessions() {
    let used = used(&["--no-work"]).await;
    let stranger = used.stranger();
    let email = &used.seed.anna.email;
    stranger.must("/api/public/session/forgot", json!({ "email": email })).await;
    let token = mailed_token(&used.admin(), email, "/reset").await;
    let reset =
        async |token: &str, password: &str| stranger.call("/api/public/session/reset", &json!({ "token": token, "password": password })).await;
    assert_eq!(reset("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "another long password").await.status, 404);
    assert_eq!(reset(&token, "short").await.status, 422, "a password that is refused does not use the link up");
    // A link is good for what it was made for.
    let other = stranger.call("/api/public/session/activate", &json!({ "token": token, "name": "", "password": "another long password" })).await;
    assert_eq!(other.status, 404);
    let (one, two) = tokio::join!(reset(&token, "another long password"), reset(&token, "yet another long password"));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404], "of two at once one wins");
    assert_eq!(reset(&token, "and one more password").await.status, 404);
    assert!(!is_somebody(&used.anna()).await);
    let old = stranger.call("/api/public/session/sign_in", &json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(old.status, 422, "{old:?}");
}

#[tokio::test]
async fn a_change_that_another_sites_page_asks_for_is_refused() {
    let used = used(&["--no-work"]).await;
    let port = used.installation.port;
    let before = used.everything().await;
    let own = format!("http://127.0.0.1:{port}");
    let near = format!("http://127.0.0.1:{}", port ^ 1);
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        let request = used.admin().request("POST", path).header("content-type", "application/json").body("{}");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        used.admin().send(request).await.status
    };
    for path in ["/api/public/session/sign_out", "/api/admin/servers/add", "/api/public/checkout/session", "/"] {
        for headers in [
            [("sec-fetch-site", "same-site"), ("origin", near.as_str())].as_slice(),
            &[("sec-fetch-site", "cross-site")],
            &[("origin", "https://evil.example")],
            &[("origin", &near)],
            &[("origin", "null")],
        ] {
            assert_eq!(ask(path, headers).await, 403, "{path} {headers:?}");
        }
    }
    assert_eq!(used.everything().await, before, "nothing has changed");
    assert!(is_somebody(&used.admin()).await, "and nobody was signed out");
    assert_eq!(ask("/api/public/checkout/plans", &[("sec-fetch-site", "same-origin"), ("origin", &own)]).await, 200);
    assert_eq!(ask("/api/public/checkout/plans", &[("origin", &own)]).await, 200, "a browser without fetch metadata");
}
