use super::{policies, set_policy};
use db::{AccessError, Caller};
use engine::{Error, testing::TestServices};
use model::{
    audit_action::AuditAction,
    error::ErrorCode,
    permission::{AccountRead, CloudpodsRead, DashboardRead, PoliciesManage, PoliciesRead},
    security::policies::Policy,
};

async fn set(t: &TestServices, by: &Caller, enabled: bool) -> Result<(), Error> {
    set_policy(&t.services, t.services.db.platform::<PoliciesManage>(by).await?, Policy::StaffSecondStep, enabled).await
}

/// Gives the login an authenticator app, past the access checks.
async fn give_code_app(t: &TestServices, whom: &Caller) {
    sqlx::query("insert into totp_secrets (user_id, sealed, created_at, confirmed_at) values ($1, '', now(), now())")
        .bind(whom.user_id())
        .execute(&mut t.db.owner().await)
        .await
        .unwrap();
}

#[tokio::test]
async fn staff_without_a_code_app_can_do_nothing_with_their_role_while_the_rule_is_on() {
    let t = TestServices::new().await;
    let (root, sam) = (t.db.user("root@panel.example", Some("SUPER_ADMIN")).await, t.db.user("sam@panel.example", Some("PLATFORM_SUPPORT")).await);
    let (acme, kim) = (t.db.tenant("acme").await, t.db.user("kim@acme.example", None).await);
    t.db.member(acme, &kim, "TENANT_OWNER").await;
    let db = &t.services.db;
    let Err(Error::Api(error)) = set(&t, &root, true).await else { panic!("the super admin has none") };
    assert_eq!(error.code, ErrorCode::Conflict);
    give_code_app(&t, &root).await;
    set(&t, &root, true).await.unwrap();
    assert!(matches!(db.platform::<DashboardRead>(&sam).await, Err(AccessError::SecondStep)));
    assert!(matches!(db.tenant::<CloudpodsRead>(&sam, acme).await, Err(AccessError::SecondStep)));
    assert!(db.own::<AccountRead>(&sam).await.is_ok(), "the page that sets it up");
    assert!(db.platform::<DashboardRead>(&root).await.is_ok());
    assert!(db.tenant::<CloudpodsRead>(&kim, acme).await.is_ok(), "members of accounts are no staff");
    let view = policies(db.platform::<PoliciesRead>(&root).await.unwrap()).await.unwrap();
    assert!(view.policies[0].enabled && view.can_change);
    assert_eq!(view.staff_without, ["sam@panel.example"]);
    give_code_app(&t, &sam).await;
    assert!(db.platform::<DashboardRead>(&sam).await.is_ok());
    set(&t, &root, false).await.unwrap();
    let changed: Vec<(String, String)> =
        sqlx::query_as("select before ->> 'enabled', after ->> 'enabled' from audit_events where action = $1 order by id")
            .bind(AuditAction::PolicyChanged.as_str())
            .fetch_all(&mut t.db.owner().await)
            .await
            .unwrap();
    assert_eq!(changed, [("false".to_owned(), "true".to_owned()), ("true".to_owned(), "false".to_owned())]);
}

#[tokio::test]
async fn staff_who_are_members_keep_what_their_membership_gives() {
    let t = TestServices::new().await;
    let sam = t.db.user("sam@panel.example", Some("PLATFORM_SUPPORT")).await;
    let acme = t.db.tenant("acme").await;
    t.db.member(acme, &sam, "TENANT_OWNER").await;
    sqlx::query("insert into security_policies values ('STAFF_SECOND_STEP', true, now())").execute(&mut t.db.owner().await).await.unwrap();
    assert!(t.services.db.tenant::<CloudpodsRead>(&sam, acme).await.is_ok());
    assert!(matches!(t.services.db.platform::<DashboardRead>(&sam).await, Err(AccessError::SecondStep)));
}

#[tokio::test]
async fn the_rules_are_the_super_admins_to_change() {
    let t = TestServices::new().await;
    let admin = t.db.user("admin@panel.example", Some("PLATFORM_ADMIN")).await;
    give_code_app(&t, &admin).await;
    assert!(matches!(set(&t, &admin, true).await, Err(Error::Access(AccessError::Forbidden { .. }))));
    let view = policies(t.services.db.platform::<PoliciesRead>(&admin).await.unwrap()).await.unwrap();
    assert!(!view.can_change && !view.policies[0].enabled);
}
