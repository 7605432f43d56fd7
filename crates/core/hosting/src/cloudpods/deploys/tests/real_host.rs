//! A deploy on a real host, from the form to the visitor.

use super::world::source;
use crate::{
    cloudpods::{deploys, websites},
    testing::Yard,
};
use db::{Caller, TenantTx};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        deploys::{DeploysView, SourceInput},
    },
    ids::{JobId, WebsiteId},
    permission::{WebsitesRead, WebsitesWrite},
};
use std::time::Instant;

const DOMAIN: &str = "shop.example.test";
/// A git server on the tests' internet: OpenSSH of the host in a network of its own, git of the root that builds.
const GIT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../end2end/bed/git-server.sh"));

struct Owner<'a> {
    yard: &'a Yard,
    caller: Caller,
    site: WebsiteId,
}

impl Owner<'_> {
    async fn write(&self) -> TenantTx<WebsitesWrite> {
        self.yard.bench.services.services.db.tenant(&self.caller, self.yard.bench.tenant).await.unwrap()
    }

    async fn view(&self) -> DeploysView {
        let services = &self.yard.bench.services.services;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&self.caller, self.yard.bench.tenant).await.unwrap();
        deploys::get_own(services, &mut tx, self.site).await.unwrap()
    }

    async fn deploy(&self) -> JobStatus {
        let job = deploys::start(&self.yard.bench.services.services, self.write().await, self.site).await.unwrap();
        self.yard.bench.finish(job).await
    }

    /// Lines of a job's log.
    async fn log(&self, job: JobId) -> String {
        let lines: Vec<String> = sqlx::query_scalar("select message from job_events where job_id = $1 order by id")
            .bind(job)
            .fetch_all(&mut self.yard.bench.services.db.owner().await)
            .await
            .unwrap();
        lines.join("\n")
    }

    async fn commit(&self, title: &str) {
        let script = format!(
            "cd /var/lib/repos/shop && mkdir -p src && echo '<title>{title}</title>' >src/index.html && chroot /mnt/git git -C /home/shop add --all && \
             chroot /mnt/git git -C /home/shop -c user.name=Ana -c user.email=ana@example.test commit --quiet --message '{title}'"
        );
        self.yard.host.must(&["bash", "-c", &script]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_site_is_deployed_over_ssh_with_its_own_key_and_rolled_back_on_a_real_host() {
    let Some(yard) = Yard::fresh().await else { return };
    let caller = yard.bench.services.db.user("ana@example.test", None).await;
    yard.bench.services.db.member(yard.bench.tenant, &caller, "TENANT_OWNER").await;
    let pod = yard.bench.running(Stack::Static, DOMAIN).await;
    let services = &yard.bench.services.services;
    let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&caller, yard.bench.tenant).await.unwrap();
    let site = websites::list_own(services, &mut tx, pod.id).await.unwrap()[0].id;
    tx.finish().await.unwrap();
    let owner = Owner { yard: &yard, caller, site };
    let input = SourceInput {
        build_command: "mkdir dist && cp src/index.html dist && echo built by $(id -un) with npm $(npm --version)".to_owned(),
        publish: "dist".to_owned(),
        ..source("ssh://root@198.18.77.2/home/shop")
    };
    deploys::set_source(services, owner.write().await, site, input).await.unwrap();
    // The tools are shipped by the first deploy, which finds no repository yet.
    assert_eq!(owner.deploy().await, JobStatus::Undone);
    assert!(yard.page(DOMAIN).await.1.contains("is ready"));
    let key = owner.view().await.source.unwrap().deploy_key;
    yard.host.must(&["bash", "-c", &format!("KEY='{key}'\n{GIT}")]).await.unwrap();

    for title in ["First", "Second"] {
        owner.commit(title).await;
        assert_eq!(owner.deploy().await, JobStatus::Done);
        assert!(yard.page(DOMAIN).await.1.contains(title));
    }
    let view = owner.view().await;
    assert_eq!((view.deploys[0].subject.as_deref(), view.deploys[1].subject.as_deref()), (Some("Second"), Some("First")));
    assert_eq!(view.source.unwrap().host_keys.len(), 1, "pinned at the first use");
    let log = owner.log(view.deploys[0].job).await;
    assert!(log.contains(&format!("built by p-{} with npm ", pod.name)), "the build is heard line by line: {log}");
    assert!(!log.contains("PRIVATE KEY"));

    let began = Instant::now();
    let job = deploys::roll_back(services, owner.write().await, view.deploys[1].id).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let took = began.elapsed();
    assert!(yard.page(DOMAIN).await.1.contains("First"));
    println!("rolled back in {took:?}");
    let left = format!("find / -xdev -name '*key*' -path '*deploy*' 2>/dev/null; ls /srv/pods/{}/sites/*/releases | tail -2", pod.name);
    assert_eq!(yard.host.exec(&["sh", "-c", &left]).await.unwrap().stdout, "r2\nr3\n", "the key is nowhere on the server");
    yard.down().await;
}
