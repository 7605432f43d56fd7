//! A customer, a plan, a simulated server, and one pod.

use crate::{
    administration::servers,
    hosting::cloudpods::{
        self, NewPod, RequestedPod,
        jobs::{CreateCloudpod, DeleteCloudpod},
    },
    saga::{
        Registry, Saga, StepInfo,
        contract::{World, finish, worker},
    },
    testing::TestServices,
};
use db::Caller;
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{Limits, PodStatus, Stack},
    ids::{CloudPodId, JobId, ServerId, SubscriptionId, TenantId},
};
use wire::DomainName;

/// What one pod of the tests may use.
pub(super) const LIMITS: Limits = Limits { cpu_millis: 500, memory_mb: 256, disk_mb: 1024, tasks: 100 };

pub(super) struct Bench {
    pub(super) services: TestServices,
    pub(super) tenant: TenantId,
    pub(super) subscription: SubscriptionId,
    pub(super) server: ServerId,
    pub(super) admin: Caller,
}

impl Bench {
    pub(super) async fn new() -> Self {
        let bench = Self::with(TestServices::new().await, async |services| servers::ensure_simulated(&services.services).await.unwrap()).await;
        sqlx::query("update servers set site_address = $2 where id = $1")
            .bind(bench.server)
            .bind(bench.services.servers.sites().to_string())
            .execute(&mut bench.services.db.owner().await)
            .await
            .unwrap();
        bench
    }

    /// The same with a server that is made in this way.
    pub(super) async fn with(services: TestServices, server: impl AsyncFnOnce(&TestServices) -> ServerId) -> Self {
        let tenant = services.db.tenant("acme").await;
        let admin = services.db.user("admin@mpanel.example", Some("SUPER_ADMIN")).await;
        let subscription = SubscriptionId(uuid::Uuid::now_v7());
        let mut owner = services.db.owner().await;
        sqlx::query(
            "with plan as (insert into products (id, code, name, type, base_price, currency) values ($2, 'wordpress', 'WordPress', 'CLOUDPOD', 1000, 'EUR') returning id)
             insert into subscriptions (id, tenant_id, product_id, billing_cycle, price, currency, renews_at, billing_provider)
             select $1, $3, id, 'MONTHLY', 1000, 'EUR', now() + interval '1 month', 'sandbox' from plan",
        )
        .bind(subscription)
        .bind(uuid::Uuid::now_v7())
        .bind(tenant)
        .execute(&mut owner)
        .await
        .unwrap();
        let server = server(&services).await;
        Self { services, tenant, subscription, server, admin }
    }

    pub(super) async fn order(&self, stack: Stack, domain: &str) -> crate::Result<RequestedPod> {
        let mut tx = self.services.services.db.system("test").await?;
        let new = NewPod {
            tenant: self.tenant,
            subscription: self.subscription,
            plan_code: "wordpress".to_owned(),
            stack,
            limits: LIMITS,
            domain: (!domain.is_empty()).then(|| DomainName::new(domain).unwrap()),
            site_title: "Ana & Sons".to_owned(),
            region: None,
            admin_email: "ana@example.test".to_owned(),
        };
        let pod = cloudpods::request(&self.services.services, &mut tx, new).await?;
        tx.commit_progress().await?;
        Ok(pod)
    }

    pub(super) fn registry() -> Registry {
        Registry::default().with::<CreateCloudpod>().with::<DeleteCloudpod>()
    }

    /// Works on a job until it ends.
    pub(super) async fn finish(&self, job: JobId) -> JobStatus {
        finish(&self.services, &worker(&self.services, Self::registry()), job).await
    }

    /// A pod that runs.
    pub(super) async fn running(&self, stack: Stack, domain: &str) -> RequestedPod {
        let pod = self.order(stack, domain).await.unwrap();
        assert_eq!(self.finish(pod.job).await, JobStatus::Done);
        pod
    }

    pub(super) async fn delete(&self, pod: CloudPodId, name: &str) -> crate::Result<JobId> {
        let tx = self.services.services.db.platform(&self.admin).await?;
        cloudpods::delete(&self.services.services, tx, pod, name).await
    }

    pub(super) async fn status(&self, pod: CloudPodId) -> PodStatus {
        sqlx::query_scalar("select status from cloud_pods where id = $1").bind(pod).fetch_one(&mut self.services.db.owner().await).await.unwrap()
    }

    pub(super) async fn count(&self, sql: &'static str, about: uuid::Uuid) -> i64 {
        sqlx::query_scalar(sql).bind(about).fetch_one(&mut self.services.db.owner().await).await.unwrap()
    }

    /// The audit log's words about the pod, in order.
    pub(super) async fn told(&self, pod: CloudPodId) -> Vec<String> {
        sqlx::query_scalar("select action from audit_events where target_id = $1::text order by seq")
            .bind(pod)
            .fetch_all(&mut self.services.db.owner().await)
            .await
            .unwrap()
    }

    /// Status and body of the front page, as a visitor gets it.
    pub(super) async fn visit(&self, domain: &str) -> (u16, String) {
        let page = self.services.services.http.get(format!("http://{}/", self.services.servers.sites())).header("host", domain).send().await.unwrap();
        (page.status().as_u16(), page.text().await.unwrap())
    }

    pub(super) fn on_server(&self) -> Vec<String> {
        self.services.servers.pods(self.server)
    }
}

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

impl World for Creating {
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

impl World for Deleting {
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
        let active = self.bench.count("select count(*) from subscriptions where id = $1 and status = 'ACTIVE'", self.bench.subscription.0).await;
        let told = self.bench.told(self.pod.id).await;
        Wrong::default()
            .unless(self.bench.status(self.pod.id).await == PodStatus::Deleted, "it is not deleted")
            .unless(self.bench.on_server().is_empty(), "something is on the server")
            .unless(active == 0, "its subscription goes on")
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
