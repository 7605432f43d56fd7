//! A customer on a real host, whose site is deployed from a git server on the tests' internet.

use super::world::DOMAIN;
use crate::{
    cloudpods::{RequestedPod, deploys, websites},
    testing::Yard,
};
use db::{Caller, TenantTx};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        deploys::{DeploysView, SourceInput},
    },
    ids::{DeployId, JobId, WebsiteId},
    permission::{WebsitesRead, WebsitesWrite},
};

/// Where the repository is.
pub(super) const REPOSITORY: &str = "ssh://root@198.18.77.2/home/shop";
/// A git server on the tests' internet: OpenSSH of the host in a network of its own, git of the root that builds.
const GIT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../end2end/bed/git-server.sh"));

pub(super) struct RealShop<'a> {
    pub(super) yard: &'a Yard,
    pub(super) caller: Caller,
    pub(super) pod: RequestedPod,
    pub(super) site: WebsiteId,
}

impl<'a> RealShop<'a> {
    /// With an empty repository that the site's key opens. One deploy has failed: it shipped the tools, and found no repository yet.
    pub(super) async fn open(yard: &'a Yard, stack: Stack, input: SourceInput) -> Self {
        let caller = yard.bench.services.db.user("ana@example.test", None).await;
        yard.bench.services.db.member(yard.bench.tenant, &caller, "TENANT_OWNER").await;
        let pod = yard.bench.running(stack, DOMAIN).await;
        let services = &yard.bench.services.services;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&caller, yard.bench.tenant).await.unwrap();
        let site = websites::list_own(services, &mut tx, pod.id).await.unwrap()[0].id;
        tx.finish().await.unwrap();
        let shop = Self { yard, caller, pod, site };
        deploys::set_source(services, shop.write().await, site, input).await.unwrap();
        assert_eq!(shop.deploy().await, JobStatus::Undone);
        let key = shop.view().await.source.unwrap().deploy_key;
        yard.host.must(&["bash", "-c", &format!("KEY='{key}'\n{GIT}")]).await.unwrap();
        shop
    }

    pub(super) async fn write(&self) -> TenantTx<WebsitesWrite> {
        self.yard.bench.services.services.db.tenant(&self.caller, self.yard.bench.tenant).await.unwrap()
    }

    pub(super) async fn view(&self) -> DeploysView {
        let services = &self.yard.bench.services.services;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&self.caller, self.yard.bench.tenant).await.unwrap();
        deploys::get_own(services, &mut tx, self.site).await.unwrap()
    }

    /// How a job ends. Its log stands beside a test that fails.
    pub(super) async fn ends(&self, job: engine::Result<JobId>) -> JobStatus {
        let job = job.unwrap();
        let status = self.yard.bench.finish(job).await;
        println!("{status:?}:\n{}", self.log(job).await);
        status
    }

    /// Lines of a job's log.
    pub(super) async fn log(&self, job: JobId) -> String {
        let lines: Vec<String> = sqlx::query_scalar("select message from job_events where job_id = $1 order by id")
            .bind(job)
            .fetch_all(&mut self.yard.bench.services.db.owner().await)
            .await
            .unwrap();
        lines.join("\n")
    }

    pub(super) async fn deploy(&self) -> JobStatus {
        self.ends(deploys::start(&self.yard.bench.services.services, self.write().await, self.site).await).await
    }

    pub(super) async fn roll_back(&self, to: DeployId) -> JobStatus {
        self.ends(deploys::roll_back(&self.yard.bench.services.services, self.write().await, to, false).await).await
    }

    /// A commit of this file on a branch, which begins with it where it was not there.
    pub(super) async fn commit(&self, branch: &str, subject: &str, (file, text): (&str, &str)) {
        let git = "chroot /mnt/git git -C /home/shop";
        let script = format!(
            "cd /var/lib/repos/shop && {{ {git} checkout --quiet {branch} 2>/dev/null || {git} checkout --quiet -b {branch}; }} && \
             mkdir -p $(dirname {file}) && echo '{text}' >{file} && {git} add --all && \
             {git} -c user.name=Ana -c user.email=ana@example.test commit --quiet --message '{subject}'"
        );
        self.yard.host.must(&["bash", "-c", &script]).await.unwrap();
    }

    /// What visitors get.
    pub(super) async fn page(&self) -> String {
        self.yard.page(DOMAIN).await.1
    }
}
