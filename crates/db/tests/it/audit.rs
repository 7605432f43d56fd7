//! The record under many writers.

use crate::record::{event, write};
use model::actor::Actor;
use model::permission::ServersManage;
use mpanel_db::testing::TestDb;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_untouched_record_verifies() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    write(&t.db, Some(acme), 5).await;
    write(&t.db, None, 3).await;
    let report = t.db.verify_audit(&t.db.audit_heads().await.expect("heads")).await.expect("reads");
    assert_eq!((report.events, report.chains, report.findings), (8, 2, vec![]));
}

#[tokio::test]
async fn whatever_an_event_holds_it_verifies() {
    let t = TestDb::new().await;
    let odd = json!({"z": 1, "a": {"long key": [1.0, -0.0, 1e2, 1.5e300, 0.1, -7, u64::MAX, null, true]}, "": "\u{0} \u{202e} ü \\ \" \n", "nul\u{0}": "😀"});
    let tx = t.db.system("test").await.expect("opens");
    tx.commit(event("odd\u{0}name").before(odd.clone()).after(odd)).await.expect("commits");
    let report = t.db.verify_audit(&[]).await.expect("reads");
    assert_eq!((report.events, report.findings), (1, vec![]));
}

#[tokio::test]
async fn two_writers_at_once_never_fork_a_chain() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let writers = (0..6).map(|_| {
        let db = t.db.clone();
        tokio::spawn(async move { write(&db, Some(acme), 10).await })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("writes");
    }
    let report = t.db.verify_audit(&[]).await.expect("reads");
    assert_eq!((report.events, report.chains, report.findings), (60, 1, vec![]));
}

#[tokio::test]
async fn writers_of_several_chains_do_not_wait_in_a_circle() {
    let t = TestDb::new().await;
    let (one, two) = (t.tenant("one").await, t.tenant("two").await);
    let writers = (0..6).map(|number| {
        let db = t.db.clone();
        let (first, second) = if number % 2 == 0 { (one, two) } else { (two, one) };
        tokio::spawn(async move {
            for _ in 0..10 {
                let mut tx = db.system("test").await.expect("opens");
                tx.record(event("first").in_tenant(first));
                tx.record(event("platform"));
                tx.commit(event("second").in_tenant(second)).await.expect("no deadlock");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("writes");
    }
    let report = t.db.verify_audit(&[]).await.expect("reads");
    assert_eq!((report.events, report.chains, report.findings), (180, 3, vec![]));
}

#[tokio::test]
async fn a_busy_tenant_does_not_hold_up_another() {
    use sqlx::Connection;
    let t = TestDb::new().await;
    let (busy, free) = (t.tenant("busy").await, t.tenant("free").await);
    write(&t.db, Some(busy), 1).await;
    let mut owner = t.owner().await;
    let mut held = owner.begin().await.expect("begins");
    sqlx::query("select * from audit_heads where chain = $1 for update").bind(busy).execute(&mut *held).await.expect("held");
    let db = t.db.clone();
    let waiting = tokio::spawn(async move { write(&db, Some(busy), 1).await });
    tokio::time::timeout(Duration::from_secs(5), write(&t.db, Some(free), 3)).await.expect("the other tenant goes on");
    assert!(!waiting.is_finished());
    held.rollback().await.expect("let go");
    tokio::time::timeout(Duration::from_secs(5), waiting).await.expect("goes on").expect("writes");
}

#[tokio::test]
async fn a_transaction_writes_to_its_own_chain_only() {
    let t = TestDb::new().await;
    let (acme, other) = (t.tenant("acme").await, t.tenant("other").await);
    let visitor = t.db.public(Actor::Visitor).await.expect("opens");
    assert!(visitor.commit(event("forged").in_tenant(acme)).await.is_err());
    // A tenant's transaction overrules what the event says.
    let admin = t.user("admin@platform.example", Some("SUPER_ADMIN")).await;
    let tx = t.db.tenant::<ServersManage>(&admin, acme).await.expect("opens");
    tx.commit(event("own").in_tenant(other)).await.expect("commits");
    let heads = t.db.audit_heads().await.expect("heads");
    assert_eq!(heads.iter().map(|head| head.chain).collect::<Vec<_>>(), [acme.0]);
}

#[tokio::test]
async fn somebody_else_than_the_caller_can_be_the_one_who_did_it() {
    let t = TestDb::new().await;
    let ann = t.user("ann@acme.example", None).await;
    let tx = t.db.public(Actor::Visitor).await.expect("opens");
    tx.commit(event("signed in").by(ann.actor.clone())).await.expect("commits");
    let email: String = sqlx::query_scalar("select actor ->> 'email' from audit_events").fetch_one(&mut t.owner().await).await.expect("reads");
    assert_eq!(email, "ann@acme.example");
}

/// Commits per second, with events and without, when `writers` work at once, each in the chain it is given.
async fn pace(db: &mpanel_db::Db, writers: usize, chain: impl Fn(usize) -> Option<model::ids::TenantId>, events: bool) -> f64 {
    const EACH: usize = 100;
    let begin = std::time::Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|number| {
            let (db, tenant) = (db.clone(), chain(number));
            tokio::spawn(async move {
                for _ in 0..EACH {
                    let mut tx = db.system("measure").await.expect("opens");
                    sqlx::query("insert into invoice_counters (series, last) values ($1, 1) on conflict (series) do update set last = invoice_counters.last + 1")
                        .bind(format!("W-{number}"))
                        .execute(tx.conn())
                        .await
                        .expect("writes");
                    let event = event("measured");
                    let event = match tenant {
                        Some(tenant) => event.in_tenant(tenant),
                        None => event,
                    };
                    if events { tx.commit(event).await.expect("commits") } else { tx.commit_progress().await.expect("commits") }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("ends");
    }
    (writers * EACH) as f64 / begin.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: run it by name with --ignored --nocapture"]
async fn commits_per_second_with_and_without_the_chain() {
    use mpanel_db::{
        AuditKey, Db, DbConfig,
        embedded::{Embedded, EmbeddedConfig},
    };
    let folder = std::env::temp_dir().join(format!("mpanel-measure-{}", std::process::id()));
    let config = EmbeddedConfig { die_with_parent: true, ..EmbeddedConfig::new(&folder) };
    let pg = tokio::task::spawn_blocking(move || Embedded::start(&config)).await.expect("a thread").expect("starts");
    Db::migrate(&pg.owner_url()).await.expect("migrates");
    let db = Db::connect(DbConfig::new(pg.logins(), AuditKey::new([7; 32]))).await.expect("connects");
    let mut owner = <sqlx::PgConnection as sqlx::Connection>::connect(&pg.owner_url()).await.expect("connects");
    let mut tenants = Vec::new();
    for number in 0..8 {
        let id = uuid::Uuid::now_v7();
        sqlx::query("insert into tenants (id, name, slug, billing_email, country) values ($1, 't', $2, 'a@b.example', 'DE')")
            .bind(id)
            .bind(format!("t{number}"))
            .execute(&mut owner)
            .await
            .expect("a tenant");
        tenants.push(model::ids::TenantId(id));
    }
    for writers in [1, 8] {
        let none = pace(&db, writers, |_| None, false).await;
        let own = pace(&db, writers, |number| Some(tenants[number]), true).await;
        let one = pace(&db, writers, |_| None, true).await;
        println!("{writers} writers, disk waited for: {none:.0}/s without events, {own:.0}/s each in its own chain, {one:.0}/s all in one chain");
    }
    assert_eq!(db.verify_audit(&[]).await.expect("reads").findings, []);
    drop(pg);
    std::fs::remove_dir_all(folder).expect("removed");
}
