//! The transaction on own data, and the access checks that ask for the password again.

use model::actor::Actor;
use model::permission::{AccountManage, AccountRead, AccountWrite, CloudpodsDelete, CloudpodsRead};
use mpanel_db::{AccessError, Caller, testing::TestDb};
use uuid::Uuid;

/// The same person, whose password was not typed again.
fn unproved(caller: &Caller) -> Caller {
    Caller::new(caller.actor.clone(), caller.origin.clone())
}

#[tokio::test]
async fn an_access_check_for_what_cannot_be_undone_asks_for_the_password_again() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let admin = t.user("admin@platform.example", Some("SUPER_ADMIN")).await;
    let idle = unproved(&admin);
    assert!(t.db.tenant::<CloudpodsDelete>(&admin, acme).await.is_ok());
    assert!(matches!(t.db.tenant::<CloudpodsDelete>(&idle, acme).await, Err(AccessError::StepUp { permission: "cloudpods:delete" })));
    assert!(matches!(t.db.platform::<CloudpodsDelete>(&idle).await, Err(AccessError::StepUp { .. })));
    assert!(matches!(t.db.own::<AccountManage>(&idle).await, Err(AccessError::StepUp { .. })));
    assert!(t.db.platform::<CloudpodsRead>(&idle).await.is_ok() && t.db.own::<AccountWrite>(&idle).await.is_ok());
}

#[tokio::test]
async fn the_own_transaction_is_for_people_and_shows_them_their_own_rows_only() {
    let t = TestDb::new().await;
    let (ann, bob) = (t.user("ann@acme.example", None).await, t.user("bob@acme.example", None).await);
    let mut owner = t.owner().await;
    for caller in [&ann, &bob] {
        sqlx::query("insert into sessions (id, token_hash, user_id, expires_at) values ($1, decode(md5($2) || md5($2), 'hex'), $3, now())")
            .bind(Uuid::now_v7())
            .bind(caller.actor.to_string())
            .bind(caller.user_id())
            .execute(&mut owner)
            .await
            .expect("a session");
        sqlx::query("insert into totp_secrets (user_id, sealed, created_at) values ($1, 'x', now())")
            .bind(caller.user_id())
            .execute(&mut owner)
            .await
            .expect("a key");
    }
    for actor in [Actor::Visitor, Actor::system("test")] {
        assert!(matches!(t.db.own::<AccountRead>(&actor.into()).await, Err(AccessError::NotSignedIn)));
    }
    let mut tx = t.db.own::<AccountManage>(&ann).await.expect("opens");
    let seen: i64 = sqlx::query_scalar("select (select count(*) from sessions) + (select count(*) from users) + (select count(*) from totp_secrets)")
        .fetch_one(tx.conn())
        .await
        .expect("reads");
    assert_eq!(seen, 3);
    let taken = sqlx::query("delete from totp_secrets where user_id = $1").bind(bob.user_id()).execute(tx.conn()).await.expect("runs");
    assert_eq!(taken.rows_affected(), 0);
    assert!(sqlx::query("update users set platform_role = 'SUPER_ADMIN'").execute(tx.conn()).await.is_err(), "nobody makes themselves staff");
    drop(tx);
    let mut tx = t.db.own::<AccountRead>(&ann).await.expect("opens");
    assert!(sqlx::query("delete from sessions").execute(tx.conn()).await.is_err(), "a read-only transaction");
}

#[tokio::test]
async fn a_session_in_a_tenant_transaction_reaches_no_key_of_a_code_app() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let ann = t.user("ann@acme.example", None).await;
    t.member(acme, &ann, "TENANT_OWNER").await;
    for statement in ["select * from totp_secrets", "select * from recovery_codes", "select * from sign_in_steps", "select token_hash from sessions"]
    {
        let mut tx = t.db.tenant::<CloudpodsRead>(&ann, acme).await.expect("opens");
        assert!(sqlx::raw_sql(statement).execute(tx.conn()).await.is_err(), "{statement}");
    }
    let admin = t.user("admin@platform.example", Some("SUPER_ADMIN")).await;
    let mut tx = t.db.platform::<CloudpodsRead>(&admin).await.expect("opens");
    assert!(sqlx::raw_sql("select sealed from totp_secrets").execute(tx.conn()).await.is_err(), "nor do staff");
}
