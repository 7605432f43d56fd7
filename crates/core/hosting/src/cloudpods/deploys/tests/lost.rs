//! The repository's host is lost at each step of a deploy.

use super::world::Shop;
use crate::cloudpods::jobs::DeploySite;
use adapters::node::simulated::{Fault as NodeFault, Repository};
use engine::saga::{Saga, contract::When};
use model::{administration::provisioning::JobStatus, hosting::deploys::DeployStatus, ids::JobId};
use wire::message::{Failure, FailureKind};

impl Shop {
    /// The host of the repository does not answer from now on, or does again.
    fn lose_repository(&self, is_lost: bool) {
        self.bench.services.servers.set_repository(Repository { is_lost, ..Repository::default() });
    }

    /// Why a job has ended as it did.
    async fn why(&self, job: JobId) -> String {
        let why = "select coalesce(error, '') from jobs where id = $1";
        sqlx::query_scalar(why).bind(job).fetch_one(&mut self.bench.services.db.owner().await).await.unwrap()
    }

    /// Works on a job up to a step, loses the repository before or after it, and goes on.
    async fn finish_losing(&self, job: JobId, step: usize, when: When) -> JobStatus {
        self.bench.lose_worker(job, (step, false), when).await;
        self.lose_repository(true);
        self.bench.finish(job).await
    }
}

#[tokio::test]
async fn a_repository_that_is_lost_at_any_step_of_a_deploy_ends_it_with_the_reason_or_is_not_needed_any_more() {
    let steps: Vec<&str> = DeploySite::steps().into_list().iter().map(|step| step.info().name).collect();
    let fetching = steps.iter().position(|name| *name == "build_release").unwrap();
    for step in 0..steps.len() {
        for when in [When::Before, When::After] {
            let shop = Shop::open().await;
            shop.deploy().await;
            let job = shop.start().await.unwrap();
            let status = shop.finish_losing(job, step, when).await;
            let row = shop.view().await.deploys.remove(0);
            let at = format!("{} {when:?}", steps[step]);
            // A worker that is lost after the fetch and before that is noted fetches again.
            if step <= fetching {
                assert_eq!((status, row.status), (JobStatus::Undone, DeployStatus::Failed), "{at}");
                let why = shop.why(job).await;
                assert!(why.contains("git did not reach the repository"), "{at}: {why}");
                assert_eq!((shop.live().as_deref(), shop.on_server()), (Some("r1"), vec!["r1".to_owned()]), "{at}");
            } else {
                assert_eq!((status, row.status, shop.live().as_deref()), (JobStatus::Done, DeployStatus::Succeeded, Some("r2")), "{at}");
            }
            assert_eq!(shop.bench.visit(super::world::DOMAIN).await.0, 200, "{at}");
            shop.lose_repository(false);
            assert_eq!((shop.deploy().await.release, shop.live().as_deref()), (Some(3), Some("r3")), "{at}");
        }
    }
}

#[tokio::test]
async fn a_repository_that_falls_silent_during_the_fetch_leaves_the_live_release() {
    let shop = Shop::open().await;
    shop.deploy().await;
    let silent = Failure::new(FailureKind::Refused, "Fetching the repository took longer than 900 s and was stopped");
    shop.bench.services.servers.fault_on("SiteBuild", NodeFault::Fail(silent));
    let job = shop.start().await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    let why = shop.why(job).await;
    assert!(why.contains("took longer than 900 s"), "{why}");
    assert_eq!((shop.live().as_deref(), shop.on_server()), (Some("r1"), vec!["r1".to_owned()]));
    assert_eq!(shop.deploy().await.release, Some(3));
}

#[tokio::test]
async fn a_rollback_and_the_way_back_of_a_deploy_need_no_repository() {
    let shop = Shop::open().await;
    let first = shop.deploy().await.id;
    shop.deploy().await;
    // The release does not work, and its repository is lost meanwhile.
    shop.bench.services.servers.break_release("r3");
    let job = shop.start().await.unwrap();
    assert_eq!(shop.finish_losing(job, 2, When::Before).await, JobStatus::Undone);
    assert_eq!((shop.live().as_deref(), shop.on_server()), (Some("r2"), vec!["r1".to_owned(), "r2".to_owned()]));
    let job = shop.roll_back(first).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert_eq!(shop.live().as_deref(), Some("r1"));
}
