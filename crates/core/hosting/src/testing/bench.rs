//! A customer, a plan, a server, and pods on it.

use crate::{
    artifacts::ArtifactStore,
    cloudpods::{self, NewPod, RequestedPod},
};
use core_administration::servers;
use db::Caller;
use engine::{
    Modules,
    saga::{
        Registry,
        contract::{finish, worker},
    },
    testing::TestServices,
};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{Limits, NetworkAccess, PodStatus, Runtime, Stack},
    ids::{CloudPodId, DomainId, JobId, ServerId, SubscriptionId, TenantId},
};
use std::sync::Arc;
use wire::DomainName;

/// What one pod of the tests may use.
pub const LIMITS: Limits =
    Limits { cpu_millis: 500, memory_mb: 256, disk_mb: 1024, tasks: 100, sleep: None, sites: 20, network: NetworkAccess::Internet };

/// A customer with a subscription, a server, and an admin.
pub struct Bench {
    /// The parts.
    pub services: TestServices,
    /// The customer.
    pub tenant: TenantId,
    /// What the customer pays for.
    pub subscription: SubscriptionId,
    /// Where its CloudPods are placed.
    pub server: ServerId,
    /// A super admin.
    pub admin: Caller,
}

impl Bench {
    /// With a simulated server.
    pub async fn new() -> Self {
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
    pub async fn with(mut services: TestServices, server: impl AsyncFnOnce(&TestServices) -> ServerId) -> Self {
        services.services = services.services.with(Arc::new(Modules::default().with(crate::register)));
        if services.services.find::<ArtifactStore>().is_none() {
            services.services = services.services.with(Arc::new(ArtifactStore::new(std::env::temp_dir().join("mpanel-test-artifacts"))));
        }
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

    /// Another simulated server, like the first.
    pub async fn another_server(&self, name: &str) -> ServerId {
        let id = ServerId(uuid::Uuid::now_v7());
        let mut owner = self.services.db.owner().await;
        sqlx::query(
            "insert into servers (id, name, region, address, site_address, status, driver, cpu_millis, memory_mb, disk_mb, max_pods, last_seen_at)
             select $1, $2, region, $2, site_address, 'ACTIVE', driver, cpu_millis, memory_mb, disk_mb, max_pods, last_seen_at from servers where id = $3",
        )
        .bind(id)
        .bind(name)
        .bind(self.server)
        .execute(&mut owner)
        .await
        .unwrap();
        sqlx::query("insert into server_capabilities (server_id, capability, ready) select $1, capability, ready from server_capabilities where server_id = $2")
            .bind(id)
            .bind(self.server)
            .execute(&mut owner)
            .await
            .unwrap();
        id
    }

    /// Orders a CloudPod.
    pub async fn order(&self, stack: Stack, domain: &str) -> engine::Result<RequestedPod> {
        self.order_on(stack, None, domain).await
    }

    /// Orders a CloudPod whose site runs on this version of its language.
    pub async fn order_on(&self, stack: Stack, runtime: Option<Runtime>, domain: &str) -> engine::Result<RequestedPod> {
        let mut tx = self.services.services.db.system("test").await?;
        let new = NewPod {
            tenant: self.tenant,
            subscription: self.subscription,
            plan_code: "wordpress".to_owned(),
            stack,
            runtime,
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

    /// A domain that the customer has proved.
    pub async fn verified_domain(&self, name: &str) -> DomainId {
        let id = DomainId(uuid::Uuid::now_v7());
        sqlx::query(
            "insert into domains (id, tenant_id, name, token, status, created_at, verified_at)
             values ($1, $2, $3, repeat('0', 32), 'VERIFIED', now(), now())",
        )
        .bind(id)
        .bind(self.tenant)
        .bind(name)
        .execute(&mut self.services.db.owner().await)
        .await
        .unwrap();
        id
    }

    /// The sagas of CloudPods.
    pub fn registry() -> Registry {
        Modules::default().with(crate::register).sagas
    }

    /// Works on a job until it ends.
    pub async fn finish(&self, job: JobId) -> JobStatus {
        finish(&self.services, &worker(&self.services, Self::registry()), job).await
    }

    /// A pod that runs.
    pub async fn running(&self, stack: Stack, domain: &str) -> RequestedPod {
        let pod = self.order(stack, domain).await.unwrap();
        assert_eq!(self.finish(pod.job).await, JobStatus::Done);
        pod
    }

    /// Asks for its deletion, with its name typed.
    pub async fn delete(&self, pod: CloudPodId, name: &str) -> engine::Result<JobId> {
        let tx = self.services.services.db.platform(&self.admin).await?;
        cloudpods::delete(&self.services.services, tx, pod, name).await
    }

    /// Its status.
    pub async fn status(&self, pod: CloudPodId) -> PodStatus {
        sqlx::query_scalar("select status from cloud_pods where id = $1").bind(pod).fetch_one(&mut self.services.db.owner().await).await.unwrap()
    }

    /// A number that the database gives for an id.
    pub async fn count(&self, sql: &'static str, about: uuid::Uuid) -> i64 {
        sqlx::query_scalar(sql).bind(about).fetch_one(&mut self.services.db.owner().await).await.unwrap()
    }

    /// The audit log's words about the pod, in order.
    pub async fn told(&self, pod: CloudPodId) -> Vec<String> {
        sqlx::query_scalar("select action from audit_events where target_id = $1::text order by seq")
            .bind(pod)
            .fetch_all(&mut self.services.db.owner().await)
            .await
            .unwrap()
    }

    /// Status and body of the front page, as a visitor gets it.
    pub async fn visit(&self, domain: &str) -> (u16, String) {
        let page = self.services.services.http.get(format!("http://{}/", self.services.servers.sites())).header("host", domain).send().await.unwrap();
        (page.status().as_u16(), page.text().await.unwrap())
    }

    /// Names of the pods on the simulated server.
    pub fn on_server(&self) -> Vec<String> {
        self.services.servers.pods(self.server)
    }
}
