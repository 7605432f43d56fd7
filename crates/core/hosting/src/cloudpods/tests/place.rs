//! Two pods never take the last place.

use crate::testing::{Bench, LIMITS};
use core_administration::provisioning;
use engine::saga::contract::{finish, worker};
use model::{administration::provisioning::JobStatus, hosting::cloudpods::Stack, ids::JobId, permission::JobsRead};

async fn all_at_once(bench: &Bench, jobs: &[JobId]) -> usize {
    let runtime = worker(&bench.services, Bench::registry());
    let ends = futures::future::join_all(jobs.iter().map(|job| finish(&bench.services, &runtime, *job))).await;
    assert!(ends.iter().all(|end| matches!(end, JobStatus::Done | JobStatus::Undone)));
    ends.iter().filter(|end| **end == JobStatus::Done).count()
}

async fn orders(bench: &Bench, count: usize) -> Vec<JobId> {
    let mut jobs = Vec::new();
    for n in 0..count {
        jobs.push(bench.order(Stack::Static, &format!("n{n}.example.test")).await.unwrap().job);
    }
    jobs
}

#[tokio::test]
async fn many_at_once_take_exactly_the_places_there_are() {
    let bench = Bench::new().await;
    sqlx::query("update servers set max_pods = 3").execute(&mut bench.services.db.owner().await).await.unwrap();
    let jobs = orders(&bench, 16).await;
    assert_eq!(all_at_once(&bench, &jobs).await, 3);
    assert_eq!(bench.on_server().len(), 3);
}

#[tokio::test]
async fn memory_disk_and_cpu_are_counted_to_the_last_one() {
    for column in ["cpu_millis", "memory_mb", "disk_mb"] {
        let bench = Bench::new().await;
        let sql = match column {
            "cpu_millis" => "update servers set cpu_millis = $1 * 2 + $1 - 1",
            "memory_mb" => "update servers set memory_mb = $1 * 2 + $1 - 1",
            _ => "update servers set disk_mb = $1 * 2 + $1 - 1",
        };
        let one = match column {
            "cpu_millis" => LIMITS.cpu_millis,
            "memory_mb" => LIMITS.memory_mb,
            _ => LIMITS.disk_mb,
        };
        sqlx::query(sql).bind(one).execute(&mut bench.services.db.owner().await).await.unwrap();
        let jobs = orders(&bench, 5).await;
        assert_eq!(all_at_once(&bench, &jobs).await, 2, "{column}");
    }
}

#[tokio::test]
async fn a_place_that_was_given_back_is_taken_again() {
    let bench = Bench::new().await;
    sqlx::query("update servers set max_pods = 1").execute(&mut bench.services.db.owner().await).await.unwrap();
    let first = bench.running(Stack::Static, "a.example.test").await;
    let second = bench.order(Stack::Static, "b.example.test").await.unwrap();
    assert_eq!(bench.finish(second.job).await, JobStatus::Undone);
    let deletion = bench.delete(first.id, &first.name).await.unwrap();
    assert_eq!(bench.finish(deletion).await, JobStatus::Done);
    let services = &bench.services.services;
    provisioning::retry(services, services.db.platform(&bench.admin).await.unwrap(), second.job).await.unwrap();
    assert_eq!(bench.finish(second.job).await, JobStatus::Done);
}

#[tokio::test]
async fn a_server_that_cannot_or_may_not_take_it_is_left_alone() {
    for sql in [
        "update servers set status = 'DRAINING'",
        "update servers set status = 'QUARANTINED'",
        "update server_capabilities set ready = false where capability = 'STATIC'",
        "update cloud_pods set region = 'elsewhere'",
    ] {
        let bench = Bench::new().await;
        let pod = bench.order(Stack::Static, "a.example.test").await.unwrap();
        sqlx::query(sql).execute(&mut bench.services.db.owner().await).await.unwrap();
        assert_eq!(bench.finish(pod.job).await, JobStatus::Undone, "{sql}");
        assert!(bench.on_server().is_empty(), "{sql}");
        let mut tx = bench.services.services.db.platform::<JobsRead>(&bench.admin).await.unwrap();
        let error = provisioning::get(&mut tx, pod.job).await.unwrap().view.error.unwrap();
        assert!(error.starts_with("No active server supports Static files sites"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_has_fallen_silent_is_asked_last() {
    let bench = Bench::new().await;
    // As empty as the other one, and first by its id.
    let twin = "insert into servers select (jsonb_populate_record(null::servers, to_jsonb(s) ||
        '{\"id\": \"00000000-0000-7000-8000-000000000001\", \"name\": \"silent\", \"address\": \"silent\", \"last_seen_at\": \"2000-01-01T00:00:00Z\"}')).* from servers s";
    let able = "insert into server_capabilities select '00000000-0000-7000-8000-000000000001', capability, ready, missing from server_capabilities";
    for sql in [twin, able] {
        sqlx::query(sql).execute(&mut bench.services.db.owner().await).await.unwrap();
    }
    let pod = bench.order(Stack::Static, "a.example.test").await.unwrap();
    assert_eq!(bench.finish(pod.job).await, JobStatus::Done);
    assert_eq!(
        bench.count("select count(*) from cloud_pods where id = $1 and server_id <> '00000000-0000-7000-8000-000000000001'", pod.id.0).await,
        1
    );
}
