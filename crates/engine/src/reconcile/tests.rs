//! Objects are reconciled when they are due and when they are asked for, each by one worker, none at the expense of another.

use super::{LastRun, Object, Outcome, ReconcileError, Reconciler, last_run, run, run_due, run_known, touch, withdraw};
use crate::{Modules, Services, testing::TestServices};
use chrono::Duration;
use model::ids::ServerId;
use sqlx::PgConnection;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What the tests' reconciler does about each object, and what it has done.
#[derive(Default)]
struct Toy {
    runs: Mutex<Vec<Uuid>>,
    answers: Mutex<HashMap<Uuid, Result<Vec<String>, String>>>,
    gone: Mutex<HashSet<Uuid>>,
    /// Runs for these wait for the notice.
    slow: Mutex<HashSet<Uuid>>,
    go_on: Notify,
    /// Runs at this moment, and the most there ever were.
    running: Mutex<(usize, usize)>,
}

impl Toy {
    fn runs_of(&self, key: Uuid) -> usize {
        self.runs.lock().unwrap().iter().filter(|run| **run == key).count()
    }
}

struct Toys;

impl Reconciler for Toys {
    const NAME: &'static str = "toy";
    const TITLE: &'static str = "Toys in order";
    const INTERVAL: std::time::Duration = std::time::Duration::from_secs(60);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        let page = "select id as key, null::uuid as server from tenants where $1::uuid is null or id > $1 order by id limit $2";
        sqlx::query_as(page).bind(after).bind(super::OBJECTS_PER_PAGE).fetch_all(conn).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        play(services.part::<Toy>(), key).await
    }
}

/// Another reconciler, that sees to the same: what differs is whose places it takes.
struct Tools;

impl Reconciler for Tools {
    const NAME: &'static str = "tool";
    const TITLE: &'static str = "Tools in order";
    const INTERVAL: std::time::Duration = std::time::Duration::from_secs(60);

    async fn objects(_: &mut PgConnection, _: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        Ok(Vec::new())
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        play(services.part::<Toy>(), key).await
    }
}

async fn play(toy: &Toy, key: Uuid) -> Result<Outcome, ReconcileError> {
    {
        let mut running = toy.running.lock().unwrap();
        running.0 += 1;
        running.1 = running.1.max(running.0);
    }
    toy.runs.lock().unwrap().push(key);
    let slow = toy.slow.lock().unwrap().contains(&key);
    if slow {
        toy.go_on.notified().await;
    }
    toy.running.lock().unwrap().0 -= 1;
    if toy.gone.lock().unwrap().contains(&key) {
        return Ok(Outcome::Removed);
    }
    let answer = toy.answers.lock().unwrap().get(&key).cloned().unwrap_or(Ok(Vec::new()));
    answer.map(|differences| Outcome::Checked { subject: "a toy".to_owned(), server: None, differences }).map_err(ReconcileError)
}

struct Scene {
    parts: TestServices,
    toy: Arc<Toy>,
}

impl Scene {
    async fn new() -> Self {
        let mut parts = TestServices::new().await;
        let toy = Arc::new(Toy::default());
        let modules = Modules::default().with(|modules| {
            modules.reconcilers.add::<Toys>();
            modules.reconcilers.add::<Tools>();
        });
        parts.services = parts.services.with(Arc::new(modules)).with(Arc::clone(&toy));
        Self { parts, toy }
    }

    async fn touch(&self, key: Uuid) {
        let mut tx = self.parts.services.db.system("test").await.unwrap();
        touch(tx.conn(), Toys::NAME, key, self.parts.services.now()).await.unwrap();
        tx.commit_progress().await.unwrap();
    }

    /// A server that can be asked.
    async fn server(&self) -> ServerId {
        let server = ServerId(Uuid::now_v7());
        sqlx::query(
            "insert into servers (id, name, driver, address, site_address, region) values ($1, 'web1', 'SSH', '100.64.0.9', '100.64.0.9', 'here')",
        )
        .bind(server)
        .execute(&mut self.parts.db.owner().await)
        .await
        .unwrap();
        server
    }

    /// So many objects of a reconciler, for which this server is asked, are due; each run of them waits for the notice.
    async fn due(&self, name: &str, count: usize, server: ServerId) -> Vec<Uuid> {
        let keys: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
        self.toy.slow.lock().unwrap().extend(&keys);
        sqlx::query("insert into reconciliations (name, key, server_id, due_at) select $4, key, $2, $3 from unnest($1::uuid[]) key")
            .bind(&keys)
            .bind(server)
            .bind(self.parts.services.now())
            .bind(name)
            .execute(&mut self.parts.db.owner().await)
            .await
            .unwrap();
        keys
    }

    async fn run_due(&self) -> usize {
        run_due(&self.parts.services).await.unwrap()
    }

    async fn last(&self, key: Uuid) -> Option<LastRun> {
        last_run(&mut self.parts.db.owner().await, Toys::NAME, key).await.unwrap()
    }

    async fn failures(&self, key: Uuid) -> i32 {
        let failures = sqlx::query_scalar("select failures from reconciliations where key = $1").bind(key);
        failures.fetch_one(&mut self.parts.db.owner().await).await.unwrap()
    }

    /// Waits until it is so.
    async fn until(&self, right: impl Fn(&Toy) -> bool) {
        let wait = async {
            while !right(&self.toy) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), wait).await.expect("it comes to that");
    }
}

#[tokio::test]
async fn an_object_is_reconciled_when_the_change_that_touches_it_is_committed_and_then_each_time_it_is_due() {
    let scene = Scene::new().await;
    let (kept, dropped) = (Uuid::now_v7(), Uuid::now_v7());
    let mut tx = scene.parts.services.db.system("test").await.unwrap();
    touch(tx.conn(), Toys::NAME, dropped, scene.parts.services.now()).await.unwrap();
    drop(tx);
    scene.touch(kept).await;
    assert_eq!(scene.run_due().await, 1);
    assert_eq!((scene.toy.runs_of(kept), scene.toy.runs_of(dropped)), (1, 0));
    assert_eq!(scene.run_due().await, 0, "it is not due again");
    scene.parts.clock.advance(Duration::seconds(70));
    assert_eq!(scene.run_due().await, 1);
    scene.touch(kept).await;
    scene.touch(kept).await;
    assert_eq!(scene.run_due().await, 1, "asked for twice, looked at once");
}

#[tokio::test]
async fn a_run_that_is_not_needed_any_more_is_taken_back_with_the_change_that_makes_it_so_and_not_while_it_goes_on() {
    let scene = Scene::new().await;
    let (needed, done, running) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    for key in [needed, done] {
        scene.touch(key).await;
    }
    let lease = "insert into reconciliations (name, key, worker, lease_until) values ('toy', $1, 'somebody', now() + interval '1 minute')";
    sqlx::query(lease).bind(running).execute(&mut scene.parts.db.owner().await).await.unwrap();
    for (key, is_committed) in [(needed, false), (done, true), (running, true)] {
        let mut tx = scene.parts.services.db.system("test").await.unwrap();
        withdraw(tx.conn(), Toys::NAME, key).await.unwrap();
        if is_committed {
            tx.commit_progress().await.unwrap();
        }
    }
    assert_eq!(scene.run_due().await, 1);
    assert_eq!((scene.toy.runs_of(needed), scene.toy.runs_of(done)), (1, 0));
    assert!(scene.last(running).await.is_some(), "whoever runs it ends it");
}

#[tokio::test]
async fn an_object_nobody_has_asked_for_is_found() {
    let scene = Scene::new().await;
    let tenant = scene.parts.db.tenant("acme").await;
    assert_eq!(scene.run_due().await, 1);
    assert_eq!(scene.toy.runs_of(tenant.0), 1);
    scene.toy.gone.lock().unwrap().insert(tenant.0);
    scene.touch(tenant.0).await;
    assert_eq!(scene.run_due().await, 1);
    assert_eq!(scene.last(tenant.0).await, None, "an object that is gone has no row");
}

/// One that PostgreSQL refuses to list the objects of; its name comes before the others'.
struct Broken;

impl Reconciler for Broken {
    const NAME: &'static str = "broken";
    const TITLE: &'static str = "Nothing in order";
    const INTERVAL: std::time::Duration = std::time::Duration::from_secs(60);

    async fn objects(conn: &mut PgConnection, _: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        sqlx::query_as("select key, server_id as server from reconciliations where 1 / (select 0) = 1").fetch_all(conn).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        play(services.part::<Toy>(), key).await
    }
}

#[tokio::test]
async fn objects_of_every_page_are_found_while_another_reconciler_cannot_list_its_own() {
    let mut scene = Scene::new().await;
    let modules = Modules::default().with(|modules| {
        modules.reconcilers.add::<Broken>();
        modules.reconcilers.add::<Toys>();
    });
    scene.parts.services = scene.parts.services.clone().with(Arc::new(modules));
    let more = usize::try_from(super::OBJECTS_PER_PAGE).unwrap() + 1;
    sqlx::query(
        "insert into tenants (id, name, slug, billing_email, country)
         select gen_random_uuid(), 'Customer', 'customer-' || n, 'billing@example.com', 'DE' from generate_series(1, $1) n",
    )
    .bind(i32::try_from(more).unwrap())
    .execute(&mut scene.parts.db.owner().await)
    .await
    .unwrap();
    assert_eq!(scene.run_due().await, more);
}

#[tokio::test]
async fn listing_objects_that_have_their_rows_writes_nothing() {
    let scene = Scene::new().await;
    scene.parts.db.tenant("acme").await;
    assert_eq!(scene.run_due().await, 1);
    let mut owner = scene.parts.db.owner().await;
    let rows = "select last_value from reconciliations_id_seq";
    let before: i64 = sqlx::query_scalar(rows).fetch_one(&mut owner).await.unwrap();
    assert_eq!(scene.run_due().await, 0);
    assert_eq!(sqlx::query_scalar::<_, i64>(rows).fetch_one(&mut owner).await.unwrap(), before, "no row was tried");
}

#[tokio::test]
async fn what_differs_is_written_down_with_its_beginning_until_it_differs_no_more() {
    let scene = Scene::new().await;
    let (key, since) = (Uuid::now_v7(), scene.parts.services.now());
    let wheel = vec!["a wheel is missing".to_owned()];
    scene.toy.answers.lock().unwrap().insert(key, Ok(wheel.clone()));
    scene.touch(key).await;
    scene.run_due().await;
    scene.parts.clock.advance(Duration::seconds(70));
    scene.run_due().await;
    let last = scene.last(key).await.unwrap();
    assert_eq!((last.differences, last.differs_since, last.checked_at), (wheel, Some(since), Some(since + Duration::seconds(70))));
    scene.toy.answers.lock().unwrap().clear();
    scene.touch(key).await;
    scene.run_due().await;
    let last = scene.last(key).await.unwrap();
    assert_eq!((last.differences, last.differs_since), (vec![], None));
}

#[tokio::test]
async fn a_run_that_fails_is_repeated_after_pauses_that_grow_and_its_reason_is_kept() {
    let scene = Scene::new().await;
    let key = Uuid::now_v7();
    scene.toy.answers.lock().unwrap().insert(key, Err("Nobody is there.".to_owned()));
    scene.touch(key).await;
    let mut pauses = Vec::new();
    for failures in 1..=9 {
        let mut seconds = 0;
        while scene.run_due().await == 0 {
            scene.parts.clock.advance(Duration::seconds(1));
            seconds += 1;
        }
        pauses.push(seconds);
        assert_eq!(scene.failures(key).await, failures);
    }
    assert_eq!(pauses[0], 0);
    assert!(pauses[1..8].windows(2).all(|pair| pair[0] < pair[1]), "{pauses:?}");
    assert!(pauses[8] >= 540 && pauses[8] <= 661, "the longest pause is ten minutes and a tenth: {pauses:?}");
    assert_eq!(scene.last(key).await.unwrap().error.as_deref(), Some("Nobody is there."));
    scene.toy.answers.lock().unwrap().clear();
    scene.touch(key).await;
    assert_eq!(scene.run_due().await, 1, "who asks does not wait for the pause");
    assert_eq!((scene.failures(key).await, scene.last(key).await.unwrap().error), (0, None));
}

#[tokio::test]
async fn an_object_that_hangs_keeps_no_other_waiting_and_one_that_is_touched_meanwhile_runs_again() {
    let scene = Scene::new().await;
    let slow = Uuid::now_v7();
    scene.toy.slow.lock().unwrap().insert(slow);
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(scene.parts.services.clone(), stop.clone()));
    scene.touch(slow).await;
    scene.until(|toy| toy.runs_of(slow) == 1).await;
    for _ in 0..5 {
        let quick = Uuid::now_v7();
        scene.touch(quick).await;
        scene.until(|toy| toy.runs_of(quick) == 1).await;
    }
    scene.touch(slow).await;
    assert_eq!(scene.toy.runs_of(slow), 1, "nobody looks at it twice at the same time");
    scene.toy.slow.lock().unwrap().clear();
    scene.toy.go_on.notify_one();
    scene.until(|toy| toy.runs_of(slow) == 2).await;
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_claim_in_the_same_moment_reconcile_each_object_once() {
    let scene = Scene::new().await;
    let keys: Vec<Uuid> = (0..200).map(|_| Uuid::now_v7()).collect();
    sqlx::query("insert into reconciliations (name, key, due_at) select 'toy', key, $2 from unnest($1::uuid[]) key")
        .bind(&keys)
        .bind(scene.parts.services.now())
        .execute(&mut scene.parts.db.owner().await)
        .await
        .unwrap();
    let workers = [(); 4].map(|()| {
        let services = scene.parts.services.clone();
        tokio::spawn(async move { run_known(&services).await.unwrap() })
    });
    let runs: usize = futures::future::join_all(workers).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(runs, 200);
    assert!(keys.iter().all(|key| scene.toy.runs_of(*key) == 1), "each by one of them");
}

#[tokio::test]
async fn one_server_is_asked_for_a_few_objects_at_a_time_by_all_workers_together() {
    let scene = Scene::new().await;
    let server = scene.server().await;
    let mut keys = scene.due("toy", 10, server).await;
    keys.extend(scene.due("tool", 10, server).await);
    let stop = CancellationToken::new();
    let workers = [(); 3].map(|()| tokio::spawn(run(scene.parts.services.clone(), stop.clone())));
    scene.until(|toy| toy.running.lock().unwrap().0 == 4).await;
    // Another object, of no server, is looked at by now: whoever could take more has had its turn.
    let other = Uuid::now_v7();
    scene.touch(other).await;
    scene.until(|toy| toy.runs_of(other) == 1).await;
    let done = async {
        while !keys.iter().all(|key| scene.toy.runs_of(*key) > 0) {
            scene.toy.go_on.notify_waiters();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        scene.toy.slow.lock().unwrap().clear();
        scene.toy.go_on.notify_waiters();
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), done).await.expect("all are looked at");
    scene
        .until(|toy| {
            toy.go_on.notify_waiters();
            toy.running.lock().unwrap().0 == 0
        })
        .await;
    stop.cancel();
    for worker in workers {
        worker.await.unwrap();
    }
    // The object without a server may have been the fifth.
    assert!(scene.toy.running.lock().unwrap().1 <= 5, "{:?}", scene.toy.running.lock().unwrap());
    assert!(keys.iter().all(|key| scene.toy.runs_of(*key) == 1), "each is looked at once");
}

#[tokio::test]
async fn many_objects_of_one_reconciler_that_hang_on_a_server_leave_places_there_for_those_of_another() {
    let scene = Scene::new().await;
    let server = scene.server().await;
    scene.due("toy", 20, server).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(scene.parts.services.clone(), stop.clone()));
    scene.until(|toy| toy.running.lock().unwrap().0 == 3).await;
    scene.parts.clock.advance(Duration::seconds(1));
    let later = scene.due("tool", 1, server).await[0];
    scene.until(|toy| toy.runs_of(later) == 1).await;
    assert_eq!(scene.toy.running.lock().unwrap().0, 4, "three of the one, and the other's");
    scene.toy.slow.lock().unwrap().clear();
    scene
        .until(|toy| {
            toy.go_on.notify_waiters();
            toy.runs.lock().unwrap().len() >= 21 && toy.running.lock().unwrap().0 == 0
        })
        .await;
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn any_number_of_objects_that_hang_without_a_server_leave_places_for_those_of_servers() {
    let scene = Scene::new().await;
    let keys: Vec<Uuid> = (0..60).map(|_| Uuid::now_v7()).collect();
    scene.toy.slow.lock().unwrap().extend(&keys);
    sqlx::query("insert into reconciliations (name, key, due_at) select 'toy', key, $2 from unnest($1::uuid[]) key")
        .bind(&keys)
        .bind(scene.parts.services.now())
        .execute(&mut scene.parts.db.owner().await)
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(scene.parts.services.clone(), stop.clone()));
    scene.until(|toy| toy.running.lock().unwrap().0 == 24).await;
    let server = scene.server().await;
    let asked = scene.due("tool", 1, server).await[0];
    scene.until(|toy| toy.runs_of(asked) == 1).await;
    assert_eq!(scene.toy.running.lock().unwrap().1, 25);
    scene.toy.slow.lock().unwrap().clear();
    scene
        .until(|toy| {
            toy.go_on.notify_waiters();
            toy.runs.lock().unwrap().len() >= 61 && toy.running.lock().unwrap().0 == 0
        })
        .await;
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn what_a_dead_worker_held_is_claimed_by_another_when_its_lease_has_expired() {
    let scene = Scene::new().await;
    let key = Uuid::now_v7();
    scene.touch(key).await;
    let mut owner = scene.parts.db.owner().await;
    let lease = "update reconciliations set worker = 'dead', due_at = null, lease_until = now() + $1";
    sqlx::query(lease).bind(sqlx::postgres::types::PgInterval { months: 0, days: 0, microseconds: 60_000_000 }).execute(&mut owner).await.unwrap();
    assert_eq!(scene.run_due().await, 0);
    sqlx::query("update reconciliations set lease_until = now() - interval '1 second'").execute(&mut owner).await.unwrap();
    assert_eq!(scene.run_due().await, 1);
    assert_eq!(scene.toy.runs_of(key), 1);
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_released_long_before_its_lease_expires_and_what_is_running_is_not() {
    let scene = Scene::new().await;
    let (slow, lost) = (Uuid::now_v7(), Uuid::now_v7());
    scene.toy.slow.lock().unwrap().insert(slow);
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(scene.parts.services.clone(), stop.clone()));
    scene.touch(slow).await;
    scene.until(|toy| toy.runs_of(slow) == 1).await;
    // As PostgreSQL leaves it when it commits a claim and is killed before it says so.
    sqlx::query(
        "insert into reconciliations (name, key, worker, lease_until)
         select name, $2, worker, now() + interval '1 hour' from reconciliations where key = $1",
    )
    .bind(slow)
    .bind(lost)
    .execute(&mut scene.parts.db.owner().await)
    .await
    .unwrap();
    scene.until(|toy| toy.runs_of(lost) == 1).await;
    assert_eq!(scene.toy.runs_of(slow), 1);
    scene.toy.slow.lock().unwrap().clear();
    scene.toy.go_on.notify_one();
    stop.cancel();
    running.await.unwrap();
}
