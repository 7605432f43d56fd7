//! The sagas of sites against the contract that every saga stands.

use super::world::{FIRST, SHOP, Yard};
use crate::{
    cloudpods::jobs::{CreateSite, DeleteSite, UpdateSite},
    testing::Bench,
};
use engine::{
    saga::{Registry, Saga, StepInfo, contract::SagaFixture},
    testing::TestServices,
};
use model::{
    hosting::{cloudpods::Stack, websites::SiteStatus},
    ids::{JobId, WebsiteId},
};

/// What is not as it should be: how far the site is, what visitors get, and whether its neighbour is as before.
async fn wrong(yard: &Yard, site: WebsiteId, status: SiteStatus, page: u16) -> Vec<String> {
    let mut wrong = Vec::new();
    let (found, shown, neighbour) = (yard.status(site).await, yard.page(SHOP).await, yard.page(FIRST).await);
    if found != status {
        wrong.push(format!("it is {found}"));
    }
    if shown != page {
        wrong.push(format!("its page is {shown}"));
    }
    if neighbour != 200 {
        wrong.push(format!("its neighbour's page is {neighbour}"));
    }
    wrong
}

fn left(yard: &Yard) -> Option<String> {
    let left = yard.bench.services.servers.left_sites(yard.bench.server, &yard.pod.name);
    (!left.is_empty()).then(|| format!("files of {left:?} are left"))
}

async fn told(yard: &Yard, site: WebsiteId, action: &str) -> usize {
    yard.told(site).await.iter().filter(|word| *word == action).count()
}

pub(super) struct Creating {
    yard: Yard,
    site: WebsiteId,
    job: JobId,
}

impl SagaFixture for Creating {
    async fn fresh() -> Self {
        let yard = Yard::open().await;
        let job = yard.create("Shop", Stack::Wordpress, "").await.unwrap();
        let site = yard.site("Shop").await.id;
        Self { yard, site, job }
    }

    fn services(&self) -> &TestServices {
        &self.yard.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        CreateSite::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.job
    }

    async fn complete(&self) -> Vec<String> {
        let mut wrong = wrong(&self.yard, self.site, SiteStatus::Active, 200).await;
        // Again after it was undone.
        if told(&self.yard, self.site, "SITE_CREATED").await == 0 {
            wrong.push("it is not told".to_owned());
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        let mut wrong = wrong(&self.yard, self.site, SiteStatus::Failed, 404).await;
        wrong.extend(left(&self.yard));
        wrong
    }
}

pub(super) struct Stopping {
    yard: Yard,
    site: WebsiteId,
}

impl SagaFixture for Stopping {
    async fn fresh() -> Self {
        let (yard, site) = Yard::with_shop().await;
        Self { yard, site }
    }

    fn services(&self) -> &TestServices {
        &self.yard.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        UpdateSite::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.yard.set_stopped(self.site, true).await.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        let mut wrong = wrong(&self.yard, self.site, SiteStatus::Active, 503).await;
        if !self.yard.view(self.site).await.unwrap().site.is_stopped || told(&self.yard, self.site, "SITE_UPDATED").await == 0 {
            wrong.push("it is not told to be stopped".to_owned());
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        let mut wrong = wrong(&self.yard, self.site, SiteStatus::Active, 200).await;
        if self.yard.view(self.site).await.unwrap().site.is_stopped {
            wrong.push("it is told to be stopped".to_owned());
        }
        wrong
    }
}

pub(super) struct Deleting {
    yard: Yard,
    site: WebsiteId,
}

impl SagaFixture for Deleting {
    async fn fresh() -> Self {
        let (yard, site) = Yard::with_shop().await;
        Self { yard, site }
    }

    fn services(&self) -> &TestServices {
        &self.yard.bench.services
    }

    fn registry() -> Registry {
        Bench::registry()
    }

    fn steps() -> Vec<StepInfo> {
        DeleteSite::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.yard.delete(self.site, SHOP).await.unwrap()
    }

    async fn complete(&self) -> Vec<String> {
        let mut wrong = wrong(&self.yard, self.site, SiteStatus::Deleted, 404).await;
        wrong.extend(left(&self.yard));
        if told(&self.yard, self.site, "SITE_DELETED").await != 1 {
            wrong.push("its end is not told once".to_owned());
        }
        wrong
    }

    async fn empty(&self) -> Vec<String> {
        wrong(&self.yard, self.site, SiteStatus::Active, 200).await
    }
}

mod create_site {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Creating);
}

mod update_site {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Stopping);
}

mod delete_site {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Deleting);
}
