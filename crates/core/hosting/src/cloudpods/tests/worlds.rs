//! The worlds in which the sagas are run against the contract.

use crate::cloudpods::{
    self, RequestedPod,
    jobs::{CreateCloudpod, DeleteCloudpod, HealCloudpod, MigrateCloudpod, RestartCloudpod, ScaleCloudpod, UpdateDomains},
};
use crate::testing::{Bench, LIMITS};
use adapters::node::simulated::Ended;
use engine::{
    reconcile::run_due,
    saga::{Registry, Saga, StepInfo, contract::SagaFixture},
    testing::TestServices,
};
use model::{
    hosting::cloudpods::{DriftPolicy, Limits, PodStatus, Stack},
    ids::{JobId, ServerId},
};
use wire::DomainName;

/// Collects what is not as it should be.
#[derive(Default)]
pub(super) struct Wrong(Vec<String>);

impl Wrong {
    pub(super) fn unless(mut self, right: bool, what: impl Into<String>) -> Self {
        if !right {
            self.0.push(what.into());
        }
        self
    }

    pub(super) fn list(self) -> Vec<String> {
        self.0
    }
}

/// The world of `CREATE_CLOUDPOD`.
pub(super) struct Creating {
    pub(super) bench: Bench,
    pub(super) pod: RequestedPod,
}

impl SagaFixture for Creating {
    async fn fresh() -> Self {
        let bench = Bench::new().await;
        let pod = bench.order(Stack::Wordpress, "blog.example.test").await.unwrap();
        Self { bench, pod }
    }

    fn services(&self) -> &TestServices {
        &self.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        CreateCloudpod::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.pod.job
    }

    async fn complete(&self) -> Vec<String> {
        let (status, page) = self.bench.visit(&self.pod.domain).await;
        let told = self.bench.told(self.pod.id).await;
        let times = |action: &str| told.iter().filter(|word| *word == action).count();
        // Once for each time that it came to run: again only after it was undone.
        let told_right = (1..=1 + times("CLOUDPOD_FAILED")).contains(&times("CLOUDPOD_PROVISIONED"));
        Wrong::default()
            .unless(self.bench.status(self.pod.id).await == PodStatus::Running, "it does not run")
            .unless(self.bench.on_server() == [self.pod.name.as_str()], "it is not on the server, or not alone")
            .unless(status == 200 && page.contains("<title>Ana &amp; Sons"), format!("its page is {status}"))
            .unless(told_right, format!("it is told otherwise: {told:?}"))
            .list()
    }

    async fn empty(&self) -> Vec<String> {
        let placed = self.bench.count("select count(server_id) from cloud_pods where id = $1", self.pod.id.0).await;
        Wrong::default()
            .unless(self.bench.status(self.pod.id).await == PodStatus::Failed, "it did not fail")
            .unless(self.bench.on_server().is_empty(), "something is on the server")
            .unless(placed == 0, "it still has its place")
            .unless(self.bench.visit(&self.pod.domain).await.0 != 200, "its page answers")
            .list()
    }
}

/// The world of `DELETE_CLOUDPOD`.
pub(super) struct Deleting {
    pub(super) bench: Bench,
    pub(super) pod: RequestedPod,
}

impl SagaFixture for Deleting {
    async fn fresh() -> Self {
        let bench = Bench::new().await;
        let pod = bench.running(Stack::Php, "shop.example.test").await;
        Self { bench, pod }
    }

    fn services(&self) -> &TestServices {
        &self.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        DeleteCloudpod::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.bench.delete(self.pod.id, &self.pod.name).await.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        let asked =
            self.bench.count("select count(*) from reconciliations where name = 'subscription' and key = $1", self.bench.subscription.0).await;
        let told = self.bench.told(self.pod.id).await;
        Wrong::default()
            .unless(self.bench.status(self.pod.id).await == PodStatus::Deleted, "it is not deleted")
            .unless(self.bench.on_server().is_empty(), "something is on the server")
            .unless(asked == 1, "nobody looks at its subscription")
            .unless(told.iter().filter(|word| *word == "CLOUDPOD_DELETED").count() == 1, "its end is not told once")
            .list()
    }

    async fn empty(&self) -> Vec<String> {
        let (status, page) = self.bench.visit(&self.pod.domain).await;
        Wrong::default()
            .unless(self.bench.status(self.pod.id).await == PodStatus::Running, "it does not run")
            .unless(self.bench.on_server() == [self.pod.name.as_str()], "it is not on the server")
            .unless(status == 200 && page.contains("<title>Ana &amp; Sons"), format!("its page is {status}"))
            .list()
    }
}

/// The world of `SCALE_CLOUDPOD`.
pub(super) struct Scaling {
    pub(super) bench: Bench,
    pub(super) pod: RequestedPod,
    /// How often it was told before that the pod was scaled.
    pub(super) told: usize,
}

impl Scaling {
    /// More of everything than at first.
    pub(super) const MORE: Limits = Limits { cpu_millis: 750, memory_mb: 512, disk_mb: 2048, tasks: 150, ..LIMITS };
}

impl SagaFixture for Scaling {
    async fn fresh() -> Self {
        let bench = Bench::new().await;
        let pod = bench.running(Stack::Php, "shop.example.test").await;
        Self { bench, pod, told: 0 }
    }

    fn services(&self) -> &TestServices {
        &self.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        ScaleCloudpod::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        let services = &self.bench.services.services;
        let mut tx = services.db.system("test").await.unwrap();
        cloudpods::set_limits(services, tx.conn(), self.bench.subscription, "larger", Self::MORE).await.unwrap();
        tx.commit_progress().await.unwrap();
        started(&self.bench, &self.pod).await
    }

    async fn complete(&self) -> Vec<String> {
        let told = self.bench.told(self.pod.id).await;
        let applied =
            self.bench.count("select count(*) from cloud_pod_quotas where cloud_pod_id = $1 and is_applied and memory_mb = 512", self.pod.id.0).await;
        Wrong::default()
            .unless(applied == 1, "its limits are not noted as applied")
            .unless(self.bench.visit(&self.pod.domain).await.0 == 200, "its page does not answer")
            .unless(times(&told, "CLOUDPOD_SCALED") == self.told + 1, format!("it is told otherwise: {told:?}"))
            .list()
    }

    async fn empty(&self) -> Vec<String> {
        Wrong::default().unless(false, "limits that were ordered were taken back").list()
    }
}

/// The world of `HEAL_CLOUDPOD`.
pub(super) struct Healing {
    pub(super) bench: Bench,
    pub(super) pod: RequestedPod,
}

impl SagaFixture for Healing {
    async fn fresh() -> Self {
        let bench = Bench::new().await;
        let pod = bench.running(Stack::Php, "shop.example.test").await;
        let services = &bench.services.services;
        let tx = services.db.platform(&bench.admin).await.unwrap();
        cloudpods::set_drift_policy(services, tx, pod.id, Some(DriftPolicy::Heal)).await.unwrap();
        Self { bench, pod }
    }

    fn services(&self) -> &TestServices {
        &self.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        HealCloudpod::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.bench.services.servers.edit_file(self.bench.server, &self.pod.name, "/etc/nginx/shop.conf");
        self.bench.services.clock.advance(chrono::Duration::minutes(6));
        started(&self.bench, &self.pod).await
    }

    async fn complete(&self) -> Vec<String> {
        let told = self.bench.told(self.pod.id).await;
        Wrong::default()
            .unless(self.bench.services.servers.edited_files(self.bench.server, &self.pod.name).is_empty(), "a file is still as a hand changed it")
            .unless(self.bench.status(self.pod.id).await == PodStatus::Running, "it does not run")
            .unless(self.bench.visit(&self.pod.domain).await.0 == 200, "its page does not answer")
            .unless(told.iter().any(|word| word == "CLOUDPOD_HEALED"), format!("it is told otherwise: {told:?}"))
            .list()
    }

    async fn empty(&self) -> Vec<String> {
        Wrong::default().unless(false, "a repair was taken back").list()
    }
}

/// The world of `RESTART_CLOUDPOD`.
pub(super) struct Restarting {
    pub(super) bench: Bench,
    pub(super) pod: RequestedPod,
    /// How often its server restarted it before, and how often that was asked for.
    pub(super) before: (usize, usize),
}

impl Restarting {
    /// How often the server restarted it.
    pub(super) fn restarts(&self) -> usize {
        let heard = self.bench.services.servers.heard();
        heard.iter().filter(|call| call.verb == "PodRestart" && call.ended == Ended::Answered && call.pod.as_deref() == Some(&*self.pod.name)).count()
    }
}

impl SagaFixture for Restarting {
    async fn fresh() -> Self {
        let bench = Bench::new().await;
        let pod = bench.running(Stack::Wordpress, "shop.example.test").await;
        Self { bench, pod, before: (0, 0) }
    }

    fn services(&self) -> &TestServices {
        &self.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        RestartCloudpod::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        let services = &self.bench.services.services;
        cloudpods::restart(services, services.db.platform(&self.bench.admin).await.unwrap(), self.pod.id).await.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        let told = self.bench.told(self.pod.id).await;
        Wrong::default()
            .unless(self.restarts() > self.before.0, "its server did not restart it")
            .unless(self.bench.status(self.pod.id).await == PodStatus::Running, "it does not run")
            .unless(self.bench.visit(&self.pod.domain).await.0 == 200, "its page does not answer")
            .unless(times(&told, "CLOUDPOD_RESTART_REQUESTED") == self.before.1 + 1, format!("it is told otherwise: {told:?}"))
            .list()
    }

    async fn empty(&self) -> Vec<String> {
        Wrong::default().unless(false, "a restart was taken back").list()
    }
}

/// The world of `UPDATE_DOMAINS`.
pub(super) struct Renaming {
    pub(super) bench: Bench,
    pub(super) pod: RequestedPod,
}

impl SagaFixture for Renaming {
    async fn fresh() -> Self {
        let bench = Bench::new().await;
        let pod = bench.running(Stack::Static, "shop.example.test").await;
        Self { bench, pod }
    }

    fn services(&self) -> &TestServices {
        &self.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        UpdateDomains::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        let services = &self.bench.services.services;
        let site = sqlx::query_scalar("select id from websites where cloud_pod_id = $1").bind(self.pod.id);
        let site = site.fetch_one(&mut self.bench.services.db.owner().await).await.unwrap();
        let mut tx = services.db.system("test").await.unwrap();
        let name = DomainName::new("www.bakery.example").unwrap();
        let job = cloudpods::names::add(services, &mut tx, self.bench.tenant, site, &name).await.unwrap();
        tx.commit_progress().await.unwrap();
        job.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        let told = self.bench.told(self.pod.id).await;
        Wrong::default()
            .unless(self.bench.status(self.pod.id).await == PodStatus::Running, "it does not run")
            .unless(self.bench.visit("www.bakery.example").await.0 == 200, "its new name does not answer")
            .unless(self.bench.visit(&self.pod.domain).await.0 == 200, "its main domain does not answer")
            .unless(told.iter().filter(|word| *word == "DOMAIN_UPDATED").count() == 1, format!("it is told otherwise: {told:?}"))
            .list()
    }

    async fn empty(&self) -> Vec<String> {
        Wrong::default().unless(false, "a name that was stored was taken back").list()
    }
}

/// The world of `MIGRATE_CLOUDPOD`.
pub(super) struct Migrating {
    pub(super) bench: Bench,
    pub(super) pod: RequestedPod,
    pub(super) to: ServerId,
    /// How often it was told before that the pod was moved.
    pub(super) moves: usize,
}

impl Migrating {
    async fn place(&self) -> (Option<ServerId>, Option<ServerId>) {
        sqlx::query_as("select server_id, moving_to from cloud_pods where id = $1")
            .bind(self.pod.id)
            .fetch_one(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }

    /// What is wrong with the pod if it is on the first of these servers, and nothing of it on the second.
    async fn alone(&self, on: ServerId, gone: ServerId) -> Wrong {
        let servers = &self.bench.services.servers;
        Wrong::default()
            .unless(self.bench.status(self.pod.id).await == PodStatus::Running, "it does not run")
            .unless(self.place().await == (Some(on), None), "it has another place, or room elsewhere")
            .unless(servers.pods(on) == [self.pod.name.as_str()], "it is not on its server")
            .unless(servers.pods(gone).is_empty(), "it is on the other server")
            .unless(!servers.has_copies(on, &self.pod.name) && !servers.has_copies(gone, &self.pod.name), "copies are left")
            .unless(self.bench.visit(&self.pod.domain).await.0 == 200, "its page does not answer")
    }
}

impl SagaFixture for Migrating {
    async fn fresh() -> Self {
        let bench = Bench::new().await;
        let pod = bench.running(Stack::Wordpress, "shop.example.test").await;
        let to = bench.another_server("second").await;
        Self { bench, pod, to, moves: 0 }
    }

    fn services(&self) -> &TestServices {
        &self.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        MigrateCloudpod::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        let services = &self.bench.services.services;
        cloudpods::migrate(services, services.db.platform(&self.bench.admin).await.unwrap(), self.pod.id, self.to).await.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        let told = self.bench.told(self.pod.id).await;
        let moves = times(&told, "CLOUDPOD_MIGRATED") - self.moves;
        let left =
            self.bench.count("select count(*) from pod_remains where cloud_pod_id = $1 and kind = 'FORWARD' and removed_at is null", self.pod.id.0);
        let wrong = self.alone(self.to, self.bench.server).await;
        wrong
            .unless(self.bench.services.servers.forwards(self.bench.server, &self.pod.name).is_some(), "its visitors are not sent on")
            .unless(left.await == 1, "nobody will remove what sends them on")
            .unless(self.bench.services.servers.believes_others(self.to, &self.pod.name), "its site sees the old server as its visitor")
            // There and back is two, and there again three.
            .unless(moves % 2 == 1, format!("it is told otherwise: {told:?}"))
            .list()
    }

    async fn empty(&self) -> Vec<String> {
        let told = self.bench.told(self.pod.id).await;
        let moves = times(&told, "CLOUDPOD_MIGRATED") - self.moves;
        let wrong = self.alone(self.bench.server, self.to).await;
        wrong
            .unless(moves % 2 == 0, format!("it is told otherwise: {told:?}"))
            .unless(!self.bench.services.servers.believes_others(self.to, &self.pod.name), "the old server is believed although nothing moved")
            .list()
    }
}

/// How often this is told.
pub(super) fn times(told: &[String], action: &str) -> usize {
    told.iter().filter(|word| *word == action).count()
}

/// The job that the pod's reconciler starts.
pub(super) async fn started(bench: &Bench, pod: &RequestedPod) -> JobId {
    run_due(&bench.services.services).await.unwrap();
    sqlx::query_scalar("select id from jobs where subject_id = $1 order by id desc limit 1")
        .bind(pod.id)
        .fetch_one(&mut bench.services.db.owner().await)
        .await
        .unwrap()
}
