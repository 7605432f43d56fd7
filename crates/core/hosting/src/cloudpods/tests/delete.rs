//! Offline first, nothing left after the grace period.

use super::worlds::Deleting;
use crate::{domains, testing::Bench};
use core_administration::provisioning;
use engine::{
    Error,
    saga::{
        Outcome,
        contract::{saga_contract_tests, worker},
        run_job,
    },
};
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::cloudpods::{PodStatus, Stack},
    ids::JobId,
};
use tokio_util::sync::CancellationToken;

saga_contract_tests!(Deleting);

fn code(error: Error) -> ErrorCode {
    error.into_api().code
}

/// Works until the job waits for the end of the grace period.
async fn work_until_held(bench: &Bench, job: JobId) {
    let runtime = worker(&bench.services, Bench::registry());
    let outcome = run_job(&runtime, job, &CancellationToken::new()).await.unwrap();
    let end = bench.services.services.now() + bench.services.services.settings.grace;
    assert_eq!(outcome, Outcome::Deferred(end));
}

#[tokio::test]
async fn only_its_own_name_deletes_a_pod() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "blog.example.test").await;
    for wrong in ["", "blo", "BLOG", "blog.example.test"] {
        assert_eq!(code(bench.delete(pod.id, wrong).await.unwrap_err()), ErrorCode::Invalid, "{wrong:?}");
    }
    assert_eq!(bench.status(pod.id).await, PodStatus::Running);
}

#[tokio::test]
async fn a_pod_that_is_being_made_or_deleted_is_not_deleted() {
    let bench = Bench::new().await;
    let pod = bench.order(Stack::Static, "blog.example.test").await.unwrap();
    assert_eq!(code(bench.delete(pod.id, &pod.name).await.unwrap_err()), ErrorCode::Conflict);
    bench.finish(pod.job).await;
    bench.delete(pod.id, &pod.name).await.unwrap();
    assert_eq!(code(bench.delete(pod.id, &pod.name).await.unwrap_err()), ErrorCode::Conflict);
}

#[tokio::test]
async fn a_deleted_site_is_off_at_once_and_its_data_is_kept() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    work_until_held(&bench, job).await;
    assert_eq!(bench.status(pod.id).await, PodStatus::Held);
    assert_ne!(bench.visit(&pod.domain).await.0, 200);
    assert_eq!(bench.on_server(), [pod.name]);
}

#[tokio::test]
async fn a_cancel_during_the_grace_period_brings_the_site_back() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    work_until_held(&bench, job).await;
    let services = &bench.services.services;
    provisioning::cancel(services, services.db.platform(&bench.admin).await.unwrap(), job).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Undone);
    assert_eq!((bench.status(pod.id).await, bench.visit(&pod.domain).await.0), (PodStatus::Running, 200));
    let again = bench.delete(pod.id, &pod.name).await.unwrap();
    assert_ne!(again, job);
    assert_eq!((bench.finish(again).await, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Deleted));
}

#[tokio::test]
async fn a_pod_whose_domain_was_released_comes_back_under_a_name_of_ours() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "blog.example.test").await;
    let services = &bench.services.services;
    let mut tx = services.db.system("test").await.unwrap();
    domains::reserve(services, &mut tx, bench.tenant, pod.id, &pod.domain).await.unwrap();
    tx.commit_progress().await.unwrap();
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    work_until_held(&bench, job).await;
    domains::release(services, services.db.platform(&bench.admin).await.unwrap(), &pod.domain).await.unwrap();
    provisioning::cancel(services, services.db.platform(&bench.admin).await.unwrap(), job).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Undone);
    let own = format!("{}.{}", pod.name, services.settings.base_domain);
    assert_eq!((bench.status(pod.id).await, bench.visit(&own).await.0), (PodStatus::Running, 200));
    assert_ne!(bench.visit(&pod.domain).await.0, 200);
    bench.running(Stack::Static, "blog.example.test").await;
}

#[tokio::test]
async fn what_is_gone_cannot_be_cancelled_and_its_domain_is_free() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Php, "blog.example.test").await;
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    let services = &bench.services.services;
    let cancelled = provisioning::cancel(services, services.db.platform(&bench.admin).await.unwrap(), job).await;
    assert_eq!(code(cancelled.unwrap_err()), ErrorCode::Conflict);
    let next = bench.running(Stack::Php, "blog.example.test").await;
    assert_ne!(next.name, pod.name);
}

#[tokio::test]
async fn a_job_that_has_begun_to_remove_is_not_cancelled() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Php, "blog.example.test").await;
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    work_until_held(&bench, job).await;
    bench.services.clock.advance(bench.services.services.settings.grace);
    bench.services.servers.set_down(bench.server, true);
    let outcome = run_job(&worker(&bench.services, Bench::registry()), job, &CancellationToken::new()).await.unwrap();
    assert_eq!(outcome, Outcome::Ended(JobStatus::Stuck));
    let services = &bench.services.services;
    provisioning::retry(services, services.db.platform(&bench.admin).await.unwrap(), job).await.unwrap();
    let cancelled = provisioning::cancel(services, services.db.platform(&bench.admin).await.unwrap(), job).await;
    assert_eq!(code(cancelled.unwrap_err()), ErrorCode::Conflict);
    bench.services.servers.set_down(bench.server, false);
    assert_eq!((bench.finish(job).await, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Deleted));
}

#[tokio::test]
async fn a_pod_that_could_not_be_made_is_deleted_without_a_server() {
    let bench = Bench::new().await;
    let mut owner = bench.services.db.owner().await;
    sqlx::query("update servers set status = 'DRAINING'").execute(&mut owner).await.unwrap();
    let pod = bench.order(Stack::Php, "blog.example.test").await.unwrap();
    assert_eq!(bench.finish(pod.job).await, JobStatus::Undone);
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    assert_eq!((bench.finish(job).await, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Deleted));
}
