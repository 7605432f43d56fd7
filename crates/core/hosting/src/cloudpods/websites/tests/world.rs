//! A customer with a pod, and a rival.

use crate::{
    cloudpods::{
        RequestedPod,
        websites::{self, NewSite},
    },
    testing::Bench,
};
use db::{Caller, TenantTx};
use engine::{Error, reconcile::run_due};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{PodView, Runtime, Stack},
        websites::{SiteStatus, WebsiteRow, WebsiteView},
    },
    ids::{JobId, TenantId, WebsiteId},
    permission::{CloudpodsRead, WebsitesDelete, WebsitesRead, WebsitesWrite},
};

/// Main domain of the pod in these tests.
pub(super) const FIRST: &str = "blog.example.test";
/// The name of ours that a site with the title "Shop" gets.
pub(super) const SHOP: &str = "shop--blog.sites.example";

pub(super) struct Yard {
    pub(super) bench: Bench,
    pub(super) owner: Caller,
    pub(super) rival: Caller,
    pub(super) other: TenantId,
    pub(super) pod: RequestedPod,
}

impl Yard {
    /// With a pod that runs PHP.
    pub(super) async fn open() -> Self {
        let bench = Bench::new().await;
        let owner = bench.services.db.user("ana@example.test", None).await;
        bench.services.db.member(bench.tenant, &owner, "TENANT_OWNER").await;
        let rival = bench.services.db.user("eve@example.test", None).await;
        let other = bench.services.db.tenant("globex").await;
        bench.services.db.member(other, &rival, "TENANT_OWNER").await;
        let pod = bench.running(Stack::Php, FIRST).await;
        Self { bench, owner, rival, other, pod }
    }

    /// The same with a second site.
    pub(super) async fn with_shop() -> (Self, WebsiteId) {
        let yard = Self::open().await;
        let job = yard.create("Shop", Stack::Static, "").await.unwrap();
        assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
        let shop = yard.site("Shop").await.id;
        (yard, shop)
    }

    pub(super) async fn write(&self) -> TenantTx<WebsitesWrite> {
        self.bench.services.services.db.tenant(&self.owner, self.bench.tenant).await.unwrap()
    }

    pub(super) async fn create(&self, title: &str, stack: Stack, domain: &str) -> engine::Result<JobId> {
        let new = NewSite { title: title.to_owned(), stack, runtime: None, domain: domain.to_owned() };
        websites::create(&self.bench.services.services, self.write().await, self.pod.id, new).await
    }

    pub(super) async fn set_stopped(&self, site: WebsiteId, stopped: bool) -> engine::Result<JobId> {
        websites::set_stopped(&self.bench.services.services, self.write().await, site, stopped).await
    }

    pub(super) async fn set_runtime(&self, site: WebsiteId, runtime: Runtime) -> engine::Result<JobId> {
        websites::set_runtime(&self.bench.services.services, self.write().await, site, runtime).await
    }

    pub(super) async fn delete(&self, site: WebsiteId, typed: &str) -> engine::Result<JobId> {
        let tx: TenantTx<WebsitesDelete> = self.bench.services.services.db.tenant(&self.owner, self.bench.tenant).await?;
        websites::delete(&self.bench.services.services, tx, site, typed).await
    }

    pub(super) async fn sites(&self) -> Vec<WebsiteRow> {
        let services = &self.bench.services.services;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&self.owner, self.bench.tenant).await.unwrap();
        websites::list_own(services, &mut tx, self.pod.id).await.unwrap()
    }

    pub(super) async fn site(&self, title: &str) -> WebsiteRow {
        self.sites().await.into_iter().find(|site| site.title == title).unwrap_or_else(|| panic!("no site {title}"))
    }

    pub(super) async fn view(&self, site: WebsiteId) -> engine::Result<WebsiteView> {
        let services = &self.bench.services.services;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&self.owner, self.bench.tenant).await.unwrap();
        websites::get_own(services, &mut tx, site).await
    }

    pub(super) async fn status(&self, site: WebsiteId) -> SiteStatus {
        sqlx::query_scalar("select status from websites where id = $1").bind(site).fetch_one(&mut self.bench.services.db.owner().await).await.unwrap()
    }

    /// Brings all jobs to their end that go on.
    pub(super) async fn finish_jobs(&self) {
        run_due(&self.bench.services.services).await.unwrap();
        let unfinished = "select id from jobs where status in ('queued', 'running') order by id";
        let jobs: Vec<JobId> = sqlx::query_scalar(unfinished).fetch_all(&mut self.bench.services.db.owner().await).await.unwrap();
        for job in jobs {
            assert_eq!(self.bench.finish(job).await, JobStatus::Done);
        }
    }

    /// The pod as staff see it, compared with its plan a moment ago.
    pub(super) async fn compared(&self) -> PodView {
        self.bench.services.clock.advance(chrono::Duration::minutes(10));
        run_due(&self.bench.services.services).await.unwrap();
        let services = &self.bench.services.services;
        let mut tx = services.db.platform::<CloudpodsRead>(&self.bench.admin).await.unwrap();
        crate::cloudpods::get(services, &mut tx, self.pod.id).await.unwrap()
    }

    /// The account has proved this domain.
    pub(super) async fn proved(&self, domain: &str) {
        sqlx::query(
            "insert into domains (id, tenant_id, name, token, status, created_at, verified_at)
             values (gen_random_uuid(), $1, $2, repeat('a', 32), 'VERIFIED', now(), now())",
        )
        .bind(self.bench.tenant)
        .bind(domain)
        .execute(&mut self.bench.services.db.owner().await)
        .await
        .unwrap();
    }

    /// HTTP status of the front page by this name.
    pub(super) async fn page(&self, domain: &str) -> u16 {
        self.bench.visit(domain).await.0
    }

    /// What the audit log says of a site, in order.
    pub(super) async fn told(&self, site: WebsiteId) -> Vec<String> {
        sqlx::query_scalar("select action from audit_events where target_type = 'website' and target_id = $1::text order by seq")
            .bind(site)
            .fetch_all(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }
}

/// What a user is told instead.
pub(super) fn fault<T>(result: engine::Result<T>) -> String {
    match result {
        Err(Error::Api(error)) => error.fields.first().map_or(error.message, |fault| format!("{}: {}", fault.field, fault.message)),
        Err(other) => panic!("not an error of the user's: {other}"),
        Ok(_) => panic!("was accepted"),
    }
}
