//! Several sites in a pod on a real host.

use super::world::fault;
use crate::{
    cloudpods::websites::{self, NewSite},
    testing::Yard,
};
use db::{Caller, TenantTx};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{Runtime, Stack},
        websites::WebsiteRow,
    },
    ids::{CloudPodId, JobId, WebsiteId},
    permission::{WebsitesDelete, WebsitesRead, WebsitesWrite},
};

const BLOG: &str = "blog.example.test";

/// The customer's own way to the sites of a pod.
struct Owner<'a> {
    yard: &'a Yard,
    caller: Caller,
    pod: CloudPodId,
}

impl Owner<'_> {
    async fn write(&self) -> TenantTx<WebsitesWrite> {
        self.yard.bench.services.services.db.tenant(&self.caller, self.yard.bench.tenant).await.unwrap()
    }

    async fn done(&self, job: JobId) {
        assert_eq!(self.yard.bench.finish(job).await, JobStatus::Done);
    }

    async fn create(&self, title: &str, stack: Stack) -> WebsiteRow {
        let services = &self.yard.bench.services.services;
        let new = NewSite { title: title.to_owned(), stack, runtime: None, domain: String::new() };
        self.done(websites::create(services, self.write().await, self.pod, new).await.unwrap()).await;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&self.caller, self.yard.bench.tenant).await.unwrap();
        websites::list_own(services, &mut tx, self.pod).await.unwrap().into_iter().find(|site| site.title == title).unwrap()
    }

    async fn set_stopped(&self, site: WebsiteId, stopped: bool) {
        let services = &self.yard.bench.services.services;
        self.done(websites::set_stopped(services, self.write().await, site, stopped).await.unwrap()).await;
    }

    async fn set_runtime(&self, site: WebsiteId, runtime: Runtime) -> JobStatus {
        let services = &self.yard.bench.services.services;
        let job = websites::set_runtime(services, self.write().await, site, runtime).await.unwrap();
        self.yard.bench.finish(job).await
    }

    async fn delete(&self, site: &WebsiteRow, typed: &str) -> engine::Result<JobId> {
        let services = &self.yard.bench.services.services;
        let tx: TenantTx<WebsitesDelete> = services.db.tenant(&self.caller, self.yard.bench.tenant).await?;
        websites::delete(services, tx, site.id, typed).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_wordpress_pod_gets_more_sites_one_is_stopped_and_deleted_and_the_others_serve_on() {
    let Some(yard) = Yard::fresh().await else { return };
    let caller = yard.bench.services.db.user("ana@example.test", None).await;
    yard.bench.services.db.member(yard.bench.tenant, &caller, "TENANT_OWNER").await;
    let pod = yard.bench.running(Stack::Wordpress, BLOG).await;
    let owner = Owner { yard: &yard, caller, pod: pod.id };
    let files = owner.create("Files", Stack::Static).await;
    let app = owner.create("Tool", Stack::Node).await;
    let second = owner.create("Diary", Stack::Wordpress).await;
    let is_served = async |domain: &str, title: &str| {
        let (status, page) = yard.page(domain).await;
        assert!(status == 200 && page.contains(title), "{domain}: {status} {page:.300}");
    };
    let all_serve = async || {
        is_served(BLOG, "Ana").await;
        is_served(&files.domain, "Files").await;
        is_served(&second.domain, "Diary").await;
    };
    all_serve().await;
    is_served(&app.domain, "Tool").await;

    owner.set_stopped(app.id, true).await;
    let (status, page) = yard.page(&app.domain).await;
    assert!(status == 503 && page.contains("Temporarily unavailable"), "{status} {page:.300}");
    all_serve().await;
    owner.set_stopped(app.id, false).await;
    is_served(&app.domain, "Tool").await;

    // Its own program, which does not start on an old version: visitors wait until the one before is back.
    let program = "const [major] = process.versions.node.split('.'); if (major < 20) throw new Error('too old');
        require('http').createServer((_, answer) => answer.end('Tool on ' + major)).listen(process.env.PORT);";
    let place = format!("cat >/srv/pods/{}/sites/tool/app/server.js", pod.name);
    yard.host.exec_with(&["sh", "-c", &place], program.as_bytes()).await.unwrap();
    assert_eq!(owner.set_runtime(app.id, Runtime::Node20).await, JobStatus::Done);
    is_served(&app.domain, "Tool on 20").await;
    assert_eq!(owner.set_runtime(app.id, Runtime::Node18).await, JobStatus::Undone);
    is_served(&app.domain, "Tool on 20").await;
    all_serve().await;

    assert!(fault(owner.delete(&app, "tool").await).starts_with("confirm_name: "));
    for site in [&app, &second] {
        let name = site.domain.split("--").next().unwrap();
        // What its programs could leave behind so that it cannot be removed.
        let inner = format!("/srv/pods/{}/sites/{name}/inner", pod.name);
        let script = format!("btrfs subvolume create {inner} && touch {inner}/file && btrfs property set -ts {inner} ro true");
        yard.host.must(&["sh", "-c", &script]).await.unwrap();
        let job = owner.delete(site, &site.domain).await.unwrap();
        owner.done(job).await;
        assert_eq!(yard.page(&site.domain).await.0, 404);
        let script = format!(
            "find /etc /run /var/lib/mpanel -name '*{name}*' 2>/dev/null; find /srv/pods -maxdepth 4 -name '*{name}*' 2>/dev/null; grep -rl '{}' /etc/nginx /etc/mpanel 2>/dev/null;
             systemctl list-units --all --plain --no-legend | grep '_{name}\\.'; mariadb --socket=/run/pods/{}/db/mysqld.sock -N -e 'show databases' | grep {name}; true",
            site.domain, pod.name
        );
        assert_eq!(yard.host.exec(&["sh", "-c", &script]).await.unwrap().stdout.trim(), "", "nothing of {name} is left");
    }
    is_served(BLOG, "Ana").await;
    is_served(&files.domain, "Files").await;
    yard.down().await;
}
