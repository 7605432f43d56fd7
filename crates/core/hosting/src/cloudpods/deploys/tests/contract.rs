//! Deploys and rollbacks against the contract that every saga stands.

use super::{
    uploads::archive,
    world::{DOMAIN, Shop},
};
use crate::{
    cloudpods::{jobs::DeploySite, websites},
    testing::Bench,
};
use engine::{
    saga::{Registry, Saga, StepInfo, contract::SagaFixture},
    testing::TestServices,
};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{Runtime, Stack},
        deploys::{DeployRow, DeployStatus},
    },
    ids::{DeployId, JobId},
};

fn steps() -> Vec<StepInfo> {
    DeploySite::steps().into_list().iter().map(|step| step.info()).collect()
}

/// What is not as it should be once the newest deploy has ended so, and this release is live.
async fn wrong(shop: &Shop, status: DeployStatus, live: Option<&str>, on_server: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    let view = shop.view().await;
    let DeployRow { status: found, finished_at, .. } = view.deploys[0].clone();
    if found != status || finished_at.is_none() {
        wrong.push(format!("it is {found}, ended {finished_at:?}"));
    }
    if shop.live().as_deref() != live {
        wrong.push(format!("{:?} is live", shop.live()));
    }
    if shop.on_server() != on_server {
        wrong.push(format!("{:?} are on the server", shop.on_server()));
    }
    let can: Vec<i32> = view.deploys.iter().filter(|row| row.can_roll_back || row.is_live).filter_map(|row| row.release).collect();
    if can.len() != on_server.len() {
        wrong.push(format!("{can:?} are said to be on the server"));
    }
    if shop.archives() != 0 {
        wrong.push(format!("{} archives are on the server", shop.archives()));
    }
    let page = shop.bench.visit(DOMAIN).await.0;
    if page != 200 {
        wrong.push(format!("its page is {page}"));
    }
    wrong
}

/// Of an archive that is uploaded, or from the repository.
pub(super) struct Deploying<const OF_ARCHIVE: bool>(Shop);

impl<const OF_ARCHIVE: bool> SagaFixture for Deploying<OF_ARCHIVE> {
    async fn fresh() -> Self {
        let shop = Shop::open().await;
        shop.deploy().await;
        Self(shop)
    }

    fn services(&self) -> &TestServices {
        &self.0.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        steps()
    }

    async fn enqueue(&self) -> JobId {
        if OF_ARCHIVE { self.0.upload(archive("shop.zip")).await.unwrap() } else { self.0.start().await.unwrap() }
    }

    async fn complete(&self) -> Vec<String> {
        let mut wrong = wrong(&self.0, DeployStatus::Succeeded, Some("r2"), &["r1", "r2"]).await;
        let told = self.0.told().await.iter().filter(|word| *word == "SITE_DEPLOYED").count();
        if told != 2 {
            wrong.push(format!("it is told {told} times"));
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        wrong(&self.0, DeployStatus::Failed, Some("r1"), &["r1"]).await
    }
}

/// To a release that was live on another version.
pub(super) struct RollingBack(Shop, DeployId);

impl RollingBack {
    async fn runtime(&self) -> Runtime {
        sqlx::query_scalar("select runtime_version from websites").fetch_one(&mut self.0.bench.services.db.owner().await).await.unwrap()
    }

    /// The version that the site had then, and the one that it has had since.
    fn runtimes(now: Runtime) -> (Runtime, Runtime) {
        let other = Stack::Php.runtimes().iter().copied().find(|one| *one != now).unwrap();
        (now, other)
    }
}

impl SagaFixture for RollingBack {
    async fn fresh() -> Self {
        let shop = Shop::open().await;
        let first = shop.deploy().await.id;
        shop.deploy().await;
        let (_, later) = Self::runtimes(Stack::Php.default_runtime().unwrap());
        let job = websites::set_runtime(&shop.bench.services.services, shop.write().await, shop.site, later).await.unwrap();
        assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
        Self(shop, first)
    }

    fn services(&self) -> &TestServices {
        &self.0.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        steps()
    }

    async fn enqueue(&self) -> JobId {
        self.0.roll_back(self.1).await.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        let mut wrong = wrong(&self.0, DeployStatus::Succeeded, Some("r1"), &["r1", "r2"]).await;
        if self.runtime().await != Self::runtimes(Stack::Php.default_runtime().unwrap()).0 {
            wrong.push("it does not run on the version of then".to_owned());
        }
        if self.0.told().await.iter().filter(|word| *word == "SITE_ROLLED_BACK").count() != 1 {
            wrong.push("it is not told once".to_owned());
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        let mut wrong = wrong(&self.0, DeployStatus::Failed, Some("r2"), &["r1", "r2"]).await;
        if self.runtime().await != Self::runtimes(Stack::Php.default_runtime().unwrap()).1 {
            wrong.push("it does not run on the version that it had".to_owned());
        }
        wrong
    }
}

mod deploy_site {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Deploying<false>);
}

/// The rest of the contract is the same as for a deploy.
mod roll_back {
    use engine::saga::contract;

    #[tokio::test]
    async fn fails_at_each_step() {
        contract::fails_at_each_step::<super::RollingBack>().await;
    }

    #[tokio::test]
    async fn survives_a_crash_at_each_step() {
        contract::survives_a_crash_at_each_step::<super::RollingBack>().await;
    }
}
