//! Deploys of archives that are uploaded.

use super::world::{DOMAIN, Shop, fault};
use crate::cloudpods::{deploys, websites};
use adapters::node::simulated::Fault;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        deploy_sources::ArchiveInput,
        deploys::{DeployStatus, DeployTrigger},
    },
    ids::JobId,
    permission::WebsitesWrite,
};
use tokio::sync::mpsc;
use wire::message::{Failure, FailureKind};

pub(super) fn archive(name: &str) -> ArchiveInput {
    ArchiveInput { name: name.to_owned(), ..ArchiveInput::default() }
}

impl Shop {
    /// What is sent, piece by piece; the sender goes away after it.
    async fn send(&self, input: ArchiveInput, pieces: &[&[u8]]) -> engine::Result<JobId> {
        let (to, from) = mpsc::channel(pieces.len().max(1));
        for piece in pieces {
            to.send(piece.to_vec()).await.unwrap();
        }
        drop(to);
        deploys::upload(&self.bench.services.services, self.write().await, self.site, input, from).await
    }

    pub(super) async fn upload(&self, input: ArchiveInput) -> engine::Result<JobId> {
        self.send(input, &[b"PK", b"rest", b""]).await
    }

    /// How many are on the server.
    pub(super) fn archives(&self) -> usize {
        self.bench.services.servers.archives(self.bench.server, &self.pod.name)
    }
}

#[tokio::test]
async fn an_archive_is_deployed_without_a_repository_and_nothing_of_it_is_left_but_its_release() {
    let shop = Shop::of(Stack::Php).await;
    for (number, name) in [(1, "shop.zip"), (2, "Shop 2.TAR.GZ"), (3, "shop.tgz")] {
        let input = ArchiveInput { publish: "public/".to_owned(), build_command: "php build.php".to_owned(), ..archive(name) };
        let job = shop.upload(input).await.unwrap();
        assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
        let row = shop.view().await.deploys.remove(0);
        assert_eq!((row.number, row.trigger, row.subject.as_deref(), row.commit), (number, DeployTrigger::Upload, Some(name), None));
        assert!(row.is_live && row.status == DeployStatus::Succeeded && row.started_by == "ana@example.test");
        assert_eq!((shop.live(), shop.archives()), (Some(format!("r{number}")), 0));
    }
    let first = shop.view().await.deploys.pop().unwrap();
    let job = shop.roll_back(first.id).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert_eq!((shop.live().as_deref(), shop.bench.visit(DOMAIN).await.0), (Some("r1"), 200));
    assert_eq!(shop.told().await, ["SITE_DEPLOYED", "SITE_DEPLOYED", "SITE_DEPLOYED", "SITE_ROLLED_BACK"]);
}

#[tokio::test]
async fn what_is_no_archive_or_cannot_be_built_is_refused_on_its_field_before_anything_is_sent() {
    let shop = Shop::of(Stack::Php).await;
    let long = format!("{}.zip", "a".repeat(200));
    for name in ["", "shop", "shop.rar", "shop.gz", "shop.tar", "a\n.zip", &long] {
        assert!(fault(shop.upload(archive(name)).await).starts_with("name: "), "{name:?}");
    }
    let wrong: [(&str, fn(&mut ArchiveInput)); 4] = [
        ("folder", |input| input.folder = "../x".to_owned()),
        ("publish", |input| input.publish = "a b".to_owned()),
        ("start_file", |input| input.start_file = "server.js".to_owned()),
        ("shared", |input| input.shared = "uploads uploads/x".to_owned()),
    ];
    for (field, change) in wrong {
        let mut input = archive("shop.zip");
        change(&mut input);
        assert!(fault(shop.upload(input).await).starts_with(&format!("{field}: ")), "{field}");
    }
    let asked = shop.bench.services.servers.heard().into_iter().filter(|call| call.verb == "SiteArchive").count();
    assert_eq!((asked, shop.view().await.deploys.len()), (0, 0));
    let blog = Shop::of(Stack::Wordpress).await;
    assert!(fault(blog.upload(archive("blog.zip")).await).starts_with("WordPress sites keep their own files."));
}

#[tokio::test]
async fn an_upload_that_breaks_off_or_that_the_server_does_not_take_deploys_nothing() {
    let shop = Shop::of(Stack::Php).await;
    assert!(fault(shop.send(archive("shop.zip"), &[b"PK"]).await).contains("broke off"));
    let full = Failure::new(FailureKind::Refused, "the CloudPod's disk has no room for this archive");
    shop.bench.services.servers.fault_on("SiteArchive", Fault::Fail(full));
    assert_eq!(fault(shop.upload(archive("shop.zip")).await), "The CloudPod's disk has no room for this archive.");
    assert_eq!((shop.view().await.deploys.len(), shop.live()), (0, None));

    // Another job of the CloudPod, and another account.
    let job = shop.upload(archive("shop.zip")).await.unwrap();
    assert!(fault(shop.upload(archive("shop.zip")).await).starts_with("A job of this CloudPod is in progress."));
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    let services = &shop.bench.services.services;
    let rival = shop.bench.services.db.user("eve@example.test", None).await;
    let other = shop.bench.services.db.tenant("globex").await;
    shop.bench.services.db.member(other, &rival, "TENANT_OWNER").await;
    let tx = services.db.tenant::<WebsitesWrite>(&rival, other).await.unwrap();
    let (_to, from) = mpsc::channel(1);
    assert_eq!(fault(deploys::upload(services, tx, shop.site, archive("shop.zip"), from).await), "Site not found.");
}

#[tokio::test]
async fn an_archive_that_cannot_be_unpacked_leaves_the_live_release_and_nothing_of_itself() {
    let shop = Shop::open().await;
    shop.deploy().await;
    let bad = Failure::new(FailureKind::Refused, "The archive cannot be used: ../x: its name leads out of the archive");
    shop.bench.services.servers.fault_on("SiteUnpack", Fault::Fail(bad));
    let job = shop.upload(archive("shop.zip")).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    assert_eq!((shop.live().as_deref(), shop.on_server(), shop.archives()), (Some("r1"), vec!["r1".to_owned()], 0));
    let said = "select count(*) from job_events where job_id = $1 and message like '%../x: its name leads out%'";
    assert!(shop.bench.count(said, job.0).await > 0, "the entry is named");
}

#[tokio::test]
async fn an_archive_whose_cloudpod_is_busy_at_its_end_waits_for_it_and_of_one_that_cannot_be_deployed_nothing_is_left() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let begin = async |to: &mpsc::Sender<Vec<u8>>| {
        // The second has room once the first was taken: the upload has begun.
        for piece in ["PK", "rest"] {
            to.send(piece.as_bytes().to_vec()).await.unwrap();
        }
    };
    let ((to, from), tx) = (mpsc::channel(1), shop.write().await);
    let busy = async {
        begin(&to).await;
        let job = shop.start().await.unwrap();
        to.send(Vec::new()).await.unwrap();
        assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    };
    let (job, ()) = tokio::join!(deploys::upload(services, tx, shop.site, archive("shop.zip"), from), busy);
    assert_eq!(shop.bench.finish(job.unwrap()).await, JobStatus::Done);
    assert_eq!((shop.live().as_deref(), shop.archives()), (Some("r2"), 0));

    let ((to, from), tx) = (mpsc::channel(1), shop.write().await);
    let stopped = async {
        begin(&to).await;
        let job = websites::set_stopped(services, shop.write().await, shop.site, true).await.unwrap();
        assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
        to.send(Vec::new()).await.unwrap();
    };
    let (told, ()) = tokio::join!(deploys::upload(services, tx, shop.site, archive("shop.zip"), from), stopped);
    assert_eq!(fault(told), "This site is stopped. Start it first.");
    assert_eq!((shop.view().await.deploys.len(), shop.archives()), (2, 0));
}

#[tokio::test]
async fn an_archive_whose_deploy_cannot_begin_is_not_left_on_the_server() {
    let shop = Shop::of(Stack::Php).await;
    let job = shop.upload(archive("shop.zip")).await.unwrap();
    assert_eq!(shop.archives(), 1);
    sqlx::query("update cloud_pods set desired_state = 'SUSPENDED'").execute(&mut shop.bench.services.db.owner().await).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    assert_eq!(shop.archives(), 0);
}

/// The rest of the contract is the same as for a deploy from a repository.
mod deploy_archive {
    use super::super::contract::Deploying;
    use engine::saga::contract;

    #[tokio::test]
    async fn fails_at_each_step() {
        contract::fails_at_each_step::<Deploying<true>>().await;
    }

    #[tokio::test]
    async fn repeats_each_step() {
        contract::repeats_each_step::<Deploying<true>>().await;
    }

    #[tokio::test]
    async fn survives_a_crash_at_each_step() {
        contract::survives_a_crash_at_each_step::<Deploying<true>>().await;
    }
}
