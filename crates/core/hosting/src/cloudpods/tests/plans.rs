//! What a server would do is shown before it is confirmed, and is what it then does.

use crate::{
    cloudpods::{self, preview_deletion, preview_restart},
    suspensions,
    testing::Bench,
};
use engine::reconcile::run_due;
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::{
        cloudpods::{PodStatus, Stack},
        suspensions::SuspensionReason,
    },
    ids::{CloudPodId, JobId},
};

async fn suspend(bench: &Bench, pod: CloudPodId, reason: SuspensionReason) {
    let services = &bench.services.services;
    suspensions::suspend(services, services.db.platform(&bench.admin).await.unwrap(), pod, reason, "").await.unwrap();
}

async fn lift(bench: &Bench, pod: CloudPodId, reason: SuspensionReason) {
    let services = &bench.services.services;
    suspensions::unsuspend(services, services.db.platform(&bench.admin).await.unwrap(), pod, reason).await.unwrap();
}

async fn preview_lift(bench: &Bench, pod: CloudPodId, reason: SuspensionReason) -> engine::Result<Vec<String>> {
    let services = &bench.services.services;
    suspensions::preview_unsuspend(services, services.db.platform(&bench.admin).await.unwrap(), pod, reason).await
}

async fn preview_delete(bench: &Bench, pod: CloudPodId) -> engine::Result<Vec<String>> {
    let services = &bench.services.services;
    preview_deletion(services, services.db.platform(&bench.admin).await.unwrap(), pod).await
}

/// Brings the job to its end that the pod's reconciler starts.
async fn settle(bench: &Bench, pod: CloudPodId) -> JobStatus {
    run_due(&bench.services.services).await.unwrap();
    let unfinished = "select id from jobs where subject_id = $1 and status in ('queued', 'running')";
    let job: JobId = sqlx::query_scalar(unfinished).bind(pod).fetch_one(&mut bench.services.db.owner().await).await.unwrap();
    bench.finish(job).await
}

/// What a job has said, line by line.
async fn said(bench: &Bench, job: JobId) -> Vec<String> {
    sqlx::query_scalar("select message from job_events where job_id = $1 order by id")
        .bind(job)
        .fetch_all(&mut bench.services.db.owner().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn lifting_the_last_reason_shows_what_the_server_opens_again_and_lifting_another_that_nothing_changes() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Php, "shop.example.test").await;
    suspend(&bench, pod.id, SuspensionReason::Abuse).await;
    suspend(&bench, pod.id, SuspensionReason::Staff).await;
    assert_eq!(settle(&bench, pod.id).await, JobStatus::Done);
    assert_eq!(preview_lift(&bench, pod.id, SuspensionReason::Abuse).await.unwrap(), Vec::<String>::new());
    lift(&bench, pod.id, SuspensionReason::Abuse).await;
    let gone = preview_lift(&bench, pod.id, SuspensionReason::Abuse).await;
    assert_eq!(gone.unwrap_err().into_api().code, ErrorCode::NotFound, "it is lifted already");

    bench.services.servers.set_down(bench.server, true);
    let down = preview_lift(&bench, pod.id, SuspensionReason::Staff).await;
    assert_eq!(down.unwrap_err().into_api().code, ErrorCode::Unavailable);
    bench.services.servers.set_down(bench.server, false);
    assert_eq!(preview_lift(&bench, pod.id, SuspensionReason::Staff).await.unwrap(), ["change visitors: open"]);
    lift(&bench, pod.id, SuspensionReason::Staff).await;
    assert_eq!(settle(&bench, pod.id).await, JobStatus::Done);
    assert_eq!((bench.status(pod.id).await, bench.visit(&pod.domain).await.0), (PodStatus::Running, 200));
}

#[tokio::test]
async fn a_deletion_shows_what_its_job_then_removes_from_the_server() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    let preview = preview_delete(&bench, pod.id).await.unwrap();
    for part in ["user", "storage", "database", "visitors"] {
        assert!(preview.iter().any(|line| line.starts_with(&format!("remove {part}: "))), "{part}: {preview:?}");
    }
    assert_eq!(bench.visit(&pod.domain).await.0, 200, "nothing is changed by looking");
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    assert_eq!((bench.finish(job).await, bench.on_server()), (JobStatus::Done, Vec::new()));
    let said = said(&bench, job).await;
    let missing: Vec<&String> = preview.iter().filter(|line| !said.iter().any(|one| one.contains(line.as_str()))).collect();
    assert!(missing.is_empty(), "not removed: {missing:?}, but: {said:?}");
    assert_eq!(preview_delete(&bench, pod.id).await.unwrap_err().into_api().code, ErrorCode::Conflict, "it is deleted");
}

#[tokio::test]
async fn a_server_that_does_not_respond_is_said_where_its_plan_would_be_and_the_job_is_still_accepted() {
    let bench = Bench::new().await;
    let services = &bench.services.services;
    let pod = bench.running(Stack::Php, "shop.example.test").await;
    bench.services.servers.set_down(bench.server, true);
    let suspension = suspensions::preview(services, services.db.platform(&bench.admin).await.unwrap(), pod.id).await;
    let restart = preview_restart(services, services.db.platform(&bench.admin).await.unwrap(), pod.id).await;
    for plan in [suspension, restart, preview_delete(&bench, pod.id).await] {
        let error = plan.unwrap_err().into_api();
        assert_eq!(error.code, ErrorCode::Unavailable);
        assert!(error.message.starts_with("Server unreachable"), "{}", error.message);
    }
    let job = cloudpods::restart(services, services.db.platform(&bench.admin).await.unwrap(), pod.id).await.unwrap();
    bench.services.servers.set_down(bench.server, false);
    assert_eq!(bench.finish(job).await, JobStatus::Done);
}
