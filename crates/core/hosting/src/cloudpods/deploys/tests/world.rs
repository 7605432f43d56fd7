//! A customer with a site that is deployed from a repository.

use crate::{
    cloudpods::{
        RequestedPod, deploys,
        websites::{self},
    },
    testing::Bench,
};
use db::{Caller, TenantTx};
use engine::{Error, reconcile::run_due};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        deploys::{DeployRow, DeploysView, SourceInput, WebhookSecret},
    },
    ids::{DeployId, JobId, WebsiteId},
    permission::{WebsitesRead, WebsitesWrite},
};

pub(super) const DOMAIN: &str = "shop.example.test";
pub(super) const REMOTE: &str = "git@git.example.test:bakery/shop.git";

pub(super) struct Shop {
    pub(super) bench: Bench,
    pub(super) owner: Caller,
    pub(super) pod: RequestedPod,
    pub(super) site: WebsiteId,
}

/// What is typed for a repository that is served as it is.
pub(super) fn source(remote: &str) -> SourceInput {
    SourceInput { remote: remote.to_owned(), branch: "main".to_owned(), ..SourceInput::default() }
}

impl Shop {
    /// Without a repository.
    pub(super) async fn of(stack: Stack) -> Self {
        let bench = Bench::new().await;
        let owner = bench.services.db.user("ana@example.test", None).await;
        bench.services.db.member(bench.tenant, &owner, "TENANT_OWNER").await;
        let pod = bench.running(stack, DOMAIN).await;
        let services = &bench.services.services;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&owner, bench.tenant).await.unwrap();
        let site = websites::list_own(services, &mut tx, pod.id).await.unwrap()[0].id;
        tx.finish().await.unwrap();
        Self { bench, owner, pod, site }
    }

    /// With one.
    pub(super) async fn open() -> Self {
        let shop = Self::of(Stack::Php).await;
        shop.set_source(source(REMOTE)).await.unwrap();
        shop
    }

    pub(super) async fn write(&self) -> TenantTx<WebsitesWrite> {
        self.bench.services.services.db.tenant(&self.owner, self.bench.tenant).await.unwrap()
    }

    pub(super) async fn set_source(&self, input: SourceInput) -> engine::Result<()> {
        deploys::set_source(&self.bench.services.services, self.write().await, self.site, input).await
    }

    pub(super) async fn start(&self) -> engine::Result<JobId> {
        deploys::start(&self.bench.services.services, self.write().await, self.site).await
    }

    pub(super) async fn roll_back(&self, id: DeployId) -> engine::Result<JobId> {
        deploys::roll_back(&self.bench.services.services, self.write().await, id, false).await
    }

    pub(super) async fn create_webhook(&self) -> engine::Result<WebhookSecret> {
        deploys::create_webhook(&self.bench.services.services, self.write().await, self.site).await
    }

    /// Deploys the branch to its end.
    pub(super) async fn deploy(&self) -> DeployRow {
        let job = self.start().await.unwrap();
        assert_eq!(self.bench.finish(job).await, JobStatus::Done);
        self.view().await.deploys.remove(0)
    }

    pub(super) async fn view(&self) -> DeploysView {
        let services = &self.bench.services.services;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&self.owner, self.bench.tenant).await.unwrap();
        deploys::get_own(services, &mut tx, self.site).await.unwrap()
    }

    /// Names of the releases on the server.
    pub(super) fn on_server(&self) -> Vec<String> {
        self.bench.services.servers.releases(self.bench.server, &self.pod.name)
    }

    /// The release that visitors get.
    pub(super) fn live(&self) -> Option<String> {
        self.bench.services.servers.release(DOMAIN)
    }

    /// Brings all jobs to their end that are due.
    pub(super) async fn finish_jobs(&self) {
        run_due(&self.bench.services.services).await.unwrap();
        let unfinished = "select id from jobs where status in ('queued', 'running') order by id";
        let jobs: Vec<JobId> = sqlx::query_scalar(unfinished).fetch_all(&mut self.bench.services.db.owner().await).await.unwrap();
        for job in jobs {
            assert_eq!(self.bench.finish(job).await, JobStatus::Done);
        }
    }

    /// What the audit log says of the site, in order.
    pub(super) async fn told(&self) -> Vec<String> {
        sqlx::query_scalar("select action from audit_events where target_type = 'website' and target_id = $1::text order by seq")
            .bind(self.site)
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
