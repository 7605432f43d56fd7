use super::{PASSWORD, active, api, code, fields, from, invited, number, recorded, sign_in};
use crate::accounts::passwords::VERIFIED;
use chrono::Duration;
use engine::testing::TestServices;
use model::{audit_action::AuditAction, error::ErrorCode};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

const HOME: &str = "192.0.2.1";
const STRANGER: &str = "203.0.113.9";

#[tokio::test]
async fn the_right_password_signs_in_and_is_recorded() {
    let t = TestServices::new().await;
    let first = active(&t, "kim@acme.example").await;
    let second = sign_in(&t.services, &from(HOME), Some("browser"), " KIM@acme.example ", PASSWORD).await.unwrap();
    assert_eq!((second.viewer.email.as_str(), second.viewer.name.as_str()), ("kim@acme.example", "Kim"));
    assert_ne!(first.token, second.token);
    assert_eq!(second.expires_at, t.services.now() + t.services.settings.session_absolute);
    assert_eq!(recorded(&t, AuditAction::SignedIn).await, 2);
    assert_eq!(number(&t, "select count(*) from users where last_login_at is not null").await, 1);
}

#[tokio::test]
async fn a_wrong_password_an_unknown_an_invited_and_a_disabled_login_get_the_same_answer() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    active(&t, "gone@acme.example").await;
    invited(&t, "new@acme.example").await;
    sqlx::query("update users set status = 'DISABLED' where email = 'gone@acme.example'").execute(&mut t.db.owner().await).await.unwrap();
    let mut answers = Vec::new();
    for (ip, email, password) in [
        ("192.0.2.1", "kim@acme.example", "wrong horse battery"),
        ("192.0.2.2", "nobody@acme.example", PASSWORD),
        ("192.0.2.3", "new@acme.example", PASSWORD),
        ("192.0.2.4", "gone@acme.example", PASSWORD),
        ("192.0.2.5", "kim@acme.example", ""),
    ] {
        answers.push(api(sign_in(&t.services, &from(ip), None, email, password).await));
    }
    assert_eq!(answers[0].fields[0].field, "password");
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(recorded(&t, AuditAction::SignInRefused).await, 5);
    assert_eq!(number(&t, "select count(distinct (after ->> 'reason')) from audit_events where action = 'SIGN_IN_REFUSED'").await, 3);
}

#[tokio::test]
async fn every_refusal_costs_the_same_work() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    active(&t, "gone@acme.example").await;
    invited(&t, "new@acme.example").await;
    sqlx::query("update users set status = 'DISABLED' where email = 'gone@acme.example'").execute(&mut t.db.owner().await).await.unwrap();
    let long = "x".repeat(5_000);
    let tries = [
        ("kim@acme.example", "wrong horse battery"),
        ("nobody@acme.example", PASSWORD),
        ("new@acme.example", PASSWORD),
        ("gone@acme.example", PASSWORD),
        ("kim@acme.example", ""),
        ("nobody@acme.example", long.as_str()),
        ("kim@acme.example", long.as_str()),
    ];
    for (n, (email, password)) in tries.into_iter().enumerate() {
        let count = Arc::new(AtomicUsize::new(0));
        let ip = format!("192.0.2.{}", n + 1);
        let answer = VERIFIED.scope(count.clone(), sign_in(&t.services, &from(&ip), None, email, password)).await;
        assert_eq!(fields(answer), ["password"], "{email}");
        assert_eq!(count.load(Ordering::Relaxed), 1, "argon2 looks once: {email}");
    }
}

#[tokio::test]
async fn what_is_no_address_is_said_on_its_field() {
    let t = TestServices::new().await;
    for email in ["", "kim", "kim@", "kim\0@acme.example", "kim@acme.example\nbcc: x@y.example"] {
        assert_eq!(fields(sign_in(&t.services, &from(HOME), None, email, PASSWORD).await), ["email"], "{email:?}");
    }
}

#[tokio::test]
async fn a_password_of_a_megabyte_is_only_wrong() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    let long = "x".repeat(1 << 20);
    assert_eq!(fields(sign_in(&t.services, &from(HOME), None, "kim@acme.example", &long).await), ["password"]);
}

#[tokio::test]
async fn who_guesses_has_to_wait_longer_and_longer_and_the_customer_elsewhere_does_not() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    let guess = || async { code(sign_in(&t.services, &from(STRANGER), None, "kim@acme.example", "wrong horse battery").await) };
    for _ in 0..5 {
        assert_eq!(guess().await, ErrorCode::Invalid);
    }
    assert_eq!(guess().await, ErrorCode::TooMany);
    // Not even the right password is looked at now.
    let right = api(sign_in(&t.services, &from(STRANGER), None, "kim@acme.example", PASSWORD).await);
    assert_eq!((right.code, right.message.as_str()), (ErrorCode::TooMany, "Too many attempts. Try again in 30 seconds."));
    sign_in(&t.services, &from(HOME), None, "kim@acme.example", PASSWORD).await.unwrap();

    t.clock.advance(Duration::seconds(31));
    assert_eq!(guess().await, ErrorCode::Invalid);
    t.clock.advance(Duration::seconds(31));
    assert_eq!(guess().await, ErrorCode::TooMany);
    t.clock.advance(Duration::seconds(30));
    assert_eq!(guess().await, ErrorCode::Invalid);
}

#[tokio::test]
async fn an_unknown_address_makes_wait_just_the_same() {
    let t = TestServices::new().await;
    let guess = || async { code(sign_in(&t.services, &from(STRANGER), None, "nobody@acme.example", "wrong horse battery").await) };
    for _ in 0..5 {
        assert_eq!(guess().await, ErrorCode::Invalid);
    }
    assert_eq!(guess().await, ErrorCode::TooMany);
}

#[tokio::test]
async fn guesses_at_the_same_moment_are_not_more_than_guesses_one_by_one() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    let guesses = (0..20).map(|_| {
        let services = t.services.clone();
        tokio::spawn(async move { code(sign_in(&services, &from(STRANGER), None, "kim@acme.example", "wrong horse battery").await) })
    });
    let answers: Vec<_> = futures::future::join_all(guesses).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|code| **code == ErrorCode::Invalid).count(), 5, "{answers:?}");
    assert_eq!(answers.iter().filter(|code| **code == ErrorCode::TooMany).count(), 15, "{answers:?}");
}

#[tokio::test]
async fn neither_passwords_nor_tokens_stand_in_the_database_or_in_debug_output() {
    let t = TestServices::new().await;
    let signed_in = active(&t, "kim@acme.example").await;
    let _ = sign_in(&t.services, &from(HOME), None, "kim@acme.example", "secret-of-the-other-site").await;
    let dump: String = sqlx::query_scalar(
        "select concat((select string_agg(u::text, '') from users u), (select string_agg(s::text, '') from sessions s),
                       (select string_agg(l::text, '') from access_links l), (select string_agg(a::text, '') from login_attempts a),
                       (select string_agg(e::text, '') from audit_events e))",
    )
    .fetch_one(&mut t.db.owner().await)
    .await
    .unwrap();
    for secret in [PASSWORD, "secret-of-the-other-site", &signed_in.token] {
        assert!(!dump.contains(secret));
    }
    assert!(dump.contains("$argon2id$"));
    assert!(!format!("{signed_in:?}").contains(&signed_in.token));
}

#[tokio::test]
async fn an_ipv6_network_is_one_peer_whichever_of_its_addresses_guesses() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    let guess = async |ip: &str| code(sign_in(&t.services, &from(ip), None, "kim@acme.example", "wrong password here").await);
    for subnet in 0..5 {
        assert_eq!(guess(&format!("2001:db8:1:{subnet}::{subnet}")).await, ErrorCode::Invalid);
    }
    assert_eq!(guess("2001:db8:1:ff::1").await, ErrorCode::TooMany);
    assert_eq!(guess("2001:db8:2::1").await, ErrorCode::Invalid, "another network");
}
