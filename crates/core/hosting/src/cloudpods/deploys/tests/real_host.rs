//! A deploy on a real host, from the form to the visitor.

use super::{
    real_world::{REPOSITORY, RealShop},
    world::{DOMAIN, source},
};
use crate::{
    cloudpods::{deploys, jobs::DeploySite},
    testing::{Yard, step_of},
};
use engine::saga::contract::When;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        deploys::{DeployStatus, SourceInput},
    },
    ids::JobId,
};
use std::time::{Duration, Instant};

/// The git server sends so much of what is fetched, says so in a file, and nothing any more.
const HALF: &str =
    r#"sed --in-place=.whole 's/ORIGINAL_COMMAND/& | (dd bs=1 count=8000 status=none; touch \/home\/half; sleep 600)/' /etc/ssh/git_keys"#;
/// It is gone, with everybody who is connected to it.
const LOST: &str = "kill -9 $(ip netns pids git)";
/// It is there again.
const BACK: &str = "mv /etc/ssh/git_keys.whole /etc/ssh/git_keys
systemd-run --quiet --unit=git-server-again ip netns exec git /usr/sbin/sshd -D -e -f /etc/ssh/git_config
for n in $(seq 100); do (: </dev/tcp/198.18.77.2/22) 2>/dev/null && break; sleep 0.1; done";

/// A build script that needs nobody's packages, and the lock file that npm writes for it.
const PACKAGE: &str = r#"{"name":"shop","version":"1.0.0","scripts":{"build":"mkdir -p dist && cp src/index.html dist"}}"#;
const LOCK: &str = r#"{"name":"shop","version":"1.0.0","lockfileVersion":3,"requires":true,"packages":{"":{"name":"shop","version":"1.0.0"}}}"#;

impl RealShop<'_> {
    async fn commit_title(&self, title: &str) {
        self.commit("main", title, ("src/index.html", &format!("<title>{title}</title>"))).await;
    }

    /// Loses the worker of a deploy or a rollback in the step that gives visitors the release; another one goes on.
    async fn ends_although_lost(&self, job: engine::Result<JobId>, when: When) -> JobStatus {
        let job = job.unwrap();
        self.yard.bench.lose_worker(job, (step_of::<DeploySite>("switch_release"), false), when).await;
        assert_eq!(self.yard.page(DOMAIN).await.0, 200, "visitors wait for no worker");
        self.ends(Ok(job)).await
    }

    /// Does something on the host as root.
    async fn on_host(&self, script: &str) {
        self.yard.host.must(&["bash", "-c", script]).await.unwrap();
    }

    /// Loses the git server while it sends.
    async fn lose_remote_half_way(&self) {
        while self.yard.host.exec(&["test", "-e", "/var/lib/repos/half"]).await.unwrap().code != 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.on_host(LOST).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_site_is_deployed_over_ssh_with_its_own_key_and_rolled_back_on_a_real_host() {
    let Some(yard) = Yard::fresh().await else { return };
    let input = SourceInput {
        build_command: "mkdir dist && cp src/index.html dist && echo built by $(id -un) with npm $(npm --version)".to_owned(),
        publish: "dist".to_owned(),
        ..source(REPOSITORY)
    };
    let shop = RealShop::open(&yard, Stack::Static, input).await;
    assert!(shop.page().await.contains("is ready"));

    for title in ["First", "Second"] {
        shop.commit_title(title).await;
        assert_eq!(shop.deploy().await, JobStatus::Done);
        assert!(shop.page().await.contains(title));
    }
    let view = shop.view().await;
    assert_eq!((view.deploys[0].subject.as_deref(), view.deploys[1].subject.as_deref()), (Some("Second"), Some("First")));
    assert_eq!(view.source.unwrap().host_keys.len(), 1, "pinned at the first use");
    let log = shop.log(view.deploys[0].job).await;
    assert!(log.contains(&format!("built by p-{} with npm ", shop.pod.name)), "the build is heard line by line: {log}");
    assert!(!log.contains("PRIVATE KEY"));

    let began = Instant::now();
    assert_eq!(shop.roll_back(view.deploys[1].id).await, JobStatus::Done);
    let took = began.elapsed();
    assert!(shop.page().await.contains("First"));
    println!("rolled back in {took:?}");
    let left = format!("find / -xdev -name '*key*' -path '*deploy*' 2>/dev/null; ls /srv/pods/{}/sites/*/releases | tail -2", shop.pod.name);
    assert_eq!(yard.host.exec(&["sh", "-c", &left]).await.unwrap().stdout, "r2\nr3\n", "the key is nowhere on the server");
    yard.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_suggested_build_is_run_and_a_switch_whose_worker_is_lost_is_finished_by_another_one_on_a_real_host() {
    let Some(yard) = Yard::fresh().await else { return };
    let shop = RealShop::open(&yard, Stack::Static, source(REPOSITORY)).await;
    let services = &yard.bench.services.services;
    shop.commit("main", "Package", ("package.json", PACKAGE)).await;
    shop.commit("main", "Lock", ("package-lock.json", LOCK)).await;
    shop.commit_title("First").await;

    // What is suggested is deployed word for word; only the folder is known to nobody but the customer.
    let found = deploys::look(services, shop.write().await, shop.site).await.unwrap();
    assert_eq!((found.build_command.as_str(), found.publish.as_str()), ("npm ci && npm run build", ""));
    assert_eq!(found.notes, ["Set the directory that the build writes to."]);
    let input = SourceInput { build_command: found.build_command, publish: "dist".to_owned(), ..source(REPOSITORY) };
    deploys::set_source(services, shop.write().await, shop.site, input).await.unwrap();
    assert_eq!(shop.deploy().await, JobStatus::Done);
    assert!(shop.page().await.contains("First"));

    // The server does not have the release yet, or has it, when the worker is lost.
    for (title, when) in [("Second", When::Before), ("Third", When::After)] {
        shop.commit_title(title).await;
        let job = deploys::start(services, shop.write().await, shop.site).await;
        assert_eq!(shop.ends_although_lost(job, when).await, JobStatus::Done, "{when:?}");
        assert!(shop.page().await.contains(title), "{when:?}");
        let live = shop.view().await.deploys.remove(0);
        assert_eq!((live.status, live.is_live, live.subject.as_deref()), (DeployStatus::Succeeded, true, Some(title)), "{when:?}");
    }
    let second = shop.view().await.deploys.remove(1);
    let job = deploys::roll_back(services, shop.write().await, second.id, false).await;
    assert_eq!(shop.ends_although_lost(job, When::After).await, JobStatus::Done);
    assert!(shop.page().await.contains("Second"));
    yard.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_git_server_that_is_lost_while_it_sends_leaves_the_live_release_and_nothing_half_on_a_real_host() {
    let Some(yard) = Yard::fresh().await else { return };
    let shop = RealShop::open(&yard, Stack::Static, source(REPOSITORY)).await;
    shop.commit("main", "First", ("index.html", "<title>First</title>")).await;
    assert_eq!(shop.deploy().await, JobStatus::Done);
    // As long as does not go out at once, and cannot be packed.
    let words: String = engine::secrets::random_bytes::<20_000>().iter().map(|byte| format!("{byte:02x}")).collect();
    shop.commit("main", "Second", ("index.html", &format!("<title>Second</title>{words}"))).await;

    let kept = format!("ls /srv/pods/{0}/sites/*/releases; find /srv/pods/{0}/sites/*/staging -mindepth 1 2>/dev/null || true", shop.pod.name);
    let before = yard.host.must(&["sh", "-c", &kept]).await.unwrap();

    shop.on_host(HALF).await;
    let (status, ()) = tokio::join!(shop.deploy(), shop.lose_remote_half_way());
    assert_eq!(status, JobStatus::Undone);
    assert!(shop.page().await.contains("First"));
    let lost = shop.view().await.deploys[0].clone();
    assert_eq!((lost.status, lost.release), (DeployStatus::Failed, None));
    assert_eq!(yard.host.must(&["sh", "-c", &kept]).await.unwrap(), before, "nothing half is kept");

    shop.on_host(BACK).await;
    assert_eq!(shop.deploy().await, JobStatus::Done);
    assert!(shop.page().await.contains("Second"));
    yard.down().await;
}
