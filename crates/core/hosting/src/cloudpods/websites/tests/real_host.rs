//! Several sites in a pod on a real host.

use super::world::fault;
use crate::{
    cloudpods::{
        jobs::UpdateSite,
        websites::{self, NewSite},
    },
    testing::{Yard, step_of},
};
use db::{Caller, TenantTx};
use engine::saga::contract::When;
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
/// Says what it runs on, and does not start on an old version.
const PROGRAM: &str = "const [major] = process.versions.node.split('.'); if (major < 20) throw new Error('too old');
    require('http').createServer((_, answer) => answer.end('Tool on ' + major)).listen(process.env.PORT);";

/// The customer's own way to the sites of a pod.
struct Owner<'a> {
    yard: &'a Yard,
    caller: Caller,
    pod: CloudPodId,
}

impl<'a> Owner<'a> {
    /// With a pod of this stack.
    async fn open(yard: &'a Yard, stack: Stack) -> (Self, String) {
        let caller = yard.bench.services.db.user("ana@example.test", None).await;
        yard.bench.services.db.member(yard.bench.tenant, &caller, "TENANT_OWNER").await;
        let pod = yard.bench.running(stack, BLOG).await;
        (Self { yard, caller, pod: pod.id }, pod.name)
    }

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
        self.sites().await.into_iter().find(|site| site.title == title).unwrap()
    }

    async fn sites(&self) -> Vec<WebsiteRow> {
        let services = &self.yard.bench.services.services;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&self.caller, self.yard.bench.tenant).await.unwrap();
        websites::list_own(services, &mut tx, self.pod).await.unwrap()
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

    /// The same with a worker that is lost while the server is told; another one goes on.
    async fn set_runtime_although_lost(&self, site: WebsiteId, runtime: Runtime, is_way_back: bool, when: When) -> JobStatus {
        let services = &self.yard.bench.services.services;
        let job = websites::set_runtime(services, self.write().await, site, runtime).await.unwrap();
        self.yard.bench.lose_worker(job, (step_of::<UpdateSite>("apply_site"), is_way_back), when).await;
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
    let (owner, pod) = Owner::open(&yard, Stack::Wordpress).await;
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
    let place = format!("cat >/srv/pods/{pod}/sites/tool/app/server.js");
    yard.host.exec_with(&["sh", "-c", &place], PROGRAM.as_bytes()).await.unwrap();
    assert_eq!(owner.set_runtime(app.id, Runtime::Node20).await, JobStatus::Done);
    is_served(&app.domain, "Tool on 20").await;
    assert_eq!(owner.set_runtime(app.id, Runtime::Node18).await, JobStatus::Undone);
    is_served(&app.domain, "Tool on 20").await;
    all_serve().await;

    assert!(fault(owner.delete(&app, "tool").await).starts_with("confirm_name: "));
    for site in [&app, &second] {
        let name = site.domain.split("--").next().unwrap();
        // What its programs could leave behind so that it cannot be removed.
        let inner = format!("/srv/pods/{pod}/sites/{name}/inner");
        let script = format!("btrfs subvolume create {inner} && touch {inner}/file && btrfs property set -ts {inner} ro true");
        yard.host.must(&["sh", "-c", &script]).await.unwrap();
        let job = owner.delete(site, &site.domain).await.unwrap();
        owner.done(job).await;
        assert_eq!(yard.page(&site.domain).await.0, 404);
        let script = format!(
            "find /etc /run /var/lib/mpanel -name '*{name}*' 2>/dev/null; find /srv/pods -maxdepth 4 -name '*{name}*' 2>/dev/null; grep -rl '{}' /etc/nginx /etc/mpanel 2>/dev/null;
             systemctl list-units --all --plain --no-legend | grep '_{name}\\.'; mariadb --socket=/run/pods/{pod}/db/mysqld.sock -N -e 'show databases' | grep {name}; true",
            site.domain
        );
        assert_eq!(yard.host.exec(&["sh", "-c", &script]).await.unwrap().stdout.trim(), "", "nothing of {name} is left");
    }
    is_served(BLOG, "Ana").await;
    is_served(&files.domain, "Files").await;
    yard.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_change_of_a_site_whose_worker_is_lost_is_kept_or_taken_back_by_another_one_on_a_real_host() {
    let Some(yard) = Yard::fresh().await else { return };
    let (owner, pod) = Owner::open(&yard, Stack::Node).await;
    let site = owner.sites().await.remove(0);
    let is_served = async |text: &str| {
        let (status, page) = yard.page(BLOG).await;
        assert!(status == 200 && page.contains(text), "{status} {page:.300}");
    };
    let place = format!("cat >/srv/pods/{pod}/sites/main/app/server.js");
    yard.host.exec_with(&["sh", "-c", &place], PROGRAM.as_bytes()).await.unwrap();

    // The server does not have the change yet, or has it, when the worker is lost.
    for (runtime, when, text) in [(Runtime::Node20, When::Before, "Tool on 20"), (Runtime::Node24, When::After, "Tool on 24")] {
        assert_eq!(owner.set_runtime_although_lost(site.id, runtime, false, when).await, JobStatus::Done, "{when:?}");
        is_served(text).await;
    }
    // The same of a change that is taken back.
    for when in [When::Before, When::After] {
        assert_eq!(owner.set_runtime_although_lost(site.id, Runtime::Node18, true, when).await, JobStatus::Undone, "{when:?}");
        is_served("Tool on 24").await;
        assert_eq!(owner.sites().await.remove(0).runtime, Some(Runtime::Node24), "{when:?}");
    }
    yard.down().await;
}
