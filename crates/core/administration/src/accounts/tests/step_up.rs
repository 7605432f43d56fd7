use super::{PASSWORD, active, behind, code, fields, number, recorded, sign_in};
use crate::accounts::{begin_second_step, step_up, tests::from};
use chrono::Duration;
use db::{AccessError, Caller};
use engine::{Error, Services, testing::TestServices};
use model::{
    audit_action::AuditAction,
    error::{ApiError, ErrorCode},
    permission::{AccountManage, AccountWrite, CloudpodsDelete, CloudpodsRead, all},
};

async fn confirm(services: &Services, caller: &Caller, password: &str) -> Result<(), Error> {
    step_up(services, services.db.own::<AccountWrite>(caller).await?, password).await
}

#[tokio::test]
async fn what_cannot_be_undone_asks_for_the_password_again_and_for_some_minutes_no_more() {
    let t = TestServices::new().await;
    let token = active(&t, "kim@acme.example").await.token;
    sqlx::query("update users set platform_role = 'SUPER_ADMIN'").execute(&mut t.db.owner().await).await.unwrap();
    let delete = async || t.services.db.platform::<CloudpodsDelete>(&behind(&t, &token).await).await;
    assert!(matches!(delete().await, Err(AccessError::StepUp { permission: "cloudpods:delete" })));
    assert!(t.services.db.platform::<CloudpodsRead>(&behind(&t, &token).await).await.is_ok());
    assert_eq!(fields(confirm(&t.services, &behind(&t, &token).await, "wrong horse battery").await), ["password"]);
    assert!(delete().await.is_err());
    confirm(&t.services, &behind(&t, &token).await, PASSWORD).await.unwrap();
    assert!(delete().await.is_ok());
    t.clock.advance(t.services.settings.step_up - Duration::seconds(1));
    assert!(delete().await.is_ok());
    t.clock.advance(Duration::seconds(1));
    assert!(matches!(delete().await, Err(AccessError::StepUp { .. })));
    assert_eq!((recorded(&t, AuditAction::PasswordConfirmed).await, recorded(&t, AuditAction::PasswordRefused).await), (1, 1));
}

#[tokio::test]
async fn it_counts_in_the_session_where_it_was_typed_and_in_no_other() {
    let t = TestServices::new().await;
    let first = active(&t, "kim@acme.example").await.token;
    let second = sign_in(&t.services, &from("192.0.2.1"), None, "kim@acme.example", PASSWORD).await.unwrap().token;
    confirm(&t.services, &behind(&t, &first).await, PASSWORD).await.unwrap();
    let open = async |token: &str| t.services.db.own::<AccountManage>(&behind(&t, token).await).await;
    begin_second_step(&t.services, open(&first).await.unwrap()).await.unwrap();
    assert!(matches!(open(&second).await, Err(AccessError::StepUp { .. })));
    assert_eq!(number(&t, "select count(*) from sessions where proved_at is not null").await, 1);
}

#[tokio::test]
async fn who_may_not_is_told_so_and_is_not_asked_for_a_password() {
    let t = TestServices::new().await;
    let token = active(&t, "kim@acme.example").await.token;
    let stranger = t.services.db.platform::<CloudpodsDelete>(&behind(&t, &token).await).await;
    assert!(matches!(stranger, Err(AccessError::NotFound)));
    sqlx::query("update users set platform_role = 'PLATFORM_SUPPORT'").execute(&mut t.db.owner().await).await.unwrap();
    let support = t.services.db.platform::<CloudpodsDelete>(&behind(&t, &token).await).await;
    assert!(matches!(support, Err(AccessError::Forbidden { .. })));
}

#[tokio::test]
async fn guessing_it_is_limited_as_signing_in_is() {
    let t = TestServices::new().await;
    let token = active(&t, "kim@acme.example").await.token;
    for _ in 0..5 {
        assert_eq!(fields(confirm(&t.services, &behind(&t, &token).await, "wrong horse battery").await), ["password"]);
    }
    assert_eq!(code(confirm(&t.services, &behind(&t, &token).await, PASSWORD).await), ErrorCode::TooMany);
}

#[test]
fn what_cannot_be_undone_is_listed_and_the_browser_is_told_what_it_needs() {
    let asked: Vec<_> = all().filter(|entry| entry.step_up).map(|entry| entry.name).collect();
    assert_eq!(
        asked,
        [
            "users:delete",
            "users:manage",
            "users:admin",
            "account:manage",
            "subscriptions:delete",
            "cloudpods:delete",
            "dns:delete",
            "domains:transfer",
            "websites:delete",
            "policies:manage"
        ]
    );
    let error = ApiError::from(&AccessError::StepUp { permission: "x" });
    assert_eq!((error.code, error.code.status()), (ErrorCode::StepUp, 403));
}
