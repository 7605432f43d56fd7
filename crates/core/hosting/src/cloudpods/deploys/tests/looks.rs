//! Looks at repositories, for what they suggest.

use super::world::{Shop, fault};
use crate::cloudpods::deploys;
use adapters::node::simulated::{Fault, Repository};
use chrono::TimeDelta;
use model::{
    administration::provisioning::JobStatus,
    hosting::{cloudpods::Stack, deploy_sources::SourceProposal},
    permission::WebsitesWrite,
};
use wire::message::{Failure, FailureKind};

impl Shop {
    async fn look(&self) -> engine::Result<SourceProposal> {
        deploys::look(&self.bench.services.services, self.write().await, self.site).await
    }
}

#[tokio::test]
async fn a_look_suggests_a_build_and_sets_and_deploys_nothing() {
    let shop = Shop::of(Stack::Php).await;
    assert_eq!(fault(shop.look().await), "Set the repository of this site first.");
    shop.set_source(super::world::source(super::world::REMOTE)).await.unwrap();
    let names = ["artisan", "composer.json", "composer.phar", "public/"].map(str::to_owned).to_vec();
    shop.bench.services.servers.set_repository(Repository { head: Some("a".repeat(40)), names, ..Repository::default() });
    let found = shop.look().await.unwrap();
    assert_eq!((found.found.as_str(), found.publish.as_str(), found.commit), ("Laravel with Composer", "public", "a".repeat(40)));
    assert!(found.build_command.starts_with("php composer.phar install"));
    let view = shop.view().await;
    let source = view.source.unwrap();
    assert_eq!((source.input.build_command.as_str(), source.input.publish.as_str(), view.deploys.len()), ("", "", 0));
    assert_eq!(source.host_keys.len(), 1, "what is shown first is pinned");
}

#[tokio::test]
async fn a_look_that_fails_says_why_and_a_busy_cloudpod_or_somebody_elses_is_not_looked_at() {
    let shop = Shop::open().await;
    let failed = Failure::new(FailureKind::Refused, "Couldn't fetch the repository: Permission denied (publickey)");
    shop.bench.services.servers.fault_on("SiteLook", Fault::Fail(failed));
    assert_eq!(fault(shop.look().await), "Couldn't fetch the repository: Permission denied (publickey).");
    let job = shop.start().await.unwrap();
    assert!(fault(shop.look().await).starts_with("A job of this CloudPod is in progress."));
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    let services = &shop.bench.services.services;
    let rival = shop.bench.services.db.user("eve@example.test", None).await;
    let other = shop.bench.services.db.tenant("globex").await;
    shop.bench.services.db.member(other, &rival, "TENANT_OWNER").await;
    let tx = services.db.tenant::<WebsitesWrite>(&rival, other).await.unwrap();
    assert_eq!(fault(deploys::look(services, tx, shop.site).await), "Site not found.");
}

#[tokio::test]
async fn an_account_looks_at_one_repository_at_a_time_and_at_one_of_a_site_twenty_times_in_an_hour() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let (one, other) = (shop.write().await, shop.write().await);
    let (first, second) = tokio::join!(deploys::look(services, one, shop.site), deploys::look(services, other, shop.site));
    assert!(first.is_ok());
    assert!(fault(second).starts_with("Build settings of another site in this account are being detected."));
    for _ in 1..20 {
        shop.look().await.unwrap();
    }
    assert!(fault(shop.look().await).contains("20 times in an hour"));
    shop.bench.services.clock.advance(TimeDelta::minutes(61));
    shop.look().await.unwrap();
}
