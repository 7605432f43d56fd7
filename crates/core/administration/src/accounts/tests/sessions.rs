use super::{PASSWORD, active, from, number, recorded, sign_in};
use crate::accounts::{sign_out, viewer};
use chrono::Duration;
use engine::{Modules, reconcile::run_due, testing::TestServices};
use model::{actor::Origin, audit_action::AuditAction};
use std::sync::Arc;

async fn lives(t: &TestServices, token: &str) -> bool {
    viewer(&t.services, Origin::default(), token).await.unwrap().is_some()
}

#[tokio::test]
async fn a_session_says_who_is_behind_it() {
    let t = TestServices::new().await;
    let signed_in = active(&t, "kim@acme.example").await;
    let tenant = t.db.tenant("acme").await;
    let (caller, _) = viewer(&t.services, Origin::default(), &signed_in.token).await.unwrap().unwrap();
    t.db.member(tenant, &caller, "TENANT_OWNER").await;
    let origin = Origin { ip: Some("192.0.2.1".to_owned()), country: None, request_id: Some("r1".to_owned()) };
    let (caller, seen) = viewer(&t.services, origin.clone(), &signed_in.token).await.unwrap().unwrap();
    assert_eq!((caller.user_id(), &caller.origin), (Some(signed_in.viewer.id), &origin));
    assert_eq!(seen.memberships.iter().map(|place| (place.slug.as_str(), place.role.as_str())).collect::<Vec<_>>(), [("acme", "TENANT_OWNER")]);
    assert_eq!(seen.platform_role, None);
}

#[tokio::test]
async fn a_made_up_token_is_nobody() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    for token in ["", "x", "../../etc", "\0", &"A".repeat(43), &"A".repeat(100_000)] {
        assert!(!lives(&t, token).await);
    }
}

#[tokio::test]
async fn an_unused_session_ends() {
    let t = TestServices::new().await;
    let token = active(&t, "kim@acme.example").await.token;
    t.clock.advance(t.services.settings.session_idle - Duration::seconds(1));
    assert!(lives(&t, &token).await);
    t.clock.advance(t.services.settings.session_idle - Duration::seconds(1));
    assert!(lives(&t, &token).await, "the look before counts as use");
    t.clock.advance(t.services.settings.session_idle);
    assert!(!lives(&t, &token).await);
}

#[tokio::test]
async fn a_used_session_ends_all_the_same_when_it_is_old() {
    let t = TestServices::new().await;
    let signed_in = active(&t, "kim@acme.example").await;
    let step = t.services.settings.session_idle / 2;
    while t.services.now() + step < signed_in.expires_at {
        t.clock.advance(step);
        assert!(lives(&t, &signed_in.token).await);
    }
    t.clock.advance(step);
    assert!(!lives(&t, &signed_in.token).await);
}

#[tokio::test]
async fn its_last_sight_is_written_once_a_minute() {
    let t = TestServices::new().await;
    let token = active(&t, "kim@acme.example").await.token;
    let seen = "select (extract(epoch from last_seen_at - created_at))::bigint from sessions";
    t.clock.advance(Duration::seconds(59));
    assert!(lives(&t, &token).await);
    assert_eq!(number(&t, seen).await, 0);
    t.clock.advance(Duration::seconds(1));
    assert!(lives(&t, &token).await);
    assert_eq!(number(&t, seen).await, 60);
}

#[tokio::test]
async fn who_signs_out_is_out_and_a_stolen_token_is_worth_nothing_then() {
    let t = TestServices::new().await;
    let token = active(&t, "kim@acme.example").await.token;
    let other = sign_in(&t.services, &from("192.0.2.1"), None, "kim@acme.example", PASSWORD).await.unwrap().token;
    let (caller, _) = viewer(&t.services, Origin::default(), &token).await.unwrap().unwrap();
    sign_out(&t.services, &caller).await.unwrap();
    assert!(!lives(&t, &token).await);
    assert!(lives(&t, &other).await, "another browser stays signed in");
    sign_out(&t.services, &caller).await.unwrap();
    assert_eq!(recorded(&t, AuditAction::SignedOut).await, 1);
}

#[tokio::test]
async fn a_disabled_login_is_out_at_once() {
    let t = TestServices::new().await;
    let token = active(&t, "kim@acme.example").await.token;
    sqlx::query("update users set status = 'DISABLED'").execute(&mut t.db.owner().await).await.unwrap();
    assert!(!lives(&t, &token).await);
}

#[tokio::test]
async fn sessions_that_are_over_are_swept_away() {
    let mut t = TestServices::new().await;
    t.services = t.services.with(Arc::new(Modules::default().with(crate::accounts::register)));
    active(&t, "kim@acme.example").await;
    run_due(&t.services).await.unwrap();
    assert_eq!(number(&t, "select count(*) from sessions").await, 1);
    t.clock.advance(t.services.settings.session_idle);
    run_due(&t.services).await.unwrap();
    assert_eq!(number(&t, "select count(*) from sessions").await, 0);
    sign_in(&t.services, &from("192.0.2.1"), None, "kim@acme.example", PASSWORD).await.unwrap();
    t.clock.advance(Duration::days(91));
    run_due(&t.services).await.unwrap();
    assert_eq!(number(&t, "select count(*) from login_attempts").await + number(&t, "select count(*) from access_links").await, 0);
}
