//! What modules above have of a pod is closed with it, looked at from outside, and asked before its data is deleted.

use crate::{
    cloudpods::{
        BoundPod, Participant, Participants, RequestedPod, preview_deletion,
        websites::{self, NewSite},
    },
    suspensions,
    testing::Bench,
};
use async_trait::async_trait;
use core_administration::provisioning;
use engine::{
    Result, Services,
    reconcile::run_due,
    saga::{StepContext, StepError},
};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{PodStatus, Stack},
        suspensions::SuspensionReason,
    },
    ids::{CloudPodId, JobId},
};
use std::sync::{Arc, Mutex};

/// The second site of a pod with the main domain `blog.example.test`.
const SHOP: &str = "shop--blog.sites.example";

/// Mail of a module above, as far as a pod has it.
#[derive(Default)]
struct State {
    is_closed: bool,
    /// Says that it is closed, and is not.
    is_stubborn: bool,
    /// The final backup cannot be made.
    is_full: bool,
    backups: usize,
}

#[derive(Clone, Default)]
struct Mail(Arc<Mutex<State>>);

impl Mail {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap());
    }

    fn is_closed(&self) -> bool {
        self.0.lock().unwrap().is_closed
    }
}

#[async_trait]
impl Participant for Mail {
    fn name(&self) -> &'static str {
        "mail"
    }

    async fn plan(&self, _: &Services, pod: &BoundPod, is_suspended: bool) -> Result<Vec<String>> {
        Ok(vec![format!("{} mail: {}", if is_suspended { "close" } else { "open" }, pod.domain)])
    }

    async fn suspend(&self, _: &StepContext, _: &BoundPod) -> Result<(), StepError> {
        self.change(|state| state.is_closed = !state.is_stubborn);
        Ok(())
    }

    async fn unsuspend(&self, _: &StepContext, _: &BoundPod) -> Result<(), StepError> {
        self.change(|state| state.is_closed = false);
        Ok(())
    }

    async fn probe(&self, _: &Services, pod: &BoundPod, is_suspended: bool) -> Result<Option<String>, StepError> {
        Ok((self.is_closed() != is_suspended).then(|| format!("mail of {} is {}", pod.domain, if is_suspended { "still taken" } else { "refused" })))
    }

    async fn before_purge(&self, _: &StepContext, pod: &BoundPod) -> Result<(), StepError> {
        self.change(|state| state.backups += usize::from(!state.is_full));
        if self.0.lock().unwrap().is_full { Err(StepError::fail(format!("No room for the last backup of {}.", pod.name))) } else { Ok(()) }
    }
}

/// A panel with a module above that takes part.
async fn bench() -> (Bench, Mail) {
    let (mut bench, mail) = (Bench::new().await, Mail::default());
    bench.services.services = bench.services.services.with(Arc::new(Participants::default().with(mail.clone())));
    (bench, mail)
}

/// A pod with two sites.
async fn with_shop(bench: &Bench) -> RequestedPod {
    let owner = bench.services.db.user("ana@example.test", None).await;
    bench.services.db.member(bench.tenant, &owner, "TENANT_OWNER").await;
    let pod = bench.running(Stack::Php, "blog.example.test").await;
    let services = &bench.services.services;
    let new = NewSite { title: "Shop".to_owned(), stack: Stack::Static, runtime: None, domain: String::new() };
    let job = websites::create(services, services.db.tenant(&owner, bench.tenant).await.unwrap(), pod.id, new).await.unwrap();
    assert_eq!((bench.finish(job).await, bench.visit(SHOP).await.0), (JobStatus::Done, 200));
    pod
}

async fn suspend(bench: &Bench, pod: CloudPodId) {
    let services = &bench.services.services;
    suspensions::suspend(services, services.db.platform(&bench.admin).await.unwrap(), pod, SuspensionReason::Abuse, "").await.unwrap();
}

async fn lift(bench: &Bench, pod: CloudPodId) {
    let services = &bench.services.services;
    suspensions::unsuspend(services, services.db.platform(&bench.admin).await.unwrap(), pod, SuspensionReason::Abuse).await.unwrap();
}

/// Lets the reconciler start its job, and brings that to its end.
async fn settle(bench: &Bench, pod: CloudPodId) -> Option<(JobId, JobStatus)> {
    run_due(&bench.services.services).await.unwrap();
    let unfinished = "select id from jobs where subject_id = $1 and status in ('queued', 'running')";
    let job: Option<JobId> = sqlx::query_scalar(unfinished).bind(pod).fetch_optional(&mut bench.services.db.owner().await).await.unwrap();
    match job {
        Some(job) => Some((job, bench.finish(job).await)),
        None => None,
    }
}

async fn error(bench: &Bench, job: JobId) -> String {
    let tx = bench.services.services.db.platform(&bench.admin).await;
    let mut tx: db::PlatformTx<model::permission::JobsRead> = tx.unwrap();
    provisioning::get(&mut tx, job).await.unwrap().view.error.unwrap_or_default()
}

#[tokio::test]
async fn what_a_module_above_has_of_a_pod_is_closed_and_opened_with_it_and_named_before() {
    let (bench, mail) = bench().await;
    let pod = bench.running(Stack::Php, "shop.example.test").await;
    let services = &bench.services.services;
    let preview = suspensions::preview(services, services.db.platform(&bench.admin).await.unwrap(), pod.id).await.unwrap();
    assert!(
        preview.iter().any(|line| line == "close mail: shop.example.test") && preview.iter().any(|line| line.contains("visitors")),
        "{preview:?}"
    );
    let removed = preview_deletion(services, services.db.platform(&bench.admin).await.unwrap(), pod.id).await.unwrap();
    assert!(removed.iter().any(|line| line == "close mail: shop.example.test"), "{removed:?}");
    suspend(&bench, pod.id).await;
    assert_eq!(settle(&bench, pod.id).await.unwrap().1, JobStatus::Done);
    assert_eq!((mail.is_closed(), bench.visit(&pod.domain).await.0), (true, 503));
    let tx = services.db.platform(&bench.admin).await.unwrap();
    let preview = suspensions::preview_unsuspend(services, tx, pod.id, SuspensionReason::Abuse).await.unwrap();
    assert!(preview.iter().any(|line| line == "open mail: shop.example.test"), "{preview:?}");
    lift(&bench, pod.id).await;
    assert_eq!(settle(&bench, pod.id).await.unwrap().1, JobStatus::Done);
    assert_eq!((mail.is_closed(), bench.visit(&pod.domain).await.0), (false, 200));
}

#[tokio::test]
async fn one_that_still_serves_fails_the_suspension_which_needs_attention_and_opens_nothing() {
    let (bench, mail) = bench().await;
    let pod = bench.running(Stack::Php, "shop.example.test").await;
    mail.change(|state| state.is_stubborn = true);
    suspend(&bench, pod.id).await;
    let (job, ended) = settle(&bench, pod.id).await.unwrap();
    assert_eq!((ended, bench.status(pod.id).await), (JobStatus::Stuck, PodStatus::Suspending));
    assert_eq!(error(&bench, job).await, format!("{} is not suspended: mail of shop.example.test is still taken.", pod.name));
    assert_eq!(bench.visit(&pod.domain).await.0, 503, "the site stays closed");
}

#[tokio::test]
async fn one_that_joins_later_is_closed_for_pods_that_are_suspended_already() {
    let mut bench = Bench::new().await;
    let pod = bench.running(Stack::Php, "shop.example.test").await;
    suspend(&bench, pod.id).await;
    assert_eq!(settle(&bench, pod.id).await.unwrap().1, JobStatus::Done);
    let mail = Mail::default();
    bench.services.services = bench.services.services.with(Arc::new(Participants::default().with(mail.clone())));
    bench.services.clock.advance(chrono::Duration::minutes(6));
    assert_eq!(settle(&bench, pod.id).await.unwrap().1, JobStatus::Done);
    assert!(mail.is_closed());
    bench.services.clock.advance(chrono::Duration::minutes(6));
    assert!(settle(&bench, pod.id).await.is_none(), "it is closed, so nothing is left to do");
}

#[tokio::test]
async fn a_job_whose_participant_is_gone_with_a_release_needs_attention() {
    let (mut bench, _) = bench().await;
    let pod = bench.running(Stack::Php, "shop.example.test").await;
    suspend(&bench, pod.id).await;
    run_due(&bench.services.services).await.unwrap();
    bench.services.services = bench.services.services.with(Arc::new(Participants::default()));
    let job: JobId =
        sqlx::query_scalar("select id from jobs where kind = 'SUSPEND_CLOUDPOD'").fetch_one(&mut bench.services.db.owner().await).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Stuck);
    assert_eq!(error(&bench, job).await, "This release does not know \"mail\", which this job binds.");
}

#[tokio::test]
async fn each_is_asked_before_a_purge_and_its_no_keeps_the_data() {
    let (bench, mail) = bench().await;
    let pod = bench.running(Stack::Php, "shop.example.test").await;
    mail.change(|state| state.is_full = true);
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Stuck);
    assert_eq!(error(&bench, job).await, format!("No room for the last backup of {}.", pod.name));
    assert_eq!((bench.on_server(), mail.is_closed()), (vec![pod.name.clone()], true), "offline, and all of it is kept");
    mail.change(|state| state.is_full = false);
    let services = &bench.services.services;
    provisioning::retry(services, services.db.platform(&bench.admin).await.unwrap(), job).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    assert_eq!((bench.on_server(), mail.0.lock().unwrap().backups), (Vec::<String>::new(), 1));
}

#[tokio::test]
async fn a_second_site_that_still_serves_leaves_the_suspension_needing_attention_and_is_named() {
    let bench = Bench::new().await;
    let pod = with_shop(&bench).await;
    let services = &bench.services.services;
    bench.services.servers.freeze_site(SHOP, Some(true));
    suspend(&bench, pod.id).await;
    let (job, ended) = settle(&bench, pod.id).await.unwrap();
    assert_eq!((ended, bench.status(pod.id).await), (JobStatus::Stuck, PodStatus::Suspending), "the server believes that all is closed");
    assert_eq!(error(&bench, job).await, format!("{} is not suspended: {SHOP} is still online: HTTP 200, title \"Shop\".", pod.name));
    assert_eq!((bench.visit(&pod.domain).await.0, bench.visit(SHOP).await.0), (503, 200));
    bench.services.servers.freeze_site(SHOP, None);
    provisioning::retry(services, services.db.platform(&bench.admin).await.unwrap(), job).await.unwrap();
    assert_eq!((bench.finish(job).await, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Suspended));
    assert_eq!((bench.visit(&pod.domain).await.0, bench.visit(SHOP).await.0), (503, 503));
}

#[tokio::test]
async fn a_second_site_that_does_not_come_back_takes_the_way_back_from_a_suspension_and_is_named() {
    let bench = Bench::new().await;
    let pod = with_shop(&bench).await;
    suspend(&bench, pod.id).await;
    assert_eq!(settle(&bench, pod.id).await.unwrap().1, JobStatus::Done);
    bench.services.servers.freeze_site(SHOP, Some(false));
    lift(&bench, pod.id).await;
    let (job, ended) = settle(&bench, pod.id).await.unwrap();
    assert_eq!((ended, bench.status(pod.id).await), (JobStatus::Undone, PodStatus::Suspended), "it does not stay half open");
    let why = error(&bench, job).await;
    assert!(why.contains(&format!("{} is not online again: {SHOP} is still offline: HTTP 503", pod.name)), "{why}");
    bench.services.servers.freeze_site(SHOP, None);
    bench.services.clock.advance(chrono::Duration::minutes(61));
    assert_eq!(settle(&bench, pod.id).await.unwrap().1, JobStatus::Done);
    assert_eq!((bench.visit(&pod.domain).await.0, bench.visit(SHOP).await.0), (200, 200));
}
