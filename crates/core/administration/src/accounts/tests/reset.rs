use super::{PASSWORD, active, code, fields, from, invited, number, recorded, sign_in};
use crate::accounts::{link, request_reset, reset, viewer};
use chrono::Duration;
use engine::testing::TestServices;
use model::{actor::Origin, administration::accounts::LinkPurpose, audit_action::AuditAction, error::ErrorCode};
use std::time::Instant;

const HOME: &str = "192.0.2.1";
const NEW: &str = "quite another password";
const MAILS: &str = "select count(*) from outgoing_mail";

/// The token in the newest mail.
async fn mailed(t: &TestServices) -> String {
    let text: String = sqlx::query_scalar("select body_text from outgoing_mail order by created_at desc, id desc limit 1")
        .fetch_one(&mut t.db.owner().await)
        .await
        .unwrap();
    let (_, rest) = text.split_once("http://panel.example/reset?token=").expect("the mail has the link");
    rest.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_mailed_link_sets_a_new_password_and_ends_all_sessions() {
    let t = TestServices::new().await;
    let old = active(&t, "kim@acme.example").await;
    request_reset(&t.services, &from(HOME), "kim@acme.example").await.unwrap();
    let token = mailed(&t).await;
    assert_eq!(link(&t.services, &from(HOME), &token).await.unwrap().purpose, LinkPurpose::Reset);
    assert_eq!(fields(reset(&t.services, &from(HOME), &token, "short").await), ["password"]);
    assert_eq!(reset(&t.services, &from(HOME), &token, NEW).await.unwrap(), "kim@acme.example");
    assert!(viewer(&t.services, Origin::default(), &old.token).await.unwrap().is_none());
    assert_eq!(code(sign_in(&t.services, &from(HOME), None, "kim@acme.example", PASSWORD).await), ErrorCode::Invalid);
    sign_in(&t.services, &from(HOME), None, "kim@acme.example", NEW).await.unwrap();
    assert_eq!(code(reset(&t.services, &from(HOME), &token, PASSWORD).await), ErrorCode::NotFound, "once");
    assert_eq!((recorded(&t, AuditAction::PasswordResetRequested).await, recorded(&t, AuditAction::PasswordReset).await), (1, 1));
}

#[tokio::test]
async fn the_link_lives_an_hour() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    request_reset(&t.services, &from(HOME), "kim@acme.example").await.unwrap();
    let token = mailed(&t).await;
    t.clock.advance(Duration::hours(1));
    assert_eq!(code(reset(&t.services, &from(HOME), &token, NEW).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn an_unknown_address_gets_the_same_answer_in_the_same_time_and_no_mail() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    let mut times = Vec::new();
    for email in ["nobody@acme.example", "kim@acme.example"] {
        let started = Instant::now();
        request_reset(&t.services, &from(HOME), email).await.unwrap();
        times.push(started.elapsed().as_millis());
    }
    assert!(times.iter().all(|time| *time >= 300), "{times:?}");
    assert_eq!(number(&t, MAILS).await, 1);
}

#[tokio::test]
async fn a_mailbox_is_not_flooded_and_the_links_it_has_go_on_working() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    request_reset(&t.services, &from(HOME), "kim@acme.example").await.unwrap();
    let first = mailed(&t).await;
    for peer in 1..=5 {
        request_reset(&t.services, &from(&format!("203.0.113.{peer}")), "kim@acme.example").await.unwrap();
    }
    assert_eq!(number(&t, MAILS).await, 3);
    reset(&t.services, &from(HOME), &first, NEW).await.unwrap();
    t.clock.advance(Duration::hours(1));
    request_reset(&t.services, &from(HOME), "kim@acme.example").await.unwrap();
    assert_eq!(number(&t, MAILS).await, 4);
}

#[tokio::test]
async fn a_peer_that_asks_for_many_is_refused_and_may_still_sign_in() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    let ask = |n: i32| {
        let services = t.services.clone();
        async move { request_reset(&services, &from(HOME), &format!("user{n}@acme.example")).await }
    };
    let answers = futures::future::join_all((0..12).map(ask)).await;
    assert_eq!(answers.into_iter().filter_map(Result::err).map(|error| error.into_api().code).collect::<Vec<_>>(), [ErrorCode::TooMany; 2]);
    sign_in(&t.services, &from(HOME), None, "kim@acme.example", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn who_lost_the_activation_link_gets_in_by_a_new_one_and_a_disabled_login_does_not() {
    let t = TestServices::new().await;
    let (user, _) = invited(&t, "kim@acme.example").await;
    request_reset(&t.services, &from(HOME), "kim@acme.example").await.unwrap();
    let token = mailed(&t).await;
    reset(&t.services, &from(HOME), &token, NEW).await.unwrap();
    let signed_in = sign_in(&t.services, &from(HOME), None, "kim@acme.example", NEW).await.unwrap();
    assert_eq!(signed_in.viewer.id, user);
    sqlx::query("update users set status = 'DISABLED'").execute(&mut t.db.owner().await).await.unwrap();
    request_reset(&t.services, &from(HOME), "kim@acme.example").await.unwrap();
    assert_eq!(number(&t, MAILS).await, 1);
}
