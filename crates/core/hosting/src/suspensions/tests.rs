//! Reasons are a stack, and what they bind is seen from outside.

use super::{suspend, suspend_account, unsuspend, unsuspend_account};
use crate::{cloudpods, testing::Bench};
use adapters::node::simulated::Fault;
use core_administration::provisioning;
use engine::{Error, Result, reconcile::run_due};
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::{
        cloudpods::{DesiredState, ObservedState, PodStatus, PodView, Stack},
        suspensions::SuspensionReason,
    },
    ids::{CloudPodId, JobId},
    permission::{BillingManage, BillingRead, CloudpodsRead},
};
use wire::message::{Failure, FailureKind};

async fn add(bench: &Bench, pod: CloudPodId, reason: SuspensionReason) -> Result<()> {
    let services = &bench.services.services;
    suspend(services, services.db.platform(&bench.admin).await.unwrap(), pod, reason, "see ticket 7").await
}

async fn lift(bench: &Bench, pod: CloudPodId, reason: SuspensionReason) -> Result<()> {
    let services = &bench.services.services;
    unsuspend(services, services.db.platform(&bench.admin).await.unwrap(), pod, reason).await
}

async fn view(bench: &Bench, pod: CloudPodId) -> PodView {
    let mut tx = bench.services.services.db.platform::<CloudpodsRead>(&bench.admin).await.unwrap();
    cloudpods::get(&bench.services.services, &mut tx, pod).await.unwrap()
}

/// Lets the reconcilers start what is to be done and brings that job to its end; nothing when there is none.
async fn settle(bench: &Bench, pod: CloudPodId) -> Option<JobStatus> {
    run_due(&bench.services.services).await.unwrap();
    let unfinished = "select id from jobs where subject_id = $1 and status in ('queued', 'running')";
    let job: Option<JobId> = sqlx::query_scalar(unfinished).bind(pod).fetch_optional(&mut bench.services.db.owner().await).await.unwrap();
    match job {
        Some(job) => Some(bench.finish(job).await),
        None => None,
    }
}

fn code(error: Error) -> ErrorCode {
    error.into_api().code
}

#[tokio::test]
async fn a_suspended_site_shows_a_neutral_page_until_its_last_reason_is_lifted() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    add(&bench, pod.id, SuspensionReason::NonPayment).await.unwrap();
    let before = view(&bench, pod.id).await;
    assert_eq!((before.pod.status, before.desired_state), (PodStatus::Running, DesiredState::Suspended), "nothing is said before it is so");
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
    let off = view(&bench, pod.id).await;
    assert_eq!((off.pod.status, off.pod.observed_state), (PodStatus::Suspended, Some(ObservedState::Suspended)));
    assert_eq!(
        off.suspensions.iter().map(|one| (one.reason, one.note.as_deref())).collect::<Vec<_>>(),
        [(SuspensionReason::NonPayment, Some("see ticket 7"))]
    );
    assert_eq!(bench.visit(&pod.domain).await.0, 503);

    add(&bench, pod.id, SuspensionReason::Quota).await.unwrap();
    lift(&bench, pod.id, SuspensionReason::NonPayment).await.unwrap();
    assert_eq!(settle(&bench, pod.id).await, None, "one reason is left");
    let left = view(&bench, pod.id).await;
    assert_eq!((left.pod.status, bench.visit(&pod.domain).await.0), (PodStatus::Suspended, 503));
    assert_eq!(left.suspensions.iter().map(|one| one.reason.title()).collect::<Vec<_>>(), ["Over its limits"]);

    lift(&bench, pod.id, SuspensionReason::Quota).await.unwrap();
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
    let on = view(&bench, pod.id).await;
    assert_eq!((on.pod.status, on.desired_state, on.suspensions.len()), (PodStatus::Running, DesiredState::Running, 0));
    assert_eq!(bench.visit(&pod.domain).await.0, 200);
    let told: Vec<String> = bench.told(pod.id).await.into_iter().filter(|action| action.contains("SUSPEN")).collect();
    assert_eq!(
        told,
        ["SUSPENSION_ADDED", "CLOUDPOD_SUSPENDED", "SUSPENSION_ADDED", "SUSPENSION_LIFTED", "SUSPENSION_LIFTED", "CLOUDPOD_UNSUSPENDED"]
    );
    let mails = bench
        .count("select count(*) from outgoing_mail where template in ('pod_suspended', 'pod_unsuspended') and tenant_id = $1", bench.tenant.0)
        .await;
    assert_eq!(mails, 3, "each reason and the way back");
}

#[tokio::test]
async fn a_reason_is_given_once_and_lifted_once_and_not_to_a_pod_that_is_on_its_way_in_or_out() {
    let bench = Bench::new().await;
    let ordered = bench.order(Stack::Static, "new.example.test").await.unwrap();
    assert_eq!(code(add(&bench, ordered.id, SuspensionReason::Staff).await.unwrap_err()), ErrorCode::Conflict);
    bench.finish(ordered.job).await;
    assert_eq!(code(lift(&bench, ordered.id, SuspensionReason::Staff).await.unwrap_err()), ErrorCode::NotFound);
    add(&bench, ordered.id, SuspensionReason::Staff).await.unwrap();
    assert_eq!(code(add(&bench, ordered.id, SuspensionReason::Staff).await.unwrap_err()), ErrorCode::Conflict);
    let services = &bench.services.services;
    let long = suspend(services, services.db.platform(&bench.admin).await.unwrap(), ordered.id, SuspensionReason::Abuse, &"x".repeat(1001)).await;
    assert_eq!(long.unwrap_err().into_api().fields[0].field, "note");
    assert_eq!(code(add(&bench, CloudPodId(uuid::Uuid::now_v7()), SuspensionReason::Staff).await.unwrap_err()), ErrorCode::NotFound);
    assert_eq!(settle(&bench, ordered.id).await, Some(JobStatus::Done));
    let job = bench.delete(ordered.id, &ordered.name).await.unwrap();
    let runtime = engine::saga::contract::worker(&bench.services, Bench::registry());
    engine::saga::run_job(&runtime, job, &tokio_util::sync::CancellationToken::new()).await.unwrap();
    assert_eq!(code(lift(&bench, ordered.id, SuspensionReason::Staff).await.unwrap_err()), ErrorCode::Conflict);
}

#[tokio::test]
async fn a_cancelled_deletion_leaves_a_suspended_pod_suspended() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "blog.example.test").await;
    add(&bench, pod.id, SuspensionReason::Abuse).await.unwrap();
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    let services = &bench.services.services;
    let runtime = engine::saga::contract::worker(&bench.services, Bench::registry());
    engine::saga::run_job(&runtime, job, &tokio_util::sync::CancellationToken::new()).await.unwrap();
    assert_eq!(view(&bench, pod.id).await.pod.status, PodStatus::Held);
    provisioning::cancel(services, services.db.platform(&bench.admin).await.unwrap(), job).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Undone);
    let back = view(&bench, pod.id).await;
    assert_eq!((back.pod.status, back.desired_state, bench.visit(&pod.domain).await.0), (PodStatus::Suspended, DesiredState::Suspended, 503));
}

#[tokio::test]
async fn a_suspension_that_fails_needs_attention_and_opens_nothing_and_can_be_lifted() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Php, "blog.example.test").await;
    add(&bench, pod.id, SuspensionReason::Abuse).await.unwrap();
    bench.services.servers.fault_on("PodApply", Fault::Fail(Failure::new(FailureKind::Refused, "nginx does not start")));
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Stuck));
    assert_eq!(view(&bench, pod.id).await.pod.status, PodStatus::Suspending, "not called suspended");
    bench.services.clock.advance(chrono::Duration::minutes(6));
    assert_eq!(settle(&bench, pod.id).await, None, "it is not tried again by itself");
    let drift = view(&bench, pod.id).await.drift.unwrap();
    assert!(drift.differences.iter().any(|line| line.contains("needs attention")), "{drift:?}");

    lift(&bench, pod.id, SuspensionReason::Abuse).await.unwrap();
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
    assert_eq!((view(&bench, pod.id).await.pod.status, bench.visit(&pod.domain).await.0), (PodStatus::Running, 200));
    // The job that failed once does not keep the next reason from being carried out.
    add(&bench, pod.id, SuspensionReason::NonPayment).await.unwrap();
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
    assert_eq!((view(&bench, pod.id).await.pod.status, bench.visit(&pod.domain).await.0), (PodStatus::Suspended, 503));
}

#[tokio::test]
async fn a_suspension_that_failed_is_tried_again_after_an_hour_without_anybodys_hand() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Php, "blog.example.test").await;
    add(&bench, pod.id, SuspensionReason::Abuse).await.unwrap();
    bench.services.servers.fault_on("PodApply", Fault::Fail(Failure::new(FailureKind::Refused, "nginx does not start")));
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Stuck));
    bench.services.clock.advance(chrono::Duration::minutes(61));
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
    assert_eq!((view(&bench, pod.id).await.pod.status, bench.visit(&pod.domain).await.0), (PodStatus::Suspended, 503));
}

#[tokio::test]
async fn no_cancelled_deletion_opens_a_pod_that_has_a_reason_left() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "blog.example.test").await;
    let services = &bench.services.services;
    let runtime = engine::saga::contract::worker(&bench.services, Bench::registry());
    let cancelled = async |job: JobId| {
        engine::saga::run_job(&runtime, job, &tokio_util::sync::CancellationToken::new()).await.unwrap();
        provisioning::cancel(services, services.db.platform(&bench.admin).await.unwrap(), job).await.unwrap();
        assert_eq!(bench.finish(job).await, JobStatus::Undone);
    };
    // The reason comes first, and its job has not begun when the deletion is asked for.
    add(&bench, pod.id, SuspensionReason::Abuse).await.unwrap();
    let first = bench.delete(pod.id, &pod.name).await.unwrap();
    cancelled(first).await;
    assert_eq!((view(&bench, pod.id).await.pod.status, bench.visit(&pod.domain).await.0), (PodStatus::Suspended, 503));
    // A deletion of before, started again and taken back again.
    lift(&bench, pod.id, SuspensionReason::Abuse).await.unwrap();
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
    let second = bench.delete(pod.id, &pod.name).await.unwrap();
    cancelled(second).await;
    assert_eq!(view(&bench, pod.id).await.pod.status, PodStatus::Running);
    add(&bench, pod.id, SuspensionReason::Staff).await.unwrap();
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
    provisioning::retry(services, services.db.platform(&bench.admin).await.unwrap(), second).await.unwrap();
    cancelled(second).await;
    let back = view(&bench, pod.id).await;
    assert_eq!((back.pod.status, back.desired_state, bench.visit(&pod.domain).await.0), (PodStatus::Suspended, DesiredState::Suspended, 503));
}

#[tokio::test]
async fn a_job_is_not_started_again_while_another_one_of_its_pod_goes_on() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "blog.example.test").await;
    let services = &bench.services.services;
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    provisioning::cancel(services, services.db.platform(&bench.admin).await.unwrap(), job).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Undone);
    add(&bench, pod.id, SuspensionReason::Staff).await.unwrap();
    run_due(services).await.unwrap();
    let again = provisioning::retry(services, services.db.platform(&bench.admin).await.unwrap(), job).await;
    assert_eq!(code(again.unwrap_err()), ErrorCode::Conflict);
    assert_eq!(code(bench.delete(pod.id, &pod.name).await.unwrap_err()), ErrorCode::Conflict);
}

#[tokio::test]
async fn a_suspended_pod_that_is_opened_behind_the_panels_back_is_closed_again() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "blog.example.test").await;
    add(&bench, pod.id, SuspensionReason::NonPayment).await.unwrap();
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
    bench.services.servers.reopen(bench.server, &pod.name);
    assert_eq!(bench.visit(&pod.domain).await.0, 200);
    bench.services.clock.advance(chrono::Duration::minutes(1));
    assert_eq!(settle(&bench, pod.id).await, None, "its last suspension has just ended");
    bench.services.clock.advance(chrono::Duration::minutes(5));
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
    assert_eq!((view(&bench, pod.id).await.pod.status, bench.visit(&pod.domain).await.0), (PodStatus::Suspended, 503));
}

#[tokio::test]
async fn a_reason_that_is_lifted_before_its_job_has_begun_leaves_the_site_online() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "blog.example.test").await;
    let services = &bench.services.services;
    add(&bench, pod.id, SuspensionReason::Staff).await.unwrap();
    run_due(services).await.unwrap();
    lift(&bench, pod.id, SuspensionReason::Staff).await.unwrap();
    assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done), "the suspension finds that it is not wanted");
    assert_eq!(bench.visit(&pod.domain).await.0, 200);
    settle(&bench, pod.id).await;
    assert_eq!((view(&bench, pod.id).await.pod.status, bench.visit(&pod.domain).await.0), (PodStatus::Running, 200));
}

#[tokio::test]
async fn a_suspended_account_is_closed_as_a_whole_and_gets_back_exactly_what_it_had() {
    let bench = Bench::new().await;
    let services = &bench.services.services;
    let (first, second) = (bench.running(Stack::Static, "first.example.test").await, bench.running(Stack::Php, "second.example.test").await);
    add(&bench, first.id, SuspensionReason::Abuse).await.unwrap();
    assert_eq!(settle(&bench, first.id).await, Some(JobStatus::Done));
    let coming = bench.order(Stack::Static, "third.example.test").await.unwrap();
    let owner = bench.services.db.user("ana@example.test", None).await;
    bench.services.db.member(bench.tenant, &owner, "TENANT_OWNER").await;
    assert!(services.db.tenant::<CloudpodsRead>(&owner, bench.tenant).await.is_ok());

    let own = suspend_account(services, services.db.platform(&bench.admin).await.unwrap(), bench.tenant, SuspensionReason::Account).await;
    assert_eq!(own.unwrap_err().into_api().fields[0].field, "reason");
    suspend_account(services, services.db.platform(&bench.admin).await.unwrap(), bench.tenant, SuspensionReason::NonPayment).await.unwrap();
    let twice = suspend_account(services, services.db.platform(&bench.admin).await.unwrap(), bench.tenant, SuspensionReason::Abuse).await;
    assert_eq!(code(twice.unwrap_err()), ErrorCode::Conflict);
    let told = "select string_agg(concat_ws(' ', template, recipient, body_text, body_html), ' ' order by id) from outgoing_mail
                 where template in ('account_suspended', 'account_unsuspended')";
    let told = async || -> String { sqlx::query_scalar(told).fetch_one(&mut bench.services.db.owner().await).await.unwrap() };
    let mail = told().await;
    assert!(mail.starts_with("account_suspended billing@example.com The account acme is suspended. Reason: Unpaid invoice."), "{mail}");
    assert!(mail.contains("/t/acme/invoices") && mail.matches("You can still sign in to pay").count() == 2, "in both forms: {mail}");
    // Its members see what they owe, and nothing else; staff see everything.
    assert!(matches!(services.db.tenant::<CloudpodsRead>(&owner, bench.tenant).await, Err(db::AccessError::Forbidden { .. })));
    assert!(
        services.db.tenant::<BillingRead>(&owner, bench.tenant).await.is_ok()
            && services.db.tenant::<BillingManage>(&owner, bench.tenant).await.is_ok()
    );
    assert!(services.db.tenant::<CloudpodsRead>(&bench.admin, bench.tenant).await.is_ok());
    assert_eq!(settle(&bench, second.id).await, Some(JobStatus::Done));
    // One that was on its way is suspended when it has arrived.
    assert_eq!(bench.finish(coming.job).await, JobStatus::Done);
    bench.services.clock.advance(chrono::Duration::seconds(31));
    run_due(services).await.unwrap();
    assert_eq!(settle(&bench, coming.id).await, Some(JobStatus::Done));
    for pod in [&first, &second, &coming] {
        assert_eq!((bench.status(pod.id).await, bench.visit(&pod.domain).await.0), (PodStatus::Suspended, 503), "{}", pod.domain);
    }
    assert_eq!(code(lift(&bench, second.id, SuspensionReason::Account).await.unwrap_err()), ErrorCode::Conflict, "not for one alone");

    unsuspend_account(services, services.db.platform(&bench.admin).await.unwrap(), bench.tenant).await.unwrap();
    assert!(services.db.tenant::<CloudpodsRead>(&owner, bench.tenant).await.is_ok());
    assert!(told().await.contains("account_unsuspended billing@example.com The suspension of the account acme was lifted."), "{}", told().await);
    for pod in [&second, &coming] {
        assert_eq!(settle(&bench, pod.id).await, Some(JobStatus::Done));
        assert_eq!((bench.status(pod.id).await, bench.visit(&pod.domain).await.0), (PodStatus::Running, 200), "{}", pod.domain);
    }
    assert_eq!(settle(&bench, first.id).await, None);
    assert_eq!((bench.status(first.id).await, bench.visit(&first.domain).await.0), (PodStatus::Suspended, 503), "it has a reason of its own");
    for reason in SuspensionReason::given() {
        suspend_account(services, services.db.platform(&bench.admin).await.unwrap(), bench.tenant, reason).await.unwrap();
        unsuspend_account(services, services.db.platform(&bench.admin).await.unwrap(), bench.tenant).await.unwrap();
    }
}
