use super::{PASSWORD, active, code, fields, from, number, recorded};
use crate::accounts::{SETUP_LIFETIME, link, make_setup_link, set_up, viewer};
use engine::testing::TestServices;
use model::{actor::Origin, administration::accounts::LinkPurpose, audit_action::AuditAction, error::ErrorCode, permission::DashboardRead};

const HOME: &str = "192.0.2.1";

async fn token(t: &TestServices) -> String {
    let url = make_setup_link(&t.services).await.unwrap().expect("nobody is staff yet");
    url.strip_prefix("http://panel.example/set-up?token=").expect("the page's address").to_owned()
}

#[tokio::test]
async fn the_set_up_link_makes_the_first_admin_once() {
    let t = TestServices::new().await;
    let token = token(&t).await;
    assert_eq!(link(&t.services, &from(HOME), &token).await.unwrap().purpose, LinkPurpose::Setup);
    let admin = set_up(&t.services, &from(HOME), None, &token, "Root@panel.example", "Ada", PASSWORD).await.unwrap();
    assert_eq!(admin.viewer.platform_role.as_deref(), Some("SUPER_ADMIN"));
    let (caller, _) = viewer(&t.services, Origin::default(), &admin.token).await.unwrap().unwrap();
    t.services.db.platform::<DashboardRead>(&caller).await.unwrap();
    let again = set_up(&t.services, &from(HOME), None, &token, "other@panel.example", "Eve", PASSWORD).await;
    assert_eq!(code(again), ErrorCode::NotFound);
    assert_eq!(make_setup_link(&t.services).await.unwrap(), None);
    assert_eq!((recorded(&t, AuditAction::PlatformSetUp).await, recorded(&t, AuditAction::SetupLinkMade).await), (1, 1));
}

#[tokio::test]
async fn a_newer_set_up_link_ends_the_older() {
    let t = TestServices::new().await;
    let (old, new) = (token(&t).await, token(&t).await);
    assert_eq!(code(set_up(&t.services, &from(HOME), None, &old, "a@panel.example", "", PASSWORD).await), ErrorCode::NotFound);
    assert!(link(&t.services, &from(HOME), &new).await.is_ok());
    t.clock.advance(SETUP_LIFETIME);
    assert_eq!(code(link(&t.services, &from(HOME), &new).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn of_two_who_set_up_at_once_one_becomes_admin() {
    let t = TestServices::new().await;
    let token = token(&t).await;
    let (services, visitor) = (&t.services, from(HOME));
    let one = set_up(services, &visitor, None, &token, "one@panel.example", "", PASSWORD);
    let two = set_up(services, &visitor, None, &token, "two@panel.example", "", PASSWORD);
    let (one, two) = tokio::join!(one, two);
    assert!(one.is_ok() != two.is_ok());
    assert_eq!(number(&t, "select count(*) from users").await, 1);
}

#[tokio::test]
async fn what_is_wrong_is_said_on_all_fields_and_leaves_the_link() {
    let t = TestServices::new().await;
    active(&t, "kim@acme.example").await;
    let token = token(&t).await;
    assert_eq!(fields(set_up(&t.services, &from(HOME), None, &token, "ada", "a\0b", "short").await), ["email", "name", "password"]);
    assert_eq!(fields(set_up(&t.services, &from(HOME), None, &token, "kim@acme.example", "", PASSWORD).await), ["email"]);
    set_up(&t.services, &from(HOME), None, &token, "ada@panel.example", "", PASSWORD).await.unwrap();
}
