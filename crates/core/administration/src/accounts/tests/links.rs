use super::{ACTIVATION_LIFETIME, PASSWORD, code, fields, from, invited, number, recorded};
use crate::accounts::{activate, link, link_url, make_or_reuse, new_link, reset};
use db::AuditEvent;
use engine::testing::TestServices;
use model::{
    administration::accounts::{LinkPurpose, UserStatus},
    audit_action::AuditAction,
    error::ErrorCode,
};

const HOME: &str = "192.0.2.1";

#[tokio::test]
async fn a_link_shows_what_it_is_for() {
    let t = TestServices::new().await;
    let (_, token) = invited(&t, "kim@acme.example").await;
    let shown = link(&t.services, &from(HOME), &token).await.unwrap();
    assert_eq!((shown.purpose, shown.email.as_deref()), (LinkPurpose::Activate, Some("kim@acme.example")));
    assert_eq!(shown.expires_at, t.services.now() + ACTIVATION_LIFETIME);
    assert_eq!(link_url(&t.services.settings, shown.purpose, "abc"), "http://panel.example/activate?token=abc");
}

#[tokio::test]
async fn activation_works_once() {
    let t = TestServices::new().await;
    let (user, token) = invited(&t, "kim@acme.example").await;
    let signed_in = activate(&t.services, &from(HOME), None, &token, Some(" Kim Lee "), PASSWORD).await.unwrap();
    assert_eq!((signed_in.viewer.id, signed_in.viewer.name.as_str()), (user, "Kim Lee"));
    assert_eq!(code(activate(&t.services, &from(HOME), None, &token, None, "another password").await), ErrorCode::NotFound);
    assert_eq!(code(link(&t.services, &from(HOME), &token).await), ErrorCode::NotFound);
    assert_eq!(recorded(&t, AuditAction::UserActivated).await, 1);
}

#[tokio::test]
async fn of_two_who_open_a_link_at_once_one_gets_in() {
    let t = TestServices::new().await;
    let (_, token) = invited(&t, "kim@acme.example").await;
    let (services, visitor) = (&t.services, from(HOME));
    let one = activate(services, &visitor, None, &token, None, "the first password");
    let two = activate(services, &visitor, None, &token, None, "the second password");
    let (one, two) = tokio::join!(one, two);
    assert!(one.is_ok() != two.is_ok());
    assert_eq!(number(&t, "select count(*) from sessions").await, 1);
}

#[tokio::test]
async fn an_old_link_does_not_work() {
    let t = TestServices::new().await;
    let (_, token) = invited(&t, "kim@acme.example").await;
    t.clock.advance(ACTIVATION_LIFETIME);
    assert_eq!(code(link(&t.services, &from(HOME), &token).await), ErrorCode::NotFound);
    assert_eq!(code(activate(&t.services, &from(HOME), None, &token, None, PASSWORD).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_link_is_good_for_its_own_purpose_only() {
    let t = TestServices::new().await;
    let (_, token) = invited(&t, "kim@acme.example").await;
    assert_eq!(code(reset(&t.services, &from(HOME), &token, PASSWORD).await), ErrorCode::NotFound);
    assert!(link(&t.services, &from(HOME), &token).await.is_ok());
}

#[tokio::test]
async fn using_one_link_ends_the_others_of_the_login() {
    let t = TestServices::new().await;
    let (_, first) = invited(&t, "kim@acme.example").await;
    let (_, second) = invited(&t, "kim@acme.example").await;
    assert!(link(&t.services, &from(HOME), &first).await.is_ok());
    activate(&t.services, &from(HOME), None, &second, None, PASSWORD).await.unwrap();
    assert_eq!(code(link(&t.services, &from(HOME), &first).await), ErrorCode::NotFound);
    assert_eq!(number(&t, "select count(*) from access_links where used_at is null").await, 0);
}

#[tokio::test]
async fn a_password_has_to_be_one() {
    let t = TestServices::new().await;
    let (_, token) = invited(&t, "kim@acme.example").await;
    for password in ["", "elevenchars", &"ö".repeat(129), "KIM@acme.example"] {
        assert_eq!(fields(activate(&t.services, &from(HOME), None, &token, None, password).await), ["password"], "{password}");
    }
    assert_eq!(fields(activate(&t.services, &from(HOME), None, &token, Some("a\nb"), "short").await), ["name", "password"]);
    // Nothing of that has used the link up; characters are counted, not bytes.
    activate(&t.services, &from(HOME), None, &token, None, &"ö".repeat(12)).await.unwrap();
}

#[tokio::test]
async fn a_second_purchase_meets_the_same_login() {
    let t = TestServices::new().await;
    let (user, _) = invited(&t, "kim@acme.example").await;
    let mut tx = t.services.db.system("test").await.unwrap();
    let again = make_or_reuse(&mut tx, t.services.now(), "Kim@ACME.example").await.unwrap();
    assert_eq!(again, (user, UserStatus::Invited));
    let token = new_link(&mut tx, t.services.now(), LinkPurpose::Activate, user, ACTIVATION_LIFETIME).await.unwrap();
    drop(tx);
    assert_eq!(code(link(&t.services, &from(HOME), &token).await), ErrorCode::NotFound, "what was not committed is not there");
    let mut tx = t.services.db.system("test").await.unwrap();
    assert!(make_or_reuse(&mut tx, t.services.now(), "not an address").await.is_err());
    tx.commit(AuditEvent::new(AuditAction::SettingsChanged, "test", "-", "-")).await.unwrap();
    assert_eq!(number(&t, "select count(*) from users").await, 1);
}
