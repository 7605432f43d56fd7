//! A PostgreSQL that is not ours: its owner is no superuser, and the logins need passwords.

use crate::record::write;
use model::permission::UsersRead;
use mpanel_db::{AuditKey, Db, DbConfig, testing::TestDb};

#[tokio::test]
async fn an_owner_who_is_no_superuser_can_migrate_and_every_access_check_works() {
    let t = TestDb::new().await;
    let mut superuser = t.owner().await;
    sqlx::raw_sql("create role plain_owner login createrole password 'owners'").execute(&mut superuser).await.expect("a role");
    sqlx::raw_sql("create database plain owner plain_owner").execute(&mut superuser).await.expect("a database");
    let database: String = sqlx::query_scalar("select current_database()").fetch_one(&mut superuser).await.expect("its name");
    let owner_url = t.owner_url.replace("//mpanel@", "//plain_owner:owners@").replace(&database, "plain");

    Db::migrate(&owner_url).await.expect("migrates");
    let logins = Db::set_login_passwords(&owner_url, "web's \\ secret", "ops/secret@:?").await.expect("passwords");
    let hashed: i64 = sqlx::query_scalar("select count(*) from pg_authid where rolname in ('mpanel_web', 'mpanel_ops') and rolpassword is not null")
        .fetch_one(&mut superuser)
        .await
        .expect("counted");
    assert_eq!(hashed, 2);

    let plain = TestDb {
        db: Db::connect(DbConfig::new(logins.clone(), AuditKey::new([7; 32]))).await.expect("both log in"),
        config: DbConfig::new(logins, AuditKey::new([7; 32])),
        owner_url,
    };
    let acme = plain.tenant("acme").await;
    let ann = plain.user("ann@acme.example", None).await;
    plain.member(acme, &ann, "TENANT_OWNER").await;
    let mut tx = plain.db.tenant::<UsersRead>(&ann, acme).await.expect("opens");
    let seen: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(tx.conn()).await.expect("reads");
    assert_eq!(seen, 1);
    drop(tx);
    let mut tx = plain.db.public(&ann).await.expect("opens");
    let found: i64 = sqlx::query_scalar("select count(*) from sign_in_lookup('ann@acme.example')").fetch_one(tx.conn()).await.expect("reads");
    assert_eq!(found, 1);
    drop(tx);
    write(&plain.db, Some(acme), 2).await;
    assert_eq!(plain.db.verify_audit(&[]).await.expect("reads").events, 2);
    plain.db.close().await;
}
