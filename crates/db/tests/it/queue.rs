//! Wake-ups and notifications.

use apalis::prelude::{BoxDynError, Data, TaskId, WorkerBuilder};
use futures::{Stream, StreamExt};
use model::ids::{JobId, TenantId};
use model::permission::JobsManage;
use mpanel_db::{Db, Signal, enqueue_wakeup, testing::TestDb};
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("in time")
}

async fn handle(job: JobId, _task: TaskId, heard: Data<mpsc::UnboundedSender<JobId>>) -> Result<(), BoxDynError> {
    heard.send(job)?;
    Ok(())
}

/// A worker of this queue, and the jobs it was woken for.
fn worker(db: &Db, queue: &str) -> mpsc::UnboundedReceiver<JobId> {
    let (say, heard) = mpsc::unbounded_channel();
    let worker = WorkerBuilder::new(format!("test-{}", Uuid::now_v7())).backend(db.wakeup_backend(queue, 2)).data(say).build(handle);
    tokio::spawn(worker.run());
    heard
}

#[tokio::test]
async fn a_wake_up_arrives_when_its_transaction_commits_and_not_otherwise() {
    let t = TestDb::new().await;
    let mut heard = worker(&t.db, "provisioning");
    let (dropped, kept) = (JobId(Uuid::now_v7()), JobId(Uuid::now_v7()));

    let mut tx = t.db.system("test").await.expect("opens");
    enqueue_wakeup(tx.conn(), "provisioning", dropped).await.expect("enqueued");
    tx.finish().await.expect("rolled back");

    let mut tx = t.db.system("test").await.expect("opens");
    enqueue_wakeup(tx.conn(), "provisioning", kept).await.expect("enqueued");
    tx.commit_progress().await.expect("commits");
    assert_eq!(soon(heard.recv()).await, Some(kept));
}

/// The queue gives no notice of what is not due when its transaction began, and counts in whole seconds.
#[tokio::test]
async fn a_wake_up_is_due_well_before_its_transaction_began() {
    let t = TestDb::new().await;
    let mut tx = t.db.system("test").await.expect("opens");
    enqueue_wakeup(tx.conn(), "provisioning", JobId(Uuid::now_v7())).await.expect("enqueued");
    let due: bool = sqlx::query_scalar("select bool_and(run_at < now() - interval '30 seconds') from apalis.jobs")
        .fetch_one(tx.conn())
        .await
        .expect("the queue is looked at");
    assert!(due);
}

#[tokio::test]
async fn a_tenant_transaction_can_wake_a_worker_and_cannot_look_into_the_queue() {
    let t = TestDb::new().await;
    let acme: TenantId = t.tenant("acme").await;
    let admin = t.user("admin@platform.example", Some("SUPER_ADMIN")).await;
    let mut heard = worker(&t.db, "provisioning");
    let job = JobId(Uuid::now_v7());
    let mut tx = t.db.tenant::<JobsManage>(&admin, acme).await.expect("opens");
    enqueue_wakeup(tx.conn(), "provisioning", job).await.expect("enqueued");
    tx.commit(crate::record::event("job")).await.expect("commits");
    assert_eq!(soon(heard.recv()).await, Some(job));

    let mut tx = t.db.tenant::<JobsManage>(&admin, acme).await.expect("opens");
    assert!(sqlx::query("select * from apalis.jobs").execute(tx.conn()).await.is_err());
}

#[tokio::test]
async fn the_same_job_can_be_woken_twice_in_one_transaction() {
    let t = TestDb::new().await;
    let job = JobId(Uuid::now_v7());
    let mut tx = t.db.system("test").await.expect("opens");
    for _ in 0..2 {
        enqueue_wakeup(tx.conn(), "provisioning", job).await.expect("enqueued");
    }
    tx.commit_progress().await.expect("commits");
    let mut heard = worker(&t.db, "provisioning");
    assert_eq!((soon(heard.recv()).await, soon(heard.recv()).await), (Some(job), Some(job)));
}

#[tokio::test]
async fn finished_wake_ups_are_forgotten() {
    let t = TestDb::new().await;
    let mut heard = worker(&t.db, "provisioning");
    let mut tx = t.db.system("test").await.expect("opens");
    enqueue_wakeup(tx.conn(), "provisioning", JobId(Uuid::now_v7())).await.expect("enqueued");
    tx.commit_progress().await.expect("commits");
    soon(heard.recv()).await;
    soon(async {
        while t.db.prune_wakeups(Duration::ZERO).await.expect("prunes") == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

async fn next(signals: &mut (impl Stream<Item = Signal> + Unpin)) -> Signal {
    soon(signals.next()).await.expect("the stream does not end")
}

#[tokio::test]
async fn a_listener_hears_lines_and_states_and_says_when_it_was_away() {
    let t = TestDb::new().await;
    let mut signals = t.db.listen(&["job_event", "job_state"]);
    assert_eq!(next(&mut signals).await, Signal::Connected);

    let job = Uuid::now_v7();
    let mut owner = t.owner().await;
    sqlx::query("insert into jobs (id, kind, title, idempotency_key, payload, actor, deadline_at) values ($1, 'CREATE_CLOUDPOD', 'Create CloudPod', 'k', '{}', '{}', now())")
        .bind(job)
        .execute(&mut owner)
        .await
        .expect("a job");
    assert_eq!(next(&mut signals).await, Signal::Notice { channel: "job_state".to_owned(), payload: job.to_string() });
    let line: i64 = sqlx::query_scalar("insert into job_events (job_id, level, message) values ($1, 'info', 'hello') returning id")
        .bind(job)
        .fetch_one(&mut owner)
        .await
        .expect("a line");
    assert_eq!(next(&mut signals).await, Signal::Notice { channel: "job_event".to_owned(), payload: format!("{job}:{line}") });

    sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and datname = current_database()")
        .execute(&mut owner)
        .await
        .expect("cut");
    assert_eq!(next(&mut signals).await, Signal::Connected);
    sqlx::query("update jobs set status = 'running'").execute(&mut owner).await.expect("changed");
    assert_eq!(next(&mut signals).await, Signal::Notice { channel: "job_state".to_owned(), payload: job.to_string() });
}
