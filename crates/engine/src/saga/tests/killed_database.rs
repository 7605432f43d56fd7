//! PostgreSQL dies under a load of jobs.

use super::{
    ends::until,
    toy::{FillBoxes, Toy, boxes},
};
use crate::{
    Services,
    saga::{
        JobMeta,
        contract::{SagaFixture, worker_with},
        enqueue,
        worker::serve,
    },
};
use db::{
    AuditKey, Db, DbConfig,
    embedded::{Embedded, EmbeddedConfig},
};
use model::actor::Actor;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A cluster of this test alone: the others must not be killed with it.
struct Own {
    pg: Embedded,
    folder: std::path::PathBuf,
    db: Db,
}

const DONE: &str = "select count(*) from jobs where status = 'done'";

async fn own_database() -> Own {
    let folder = std::env::temp_dir().join("mpanel-test-pg").join(format!("killed-{}", Uuid::now_v7()));
    std::fs::create_dir_all(folder.parent().expect("it has one")).unwrap();
    let config = EmbeddedConfig { data_dir: folder.clone(), durable: false, die_with_parent: true };
    let pg = tokio::task::spawn_blocking(move || Embedded::start(&config)).await.unwrap().expect("PostgreSQL starts");
    Db::migrate(&pg.owner_url()).await.expect("the migrations run");
    let db = Db::connect(DbConfig::new(pg.logins(), AuditKey::new([7; 32]))).await.expect("the database connects");
    Own { pg, folder, db }
}

async fn count(services: &Services, sql: &'static str) -> Option<i64> {
    let mut tx = services.db.system("test").await.ok()?;
    sqlx::query_scalar(sql).fetch_one(tx.conn()).await.ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_killed_under_a_load_of_jobs_loses_none_and_ends_none_twice() {
    let toy = Toy::fresh().await;
    let own = own_database().await;
    let services = Services { db: own.db.clone(), ..toy.services.services.clone() };
    let worlds: Vec<Uuid> = (0..12).map(|_| Uuid::now_v7()).collect();
    for &world in &worlds {
        boxes(world, |boxes| boxes.takes = Duration::from_millis(300));
        let mut tx = services.db.system("test").await.unwrap();
        let meta = JobMeta { actor: Actor::system("test"), tenant: None, subject: None };
        let saga = FillBoxes { world, wait_until: None };
        enqueue(tx.conn(), services.now(), &saga, meta).await.unwrap();
        tx.commit_progress().await.unwrap();
    }
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(worker_with(services.clone(), Toy::registry()), 4, stop.clone()));
    let mut longest = Duration::ZERO;
    for done in [1, 5] {
        until(async || count(&services, DONE).await >= Some(done)).await;
        let ended = count(&services, DONE).await;
        let pid = own.pg.pid().expect("PostgreSQL runs");
        assert!(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
        let death = Instant::now();
        until(async || own.pg.pid().is_some_and(|next| next != pid)).await;
        until(async || count(&services, DONE).await > ended).await;
        longest = longest.max(death.elapsed());
    }
    println!("PostgreSQL killed under jobs: at most {longest:.1?} until another had ended");
    until(async || count(&services, DONE).await == Some(12)).await;
    assert_eq!(count(&services, "select count(*) from audit_events where action = 'JOB_DONE'").await, Some(12));
    assert_eq!(count(&services, "select count(distinct target_id) from audit_events where action = 'JOB_DONE'").await, Some(12));
    assert!(worlds.iter().all(|&world| boxes(world, |boxes| boxes.things.len()) == 3));
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(20), serving).await.expect("the worker ends").unwrap().expect("without an error");
    own.db.close().await;
    tokio::task::spawn_blocking(move || own.pg.stop()).await.unwrap();
    std::fs::remove_dir_all(own.folder).unwrap();
}
