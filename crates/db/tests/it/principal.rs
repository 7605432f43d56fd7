//! Whose rights count: API keys narrowed by scopes, and staff who impersonate a member.

use crate::record::event;
use model::{
    actor::{ActingFor, Actor},
    ids::{ApiKeyId, TenantId},
    permission::{AccountRead, BillingRead, CloudpodsDelete, CloudpodsRead, JobsManage, ServersRead, UsersWrite},
};
use mpanel_db::{AccessError, Caller, testing::TestDb};
use uuid::Uuid;

/// A key of this user with these scopes.
fn key(owner: &Caller, scopes: &[&str]) -> Caller {
    let id = owner.user_id().expect("a user");
    let actor = Actor::ApiKey { id: ApiKeyId(Uuid::now_v7()), name: "deploy".to_owned(), owner: id };
    Caller::new(actor, owner.origin.clone()).with_scopes(scopes.iter().map(|scope| (*scope).to_owned()).collect())
}

/// The same member of staff, who impersonates somebody.
fn acting(staff: &Caller, other: &Caller) -> Caller {
    let Actor::User { id, email, session, .. } = staff.actor.clone() else { panic!("not a user") };
    let acting_for = Some(ActingFor { id: other.user_id().expect("a user"), email: other.actor.to_string() });
    Caller::new(Actor::User { id, email, session, acting_for }, staff.origin.clone()).with_recent_password()
}

async fn is_member(t: &TestDb, tenant: TenantId, caller: &Caller) -> bool {
    sqlx::query_scalar("select exists (select from tenant_users where tenant_id = $1 and user_id = $2)")
        .bind(tenant)
        .bind(caller.user_id())
        .fetch_one(&mut t.owner().await)
        .await
        .expect("reads")
}

#[tokio::test]
async fn a_key_may_do_what_its_owner_may_and_its_scopes_name() {
    let t = TestDb::new().await;
    let (acme, other) = (t.tenant("acme").await, t.tenant("other").await);
    let ann = t.user("ann@acme.example", None).await;
    t.member(acme, &ann, "TENANT_USER").await;
    let pods = key(&ann, &["cloudpods:read", "billing:read", "servers:read"]);
    assert!(t.db.tenant::<CloudpodsRead>(&pods, acme).await.is_ok());
    // A scope gives nothing that the owner does not hold.
    assert!(matches!(t.db.tenant::<BillingRead>(&pods, acme).await, Err(AccessError::Forbidden { .. })));
    assert!(matches!(t.db.platform::<ServersRead>(&pods).await, Err(AccessError::NotFound)));
    assert!(matches!(t.db.tenant::<CloudpodsRead>(&pods, other).await, Err(AccessError::NotFound)));
    // And what the owner holds needs a scope.
    t.member(other, &ann, "TENANT_OWNER").await;
    for narrow in [key(&ann, &["billing:read"]), key(&ann, &[]), key(&ann, &["cloudpods:*"]), key(&ann, &[""])] {
        assert!(matches!(t.db.tenant::<CloudpodsRead>(&narrow, other).await, Err(AccessError::Forbidden { permission: "cloudpods:read" })));
    }
    let admin = t.user("admin@platform.example", Some("SUPER_ADMIN")).await;
    let servers = key(&admin, &["servers:read", "cloudpods:delete"]);
    assert!(t.db.platform::<ServersRead>(&servers).await.is_ok());
    assert!(matches!(t.db.platform::<JobsManage>(&servers).await, Err(AccessError::Forbidden { .. })));
    // Nobody types a password for a key.
    assert!(matches!(t.db.platform::<CloudpodsDelete>(&servers).await, Err(AccessError::StepUp { .. })));
    sqlx::query("update users set status = 'DISABLED'").execute(&mut t.owner().await).await.expect("disabled");
    assert!(matches!(t.db.tenant::<CloudpodsRead>(&pods, acme).await, Err(AccessError::NotFound)));
}

#[tokio::test]
async fn a_key_reaches_its_owners_account_only_with_the_scope() {
    let t = TestDb::new().await;
    let ann = t.user("ann@acme.example", None).await;
    assert!(t.db.own::<AccountRead>(&key(&ann, &["account:read"])).await.is_ok());
    assert!(matches!(t.db.own::<AccountRead>(&key(&ann, &["cloudpods:read"])).await, Err(AccessError::Forbidden { .. })));
    let rows = async |caller: &Caller| {
        let mut tx = t.db.public(caller).await.expect("opens");
        sqlx::query_scalar::<_, i64>("select count(*) from users").fetch_one(tx.conn()).await.expect("reads")
    };
    assert_eq!((rows(&ann).await, rows(&key(&ann, &["cloudpods:read"])).await), (1, 0));
}

#[tokio::test]
async fn a_key_gives_no_role_above_its_scopes() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let (ann, bob) = (t.user("ann@acme.example", None).await, t.user("bob@acme.example", None).await);
    t.member(acme, &ann, "TENANT_OWNER").await;
    let give = async |caller: &Caller, role: &str| {
        let mut tx = t.db.tenant::<UsersWrite>(caller, acme).await.expect("opens");
        let made = sqlx::query("insert into tenant_users (tenant_id, user_id, role) values ($1, $2, $3)")
            .bind(acme)
            .bind(bob.user_id())
            .bind(role)
            .execute(tx.conn())
            .await;
        match made {
            Ok(_) => tx.commit(event("given")).await.map(|()| String::new()).expect("commits"),
            Err(error) => error.as_database_error().and_then(|error| error.constraint()).unwrap_or("no constraint").to_owned(),
        }
    };
    assert_eq!(give(&key(&ann, &["users:write"]), "TENANT_OWNER").await, "role_within");
    assert_eq!(give(&key(&ann, &["users:write"]), "TENANT_USER").await, "role_within");
    assert!(!is_member(&t, acme, &bob).await);
    assert_eq!(
        give(&key(&ann, &["users:write", "cloudpods:read", "domains:read", "jobs:read", "ssl:read", "websites:read"]), "TENANT_USER").await,
        ""
    );
    assert!(is_member(&t, acme, &bob).await);
    // The next transaction on the same connections is not narrowed.
    sqlx::query("delete from tenant_users where user_id = $1").bind(bob.user_id()).execute(&mut t.owner().await).await.expect("removed");
    assert_eq!(give(&ann, "TENANT_OWNER").await, "");
}

#[tokio::test]
async fn who_impersonates_may_do_what_the_member_may_in_the_account_and_nothing_else() {
    let t = TestDb::new().await;
    let (acme, other) = (t.tenant("acme").await, t.tenant("other").await);
    let (ann, bob) = (t.user("ann@acme.example", None).await, t.user("bob@acme.example", None).await);
    t.member(acme, &ann, "TENANT_USER").await;
    t.member(acme, &bob, "TENANT_OWNER").await;
    let admin = t.user("admin@platform.example", Some("SUPER_ADMIN")).await;
    let as_ann = acting(&admin, &ann);
    assert!(t.db.tenant::<CloudpodsRead>(&as_ann, acme).await.is_ok());
    // The own role is put aside meanwhile.
    assert!(matches!(t.db.tenant::<BillingRead>(&as_ann, acme).await, Err(AccessError::Forbidden { .. })));
    assert!(matches!(t.db.tenant::<CloudpodsRead>(&as_ann, other).await, Err(AccessError::NotFound)));
    assert!(matches!(t.db.platform::<ServersRead>(&as_ann).await, Err(AccessError::Forbidden { .. })));
    assert!(matches!(t.db.own::<AccountRead>(&as_ann).await, Err(AccessError::Forbidden { .. })));
    // Nobody becomes other staff, and nobody but staff who may look at customers becomes anybody.
    let support = t.user("support@platform.example", Some("PLATFORM_SUPPORT")).await;
    assert!(matches!(t.db.tenant::<JobsManage>(&acting(&support, &admin), acme).await, Err(AccessError::Forbidden { .. })));
    assert!(matches!(t.db.tenant::<CloudpodsRead>(&acting(&ann, &bob), acme).await, Err(AccessError::NotFound)));
    // What is done is done by the member as far as the account's rules go, and recorded under both names.
    let mut tx = t.db.tenant::<UsersWrite>(&acting(&support, &bob), acme).await.expect("opens");
    let login: Uuid = sqlx::query_scalar("select current_login()").fetch_one(tx.conn()).await.expect("reads");
    assert_eq!(Some(login), bob.user_id().map(|id| id.0));
    tx.commit(event("seen")).await.expect("commits");
    let recorded: (String, String) = sqlx::query_as("select actor ->> 'email', actor -> 'acting_for' ->> 'email' from audit_events")
        .fetch_one(&mut t.owner().await)
        .await
        .expect("reads");
    assert_eq!(recorded, ("support@platform.example".to_owned(), "bob@acme.example".to_owned()));
    assert!(t.db.verify_audit(&[]).await.expect("reads").findings.is_empty());
    // A role that was taken away ends it.
    sqlx::query("update users set platform_role = null where email like 'support%'").execute(&mut t.owner().await).await.expect("taken");
    assert!(matches!(t.db.tenant::<CloudpodsRead>(&acting(&support, &bob), acme).await, Err(AccessError::NotFound)));
}
