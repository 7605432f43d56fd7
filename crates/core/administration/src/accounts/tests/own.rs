use super::{PASSWORD, active, behind, code, fields, from, number, recorded, sign_in};
use crate::accounts::{account, change_password, end_other_sessions, end_own_session, own_sessions, request_reset, viewer};
use db::Caller;
use engine::{Error, Services, testing::TestServices};
use model::{
    actor::Origin,
    audit_action::AuditAction,
    error::ErrorCode,
    permission::{AccountRead, AccountWrite},
};

const HOME: &str = "192.0.2.1";
const NEW: &str = "another horse battery";

async fn lives(t: &TestServices, token: &str) -> bool {
    viewer(&t.services, Origin::default(), token).await.unwrap().is_some()
}

async fn change(services: &Services, caller: &Caller, current: &str, new: &str) -> Result<String, Error> {
    let tx = services.db.own::<AccountWrite>(caller).await?;
    Ok(change_password(services, tx, Some("browser"), current, new).await?.token)
}

#[tokio::test]
async fn the_list_shows_own_sessions_with_device_address_and_times_and_marks_this_one() {
    let t = TestServices::new().await;
    active(&t, "lee@acme.example").await;
    let first = active(&t, "kim@acme.example").await;
    t.clock.advance(chrono::Duration::minutes(5));
    let agent = Some("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
    let second = sign_in(&t.services, &from(HOME), agent, "kim@acme.example", PASSWORD).await.unwrap();
    t.clock.advance(chrono::Duration::minutes(2));
    let caller = behind(&t, &second.token).await;
    let tx = t.services.db.own::<AccountRead>(&caller).await.unwrap();
    let rows = own_sessions(&t.services, tx).await.unwrap();
    let shown: Vec<_> = rows.iter().map(|row| (row.id, row.device.as_str(), row.ip.as_deref(), row.current)).collect();
    assert_eq!(shown, [(second.session, "Firefox on Linux", Some(HOME), true), (first.session, "Unknown device", Some("198.51.100.1"), false)]);
    assert_eq!(rows[0].created_at, t.services.now() - chrono::Duration::minutes(2));
    assert_eq!((rows[0].last_seen_at, rows[1].last_seen_at), (t.services.now(), t.services.now() - chrono::Duration::minutes(7)));
}

#[tokio::test]
async fn a_session_that_is_over_is_not_in_the_list() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    t.clock.advance(t.services.settings.session_idle);
    let now = sign_in(&t.services, &from(HOME), None, "kim@acme.example", PASSWORD).await.unwrap();
    let tx = t.services.db.own::<AccountRead>(&behind(&t, &now.token).await).await.unwrap();
    assert_eq!(own_sessions(&t.services, tx).await.unwrap().len(), 1);
}

#[tokio::test]
async fn one_session_is_ended_and_somebody_elses_is_not() {
    let t = TestServices::new().await;
    let (mine, lees) = (active(&t, "kim@acme.example").await, active(&t, "lee@acme.example").await);
    let other = sign_in(&t.services, &from(HOME), None, "kim@acme.example", PASSWORD).await.unwrap();
    let caller = behind(&t, &mine.token).await;
    let end = async |session| end_own_session(t.services.db.own::<AccountWrite>(&caller).await.unwrap(), session).await;
    end(other.session).await.unwrap();
    assert!(!lives(&t, &other.token).await && lives(&t, &mine.token).await);
    assert_eq!(code(end(other.session).await), ErrorCode::NotFound);
    assert_eq!(code(end(lees.session).await), ErrorCode::NotFound);
    assert!(lives(&t, &lees.token).await);
    assert_eq!(recorded(&t, AuditAction::SessionEnded).await, 1);
}

#[tokio::test]
async fn all_others_are_ended_at_once() {
    let t = TestServices::new().await;
    let (mine, lees) = (active(&t, "kim@acme.example").await, active(&t, "lee@acme.example").await);
    for _ in 0..3 {
        sign_in(&t.services, &from(HOME), None, "kim@acme.example", PASSWORD).await.unwrap();
    }
    let tx = t.services.db.own::<AccountWrite>(&behind(&t, &mine.token).await).await.unwrap();
    assert_eq!(end_other_sessions(tx).await.unwrap(), 3);
    assert!(lives(&t, &mine.token).await && lives(&t, &lees.token).await);
    assert_eq!(number(&t, "select count(*) from sessions").await, 2);
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_all_sessions() {
    let t = TestServices::new().await;
    let mine = active(&t, "kim@acme.example").await;
    let other = sign_in(&t.services, &from(HOME), None, "kim@acme.example", PASSWORD).await.unwrap();
    request_reset(&t.services, &from(HOME), "kim@acme.example").await.unwrap();
    let caller = behind(&t, &mine.token).await;
    assert_eq!(fields(change(&t.services, &caller, "wrong horse battery", NEW).await), ["current"]);
    for weak in ["short", PASSWORD, "kim@acme.example"] {
        assert_eq!(fields(change(&t.services, &caller, PASSWORD, weak).await), ["new_password"], "{weak}");
    }
    assert!(lives(&t, &other.token).await);
    let fresh = change(&t.services, &caller, PASSWORD, NEW).await.unwrap();
    assert!(!lives(&t, &mine.token).await && !lives(&t, &other.token).await && lives(&t, &fresh).await);
    assert_eq!(number(&t, "select count(*) from access_links where used_at is null").await, 0, "links to the mailbox end, too");
    assert_eq!(fields(sign_in(&t.services, &from("192.0.2.9"), None, "kim@acme.example", PASSWORD).await), ["password"]);
    sign_in(&t.services, &from(HOME), None, "kim@acme.example", NEW).await.unwrap();
    let tx = t.services.db.own::<AccountRead>(&behind(&t, &fresh).await).await.unwrap();
    assert_eq!(account(tx).await.unwrap().password_set_at, Some(t.services.now()));
    assert_eq!((recorded(&t, AuditAction::PasswordChanged).await, recorded(&t, AuditAction::PasswordRefused).await), (1, 1));
}

#[tokio::test]
async fn the_present_password_is_not_guessed_in_a_stolen_session() {
    let t = TestServices::new().await;
    let caller = behind(&t, &active(&t, "kim@acme.example").await.token).await;
    for _ in 0..5 {
        assert_eq!(fields(change(&t.services, &caller, "wrong horse battery", NEW).await), ["current"]);
    }
    assert_eq!(code(change(&t.services, &caller, PASSWORD, NEW).await), ErrorCode::TooMany);
    sign_in(&t.services, &from("198.51.100.77"), None, "kim@acme.example", PASSWORD).await.unwrap();
}
