//! Who passes which access check.

use crate::record::event;
use model::actor::Actor;
use model::ids::TenantId;
use model::permission::{CloudpodsDelete, CloudpodsRead, JobsManage, ServersManage, ServersRead};
use mpanel_db::{
    AccessError, TenantRead,
    testing::{TestDb, killed_after},
};
use uuid::Uuid;

#[tokio::test]
async fn a_member_with_the_permission_gets_in() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let ann = t.user("ann@acme.example", None).await;
    t.member(acme, &ann, "TENANT_USER").await;
    let tx = t.db.tenant::<CloudpodsRead>(&ann, acme).await.expect("opens");
    assert_eq!(tx.tenant(), acme);
    let by_slug = t.db.tenant_by_slug::<CloudpodsRead>(&ann, "acme").await.expect("opens");
    assert_eq!(by_slug.tenant(), acme);
}

#[tokio::test]
async fn a_member_without_the_permission_is_told_so() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let ann = t.user("ann@acme.example", None).await;
    t.member(acme, &ann, "TENANT_USER").await;
    let refused = t.db.tenant::<CloudpodsDelete>(&ann, acme).await.err();
    assert!(matches!(refused, Some(AccessError::Forbidden { permission: "cloudpods:delete" })), "{refused:?}");
}

#[tokio::test]
async fn a_stranger_cannot_tell_a_foreign_tenant_from_none() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let stranger = t.user("stranger@else.example", None).await;
    for refused in [
        t.db.tenant::<CloudpodsRead>(&stranger, acme).await.err(),
        t.db.tenant::<CloudpodsRead>(&stranger, TenantId(Uuid::now_v7())).await.err(),
        t.db.tenant_by_slug::<CloudpodsRead>(&stranger, "acme").await.err(),
        t.db.tenant_by_slug::<CloudpodsRead>(&stranger, "nobody").await.err(),
        t.db.platform::<ServersRead>(&stranger).await.err(),
    ] {
        assert!(matches!(refused, Some(AccessError::NotFound)), "{refused:?}");
    }
}

#[tokio::test]
async fn each_tenant_asks_for_its_own_role() {
    let t = TestDb::new().await;
    let (acme, other) = (t.tenant("acme").await, t.tenant("other").await);
    let ann = t.user("ann@acme.example", None).await;
    t.member(acme, &ann, "TENANT_OWNER").await;
    t.member(other, &ann, "TENANT_USER").await;
    use model::permission::BillingRead;
    assert!(t.db.tenant::<BillingRead>(&ann, acme).await.is_ok());
    assert!(matches!(t.db.tenant::<BillingRead>(&ann, other).await, Err(AccessError::Forbidden { .. })));
}

#[tokio::test]
async fn nobody_and_the_system_do_not_pass_for_a_person() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    for actor in [Actor::Visitor, Actor::system("test")] {
        assert!(matches!(t.db.tenant::<CloudpodsRead>(&actor.clone().into(), acme).await, Err(AccessError::NotSignedIn)));
        assert!(matches!(t.db.platform::<ServersRead>(&actor.into()).await, Err(AccessError::NotSignedIn)));
    }
}

#[tokio::test]
async fn staff_open_the_platform_and_every_tenant() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let admin = t.user("admin@platform.example", Some("SUPER_ADMIN")).await;
    assert!(t.db.platform::<ServersManage>(&admin).await.is_ok());
    assert!(t.db.tenant::<CloudpodsDelete>(&admin, acme).await.is_ok());
    let why = t.db.explain_access(admin.user_id().expect("a login"), Some(acme), "cloudpods:delete").await.expect("answers");
    assert_eq!((why.outcome.as_str(), why.role.as_deref(), why.platform), ("ok", Some("SUPER_ADMIN"), Some(true)));
}

#[tokio::test]
async fn a_disabled_login_is_a_stranger_from_the_next_access_check_on() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let admin = t.user("admin@platform.example", Some("SUPER_ADMIN")).await;
    sqlx::query("update users set status = 'DISABLED'").execute(&mut t.owner().await).await.expect("disabled");
    assert!(matches!(t.db.platform::<ServersRead>(&admin).await, Err(AccessError::NotFound)));
    assert!(matches!(t.db.tenant::<CloudpodsRead>(&admin, acme).await, Err(AccessError::NotFound)));
}

#[tokio::test]
async fn a_role_of_one_side_is_not_given_on_the_other() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let mut owner = t.owner().await;
    let ann = t.user("ann@acme.example", None).await;
    let platform = sqlx::query("update users set platform_role = 'TENANT_OWNER'").execute(&mut owner).await;
    assert!(platform.is_err());
    let tenant = sqlx::query("insert into tenant_users (tenant_id, user_id, role) values ($1, $2, 'SUPER_ADMIN')")
        .bind(acme)
        .bind(ann.user_id())
        .execute(&mut owner)
        .await;
    assert!(tenant.is_err());
}

#[tokio::test]
async fn a_read_only_transaction_cannot_write() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let ann = t.user("ann@acme.example", None).await;
    t.member(acme, &ann, "TENANT_OWNER").await;
    let mut tx = t.db.tenant::<CloudpodsRead>(&ann, acme).await.expect("opens");
    let error = sqlx::query("update tenants set name = 'x'").execute(tx.conn()).await.expect_err("refused");
    assert_eq!(error.as_database_error().and_then(|db| db.code()).as_deref(), Some("25006"), "{error}");
}

#[tokio::test]
async fn what_is_dropped_leaves_nothing_and_what_is_committed_leaves_its_event() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let admin = t.user("admin@platform.example", Some("SUPER_ADMIN")).await;
    let rename = "update tenants set name = 'renamed'";

    let mut tx = t.db.tenant::<JobsManage>(&admin, acme).await.expect("opens");
    sqlx::query(rename).execute(tx.conn()).await.expect("runs");
    tx.record(event("dropped"));
    drop(tx);

    let mut owner = t.owner().await;
    let names: Vec<String> = sqlx::query_scalar("select name from tenants").fetch_all(&mut owner).await.expect("reads");
    assert_eq!(names, ["acme"]);

    let mut tx = t.db.tenant::<JobsManage>(&admin, acme).await.expect("opens");
    sqlx::query(rename).execute(tx.conn()).await.expect("runs");
    tx.commit(event("kept")).await.expect("commits");
    let kept: Vec<(String, Option<Uuid>, String, Option<String>, Option<String>)> =
        sqlx::query_as("select target_name, tenant_id, actor ->> 'email', ip, request_id from audit_events")
            .fetch_all(&mut owner)
            .await
            .expect("reads");
    let expected = ("kept".to_owned(), Some(acme.0), "admin@platform.example".to_owned(), Some("192.0.2.7".to_owned()), Some("test".to_owned()));
    assert_eq!(kept, [expected]);
    let names: Vec<String> = sqlx::query_scalar("select name from tenants").fetch_all(&mut owner).await.expect("reads");
    assert_eq!(names, ["renamed"]);
}

#[tokio::test]
async fn a_writing_proof_serves_a_reading_service() {
    async fn pods(tx: &mut impl TenantRead<CloudpodsRead>) -> i64 {
        sqlx::query_scalar("select count(*) from cloud_pods").fetch_one(tx.conn()).await.expect("reads")
    }
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let admin = t.user("admin@platform.example", Some("SUPER_ADMIN")).await;
    let mut tx = t.db.tenant::<CloudpodsDelete>(&admin, acme).await.expect("opens");
    assert_eq!(pods(&mut tx).await, 0);
    let mut narrow = tx.narrow::<CloudpodsRead>();
    assert_eq!(pods(&mut narrow).await, 0);
}

#[tokio::test]
async fn a_full_pool_says_so_and_readiness_too() {
    let t = TestDb::new().await;
    t.db.ready().await.expect("ready");
    t.db.close().await;
    assert!(t.db.ready().await.is_err());
}

#[tokio::test]
async fn a_caller_who_goes_away_during_the_access_check_leaves_no_open_transaction_to_the_next() {
    let t = TestDb::new().await;
    let mut left_early = 0;
    for polls in 0..12 {
        // As many as there are connections: each of them is asked for afterwards.
        for _ in 0..t.config.ops_connections {
            left_early += u32::from(!killed_after(polls, t.db.system_read("test")).await);
        }
        let mut all = Vec::new();
        for _ in 0..t.config.ops_connections {
            let mut tx = t.db.system("test").await.expect("opens");
            sqlx::query("update servers set name = name").execute(tx.conn()).await.expect("it is not a transaction for reading only");
            all.push(tx);
        }
    }
    assert!(left_early > 6, "somebody goes away in the middle of it");
}
