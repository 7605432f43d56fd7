//! Pages that run no program: their forms are sent by the browser itself.

use crate::{
    client::{Answer, Visitor},
    seed::{PASSWORD, mailed_token, used},
};
use serde_json::json;

/// Sends a page's form as a browser does.
async fn hand_in(visitor: &Visitor, page: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    visitor.send(visitor.request("POST", page).header("content-type", "application/x-www-form-urlencoded").body(body)).await
}

const SIGN_IN: &str = "/api/public/session/sign_in";

#[tokio::test]
async fn the_sign_in_pages_run_no_program_and_allow_none() {
    let used = used(&["--no-work"]).await;
    let stranger = used.stranger();
    for page in ["/sign-in", "/forgot", "/activate?token=x", "/reset?token=x", "/set-up?token=x", "/join/x"] {
        let answer = stranger.get(page).await;
        assert!(!answer.text.contains(".wasm") && !answer.text.contains("type=\"module\""), "{page}");
        assert!(!answer.header("content-security-policy").contains("wasm-unsafe-eval"), "{page}: {answer:?}");
        assert!(answer.text.contains("</html>"), "{page}");
    }
    let plans = stranger.get("/").await;
    assert!(plans.text.contains("type=\"module\"") && plans.header("content-security-policy").contains("wasm-unsafe-eval"));
}

#[tokio::test]
async fn a_refused_sign_in_keeps_the_address_and_never_the_password_and_the_right_one_leads_where_the_visitor_was() {
    let used = used(&["--no-work"]).await;
    let (stranger, email) = (used.stranger(), used.seed.anna.email.as_str());
    let refused = hand_in(&stranger, "/sign-in", &[("_call", SIGN_IN), ("email", email), ("password", "not <this> one")]).await;
    assert_eq!((refused.status, refused.cookie()), (422, None), "{refused:?}");
    assert!(refused.text.contains(&format!("value=\"{email}\"")) && refused.text.contains("Incorrect email or password"), "{refused:?}");
    assert!(!refused.text.contains("this> one") && !refused.text.contains("this&gt; one"), "{refused:?}");
    for (next, to) in [("", "/t/"), ("?next=/account", "/account"), ("?next=//evil.example", "/t/")] {
        let entered = hand_in(&stranger, &format!("/sign-in{next}"), &[("_call", SIGN_IN), ("email", email), ("password", PASSWORD)]).await;
        assert_eq!(entered.status, 303, "{entered:?}");
        assert!(entered.header("location").starts_with(to), "{entered:?}");
        assert_eq!(stranger.with(&entered.cookie().expect("a session")).get("/account").await.status, 200);
    }
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_with_forms_alone() {
    let used = used(&["--no-work"]).await;
    let (stranger, email) = (used.stranger(), used.seed.anna.email.as_str());
    let sent = hand_in(&stranger, "/forgot", &[("_call", "/api/public/session/forgot"), ("email", email)]).await;
    assert!(sent.status == 200 && sent.text.contains("sent a reset link"), "{sent:?}");
    let token = mailed_token(&used.admin(), email, "/reset").await;
    let page = format!("/reset?token={token}");
    let reset =
        async |password: &str| hand_in(&stranger, &page, &[("_call", "/api/public/session/reset"), ("token", &token), ("password", password)]).await;
    let short = reset("short").await;
    assert!(short.status == 422 && short.text.contains("characters") && short.text.contains(&token), "{short:?}");
    let done = reset("another long password").await;
    assert_eq!((done.status, done.header("location")), (303, "/sign-in"), "{done:?}");
    assert_eq!(stranger.call(SIGN_IN, &json!({ "email": email, "password": "another long password" })).await.status, 200);
}

#[tokio::test]
async fn forms_are_taken_by_the_pages_that_run_no_program_and_by_no_other_and_not_from_another_sites_page() {
    let used = used(&["--no-work"]).await;
    let (stranger, fields) = (used.stranger(), [("_call", SIGN_IN), ("email", "a@example.org"), ("password", "x")]);
    for page in ["/", "/admin", "/checkout", "/nothing"] {
        assert_eq!(hand_in(&stranger, page, &fields).await.status, 405, "{page}");
    }
    assert_eq!(hand_in(&stranger, "/sign-in", &fields[1..]).await.status, 422);
    for call in ["/api/public/session/nothing", "https://evil.example/", "no address"] {
        let answer = hand_in(&stranger, "/sign-in", &[("_call", call)]).await;
        assert!((400..500).contains(&answer.status), "{call}: {answer:?}");
    }
    let email = used.seed.anna.email.as_str();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs([("_call", SIGN_IN), ("email", email), ("password", PASSWORD)]).finish();
    let planted = stranger.request("POST", "/sign-in").header("content-type", "application/x-www-form-urlencoded").body(body);
    let answer = stranger.send(planted.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example")).await;
    assert_eq!((answer.status, answer.cookie()), (403, None), "{answer:?}");
}

#[tokio::test]
async fn an_operation_takes_the_fields_of_a_form_as_it_takes_json() {
    let used = used(&["--no-work"]).await;
    let (stranger, email) = (used.stranger(), used.seed.anna.email.as_str());
    let entered = hand_in(&stranger, SIGN_IN, &[("email", email), ("password", PASSWORD)]).await;
    assert!(entered.status == 200 && entered.cookie().is_some() && entered.json()["home"]["path"].is_string(), "{entered:?}");
    let half = hand_in(&stranger, SIGN_IN, &[("email", email)]).await;
    assert_eq!((half.status, half.json()["code"].as_str().map(str::to_owned)), (422, Some("invalid".to_owned())), "{half:?}");
    let nul = hand_in(&stranger, SIGN_IN, &[("email", email), ("password", "a\0b")]).await;
    assert!(nul.status == 422 && nul.text.contains("NUL"), "{nul:?}");
}
