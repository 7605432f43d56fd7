//! A site from its first deploy to its last.

use super::world::{DOMAIN, REMOTE, Shop, fault, source};
use crate::cloudpods::{deploys, websites};
use adapters::node::simulated::Fault;
use db::TenantTx;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        deploys::{DeployStatus, SourceInput},
        websites::PhpInput,
    },
    permission::{WebsitesRead, WebsitesWrite},
};
use wire::message::{Failure, FailureKind};

#[tokio::test]
async fn a_site_is_deployed_from_its_repository_and_the_last_releases_stay_on_the_server() {
    let shop = Shop::open().await;
    assert_eq!((shop.live(), shop.on_server().len()), (None, 0), "saving deploys nothing");
    let view = shop.view().await.source.unwrap();
    assert!(view.is_ssh && view.deploy_key.starts_with("ssh-ed25519 ") && view.deploy_key.ends_with("deploy@shop.example.test"), "{view:?}");
    assert!(view.host_keys.is_empty());

    let first = shop.deploy().await;
    assert_eq!((first.number, first.status, first.is_live, first.release), (1, DeployStatus::Succeeded, true, Some(1)));
    assert_eq!((first.commit.unwrap().len(), first.subject.as_deref()), (40, Some("Release r1, simulated")));
    assert_eq!((shop.live().as_deref(), shop.bench.visit(DOMAIN).await.0), (Some("r1"), 200));
    let pinned = shop.view().await.source.unwrap().host_keys;
    assert!(pinned.len() == 1 && pinned[0].starts_with("SHA256:"), "{pinned:?}");

    for _ in 2..=7 {
        shop.deploy().await;
    }
    assert_eq!((shop.live().as_deref(), shop.on_server()), (Some("r7"), ["r3", "r4", "r5", "r6", "r7"].map(str::to_owned).to_vec()));
    let view = shop.view().await;
    let back: Vec<i32> = view.deploys.iter().filter(|row| row.can_roll_back).map(|row| row.number).collect();
    assert_eq!((back.as_slice(), view.deploys.iter().filter(|row| row.is_live).count()), (&[6, 5, 4, 3][..], 1));
    let gone = view.deploys.iter().find(|row| row.number == 2).unwrap().id;
    assert!(fault(shop.roll_back(gone).await).contains("not on the server any more"));
    assert!(shop.view().await.deploys.len() == 7);
}

#[tokio::test]
async fn a_rollback_brings_back_the_release_with_its_folder_and_start_file() {
    let shop = Shop::of(Stack::Node).await;
    shop.set_source(SourceInput { publish: "./build/".to_owned(), start_file: "main.js".to_owned(), ..source(REMOTE) }).await.unwrap();
    let first = shop.deploy().await;
    shop.set_source(SourceInput { folder: "apps/web".to_owned(), publish: "dist".to_owned(), ..source(REMOTE) }).await.unwrap();
    shop.deploy().await;
    let config = async || {
        let services = &shop.bench.services.services;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&shop.owner, shop.bench.tenant).await.unwrap();
        websites::get_own(services, &mut tx, shop.site).await.unwrap().config.release.unwrap()
    };
    let now = config().await;
    assert_eq!((now.name.as_str(), now.folder.as_str(), now.start.as_str()), ("r2", "apps/web/dist", ""));
    let job = shop.roll_back(first.id).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    let now = config().await;
    assert_eq!((now.name.as_str(), now.folder.as_str(), now.start.as_str()), ("r1", "build", "main.js"));
    let view = shop.view().await;
    assert_eq!((view.deploys[0].number, view.deploys[0].release, view.deploys[0].is_live), (3, Some(1), false));
    assert!(view.deploys[2].is_live && view.deploys[1].can_roll_back, "{:?}", view.deploys);
    assert_eq!(fault(shop.roll_back(first.id).await), "This release is live already.");
    assert_eq!(shop.on_server(), ["r1", "r2"], "nothing was built");
    // The next one has a name that none had.
    assert_eq!(shop.deploy().await.release, Some(4));
    assert_eq!(
        shop.told().await,
        ["SITE_SOURCE_CHANGED", "SITE_DEPLOYED", "SITE_SOURCE_CHANGED", "SITE_DEPLOYED", "SITE_ROLLED_BACK", "SITE_DEPLOYED"]
    );
}

#[tokio::test]
async fn a_build_that_fails_and_a_release_that_does_not_respond_leave_the_live_one_and_nothing_behind() {
    let shop = Shop::open().await;
    shop.deploy().await;
    let failed = || Fault::Fail(Failure::new(FailureKind::Refused, "The build failed: the command ended with code 2"));
    shop.bench.services.servers.fault_on("SiteBuild", failed());
    let job = shop.start().await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    let row = shop.view().await.deploys.remove(0);
    assert_eq!((row.status, row.is_live, row.can_roll_back, row.release), (DeployStatus::Failed, false, false, None));
    assert_eq!((shop.live().as_deref(), shop.on_server()), (Some("r1"), vec!["r1".to_owned()]));

    shop.bench.services.servers.break_release("r3");
    let job = shop.start().await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone, "it responds with an error, and the one before did not");
    assert_eq!((shop.live().as_deref(), shop.bench.visit(DOMAIN).await.0, shop.on_server()), (Some("r1"), 200, vec!["r1".to_owned()]));
    assert_eq!(shop.deploy().await.release, Some(4));
}

#[tokio::test]
async fn a_setting_that_is_changed_later_keeps_the_release() {
    let shop = Shop::open().await;
    shop.deploy().await;
    shop.deploy().await;
    let services = &shop.bench.services.services;
    let php = PhpInput { memory_limit_mb: "128".to_owned(), ..PhpInput::default() };
    let job = websites::set_php(services, shop.write().await, shop.site, &php).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert_eq!(shop.bench.services.servers.settings(DOMAIN).unwrap().php.memory_limit_mb, Some(128));
    assert_eq!(shop.live().as_deref(), Some("r2"));
}

#[tokio::test]
async fn another_host_is_pinned_anew_the_same_one_is_not_and_a_pinned_key_can_be_forgotten() {
    let shop = Shop::open().await;
    shop.deploy().await;
    let pinned = async || shop.view().await.source.unwrap().host_keys.len();
    let key = shop.view().await.source.unwrap().deploy_key;
    shop.set_source(SourceInput { branch: "next".to_owned(), ..source(REMOTE) }).await.unwrap();
    assert_eq!(pinned().await, 1);
    shop.set_source(source("git@other.example.test:bakery/shop.git")).await.unwrap();
    assert_eq!(pinned().await, 0);
    assert_eq!(shop.view().await.source.unwrap().deploy_key, key, "the deploy key stays");
    shop.deploy().await;
    let services = &shop.bench.services.services;
    deploys::forget_host_keys(services, shop.write().await, shop.site).await.unwrap();
    assert_eq!(pinned().await, 0);
    assert_eq!(fault(deploys::forget_host_keys(services, shop.write().await, shop.site).await), "No host key is pinned.");
}

#[tokio::test]
async fn what_cannot_be_deployed_is_refused_and_nobody_else_sees_or_deploys_a_site() {
    let shop = Shop::of(Stack::Php).await;
    assert_eq!(fault(shop.start().await), "Set the repository of this site first.");
    assert_eq!(fault(shop.create_webhook().await), "Set the repository of this site first.");
    shop.set_source(source(REMOTE)).await.unwrap();
    let job = shop.start().await.unwrap();
    assert!(fault(shop.start().await).starts_with("A job of this CloudPod is in progress."));
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    let first = shop.view().await.deploys[0].id;

    let services = &shop.bench.services.services;
    let rival = shop.bench.services.db.user("eve@example.test", None).await;
    let other = shop.bench.services.db.tenant("globex").await;
    shop.bench.services.db.member(other, &rival, "TENANT_OWNER").await;
    let theirs = async || services.db.tenant::<WebsitesWrite>(&rival, other).await.unwrap();
    assert_eq!(fault(deploys::start(services, theirs().await, shop.site).await), "Site not found.");
    assert_eq!(fault(deploys::roll_back(services, theirs().await, first, false).await), "Deploy not found.");
    assert_eq!(fault(deploys::set_source(services, theirs().await, shop.site, source(REMOTE)).await), "Site not found.");
    let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&rival, other).await.unwrap();
    assert_eq!(fault(deploys::get_own(services, &mut tx, shop.site).await), "Site not found.");

    let blog = Shop::of(Stack::Wordpress).await;
    assert!(fault(blog.set_source(source(REMOTE)).await).starts_with("WordPress sites keep their own files."));
}

#[tokio::test]
async fn a_deleted_site_leaves_no_deploy_key_and_a_rotated_master_key_opens_those_of_the_others() {
    let shop = Shop::open().await;
    shop.create_webhook().await.unwrap();
    let services = &shop.bench.services.services;
    let modules = services.part::<engine::Modules>();
    for (name, reseal) in &modules.sealed {
        let count = reseal(services).await.unwrap();
        assert!(*name != "deploy keys" || count == 2, "{name}: {count}");
    }
    shop.deploy().await;
    let job = shop.bench.delete(shop.pod.id, &shop.pod.name).await.unwrap();
    shop.bench.finish(job).await;
    let left = shop.bench.count("select count(*) from site_sources where website_id = $1", shop.site.0).await;
    assert_eq!(left, 0);
}

#[tokio::test]
async fn what_is_pinned_is_not_overwritten_by_what_a_server_says_and_a_source_does_not_change_under_a_deploy() {
    let shop = Shop::open().await;
    sqlx::query("update site_sources set host_keys = 'git.example.test ssh-ed25519 AAAA'")
        .execute(&mut shop.bench.services.db.owner().await)
        .await
        .unwrap();
    let job = shop.start().await.unwrap();
    assert!(
        fault(shop.set_source(SourceInput { branch: "next".to_owned(), ..source(REMOTE) }).await)
            .starts_with("A deploy of this site is in progress.")
    );
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    let pinned = "select count(*) from site_sources where website_id = $1 and host_keys = 'git.example.test ssh-ed25519 AAAA'";
    assert_eq!(shop.bench.count(pinned, shop.site.0).await, 1);
    shop.set_source(SourceInput { branch: "next".to_owned(), ..source(REMOTE) }).await.unwrap();
}

#[tokio::test]
async fn a_rollback_to_a_release_that_has_left_the_server_meanwhile_switches_nothing() {
    let shop = Shop::open().await;
    let first = shop.deploy().await;
    shop.deploy().await;
    let job = shop.roll_back(first.id).await.unwrap();
    sqlx::query("update deploys set is_on_disk = false where number = 1").execute(&mut shop.bench.services.db.owner().await).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    assert_eq!(shop.live().as_deref(), Some("r2"));
}
