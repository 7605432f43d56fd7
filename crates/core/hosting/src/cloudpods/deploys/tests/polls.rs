//! Looks for new commits.

use super::world::{REMOTE, Shop, fault, source};
use crate::cloudpods::{
    deploys::{self, source::poll::ASKING},
    migrate,
};
use adapters::node::simulated::{Fault, Repository};
use chrono::TimeDelta;
use engine::reconcile::run_due;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        deploy_sources::PollView,
        deploys::{DeployTrigger, SourceInput},
    },
    permission::WebsitesWrite,
};
use wire::message::{Failure, FailureKind};

impl Shop {
    async fn set_poll(&self, minutes: impl Into<Option<i32>>) -> engine::Result<()> {
        deploys::set_poll(&self.bench.services.services, self.write().await, self.site, minutes.into()).await
    }

    /// Another commit in every repository.
    fn commit(&self, digit: char) -> String {
        let head = digit.to_string().repeat(40);
        self.bench.services.servers.set_repository(Repository { head: Some(head.clone()), ..Repository::default() });
        head
    }

    async fn poll(&self) -> PollView {
        self.view().await.poll.unwrap()
    }

    /// Lets time go on, and does what is due.
    async fn after(&self, minutes: i64) {
        self.bench.services.clock.advance(TimeDelta::minutes(minutes) + TimeDelta::seconds(1));
        self.finish_jobs().await;
    }

    fn asked(&self) -> usize {
        self.bench.services.servers.heard().into_iter().filter(|call| call.verb == "SiteHead").count()
    }
}

#[tokio::test]
async fn a_new_commit_is_found_and_deployed_once_and_the_same_one_is_left_alone() {
    let shop = Shop::open().await;
    let first = shop.commit('a');
    shop.set_poll(5).await.unwrap();
    shop.finish_jobs().await;
    let view = shop.view().await;
    assert_eq!((view.deploys.len(), view.deploys[0].trigger, view.deploys[0].started_by.as_str()), (1, DeployTrigger::Poll, "New commit"));
    assert_eq!((view.deploys[0].commit.as_ref(), view.deploys[0].is_live), (Some(&first), true));
    let poll = view.poll.unwrap();
    assert_eq!((poll.minutes, poll.result.as_deref(), poll.is_failed), (5, Some("New commit aaaaaaa: deploy #1 started."), false));
    assert!(poll.looked_at.is_some() && view.source.unwrap().host_keys.len() == 1);

    shop.after(5).await;
    assert_eq!((shop.view().await.deploys.len(), shop.poll().await.result.as_deref()), (1, Some("No new commit: the branch is at aaaaaaa.")));
    shop.commit('b');
    shop.finish_jobs().await;
    assert_eq!(shop.view().await.deploys.len(), 1, "it is not time yet");
    shop.after(5).await;
    assert_eq!((shop.view().await.deploys.len(), shop.live().as_deref()), (2, Some("r2")));
    shop.set_poll(None::<i32>).await.unwrap();
    let asked = shop.asked();
    shop.commit('c');
    shop.after(120).await;
    assert_eq!((shop.view().await.poll, shop.view().await.deploys.len(), shop.asked()), (None, 2, asked));
    assert_eq!(shop.told().await.iter().filter(|word| *word == "SITE_POLL_CHANGED").count(), 2);
}

#[tokio::test]
async fn a_commit_that_was_tried_and_failed_or_rolled_back_from_is_not_deployed_again() {
    let shop = Shop::open().await;
    shop.commit('a');
    let first = shop.deploy().await;
    shop.commit('b');
    shop.deploy().await;
    let job = shop.roll_back(first.id).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    shop.set_poll(15).await.unwrap();
    shop.after(1).await;
    assert_eq!((shop.view().await.deploys.len(), shop.live().as_deref()), (3, Some("r1")));

    shop.commit('c');
    shop.bench.services.servers.fault_on("SiteBuild", Fault::Fail(Failure::new(FailureKind::Refused, "The build failed: 2")));
    shop.bench.services.clock.advance(TimeDelta::minutes(16));
    run_due(&shop.bench.services.services).await.unwrap();
    let job = shop.view().await.deploys[0].job;
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    shop.after(16).await;
    let view = shop.view().await;
    assert_eq!((view.deploys.len(), view.poll.unwrap().result.as_deref()), (4, Some("No new commit: the branch is at ccccccc.")));
}

#[tokio::test]
async fn a_repository_that_does_not_answer_is_asked_less_and_less_often_and_its_owner_reads_why() {
    let shop = Shop::open().await;
    shop.commit('a');
    shop.deploy().await;
    let gone = || Fault::Fail(Failure::new(FailureKind::Refused, "Couldn't fetch the repository: it is gone"));
    shop.bench.services.servers.fault_on("SiteHead", gone());
    shop.set_poll(5).await.unwrap();
    shop.after(0).await;
    let poll = shop.poll().await;
    assert_eq!((poll.is_failed, poll.result.as_deref()), (true, Some("Couldn't fetch the repository: it is gone.")));
    assert_eq!(poll.next_at - poll.looked_at.unwrap(), TimeDelta::minutes(10));
    shop.after(6).await;
    assert_eq!(shop.asked(), 1);
    shop.bench.services.servers.fault_on("SiteHead", gone());
    shop.after(5).await;
    let poll = shop.poll().await;
    assert_eq!((shop.asked(), poll.next_at - poll.looked_at.unwrap()), (2, TimeDelta::minutes(20)));
    shop.after(21).await;
    let poll = shop.poll().await;
    assert_eq!((shop.asked(), poll.is_failed, poll.next_at - poll.looked_at.unwrap()), (3, false, TimeDelta::minutes(5)));
}

#[tokio::test]
async fn a_commit_that_is_found_while_the_cloudpod_is_busy_is_deployed_afterwards() {
    let shop = Shop::open().await;
    shop.commit('a');
    let job = shop.start().await.unwrap();
    shop.commit('b');
    shop.set_poll(5).await.unwrap();
    run_due(&shop.bench.services.services).await.unwrap();
    assert_eq!((shop.asked(), shop.view().await.deploys.len()), (0, 1), "nobody asks for what cannot be deployed");
    shop.commit('a');
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    shop.commit('b');
    shop.after(1).await;
    assert_eq!((shop.view().await.deploys.len(), shop.live().as_deref()), (2, Some("r2")));
}

#[tokio::test]
async fn only_an_account_sets_how_often_its_own_repository_is_looked_at_and_it_goes_with_the_repository() {
    let shop = Shop::of(Stack::Php).await;
    assert_eq!(fault(shop.set_poll(5).await), "Set the repository of this site first.");
    shop.set_source(source(REMOTE)).await.unwrap();
    for wrong in [-5, 0, 1, 7, 10_000] {
        assert!(fault(shop.set_poll(wrong).await).starts_with("minutes: "), "{wrong}");
    }
    shop.set_poll(60).await.unwrap();
    let services = &shop.bench.services.services;
    let rival = shop.bench.services.db.user("eve@example.test", None).await;
    let other = shop.bench.services.db.tenant("globex").await;
    shop.bench.services.db.member(other, &rival, "TENANT_OWNER").await;
    let tx = services.db.tenant::<WebsitesWrite>(&rival, other).await.unwrap();
    assert_eq!(fault(deploys::set_poll(services, tx, shop.site, None).await), "Site not found.");
    // Another source keeps it.
    shop.set_source(SourceInput { branch: "next".to_owned(), ..source(REMOTE) }).await.unwrap();
    assert_eq!(shop.poll().await.minutes, 60);
    deploys::disconnect(services, shop.write().await, shop.site).await.unwrap();
    assert_eq!(shop.view().await.poll, None);
}

#[tokio::test]
async fn the_repositories_of_a_cloudpod_are_asked_one_after_the_other_and_a_slow_one_has_not_answered() {
    let shop = Shop::open().await;
    shop.commit('a');
    shop.deploy().await;
    let other = ASKING.take(shop.pod.id, 1).unwrap();
    shop.set_poll(5).await.unwrap();
    shop.after(0).await;
    assert_eq!(shop.asked(), 0, "another one is asked");
    drop(other);
    shop.bench.services.servers.fault_on("SiteHead", Fault::Fail(Failure::new(FailureKind::Deadline, "timed out")));
    shop.after(1).await;
    let poll = shop.poll().await;
    assert_eq!((shop.asked(), poll.is_failed, poll.result.as_deref()), (1, true, Some("The repository did not answer in time.")));
    assert_eq!(poll.next_at - poll.looked_at.unwrap(), TimeDelta::minutes(10));
}

#[tokio::test]
async fn a_repository_is_asked_at_once_after_its_key_was_replaced() {
    let shop = Shop::open().await;
    shop.commit('a');
    shop.set_poll(60).await.unwrap();
    for _ in 0..3 {
        shop.bench.services.servers.fault_on("SiteHead", Fault::Fail(Failure::new(FailureKind::Refused, "Permission denied (publickey)")));
        shop.after(60 * 24).await;
    }
    assert!(shop.poll().await.is_failed && shop.view().await.deploys.is_empty());
    deploys::rotate_key(&shop.bench.services.services, shop.write().await, shop.site).await.unwrap();
    shop.after(0).await;
    assert_eq!((shop.poll().await.is_failed, shop.live().as_deref()), (false, Some("r1")));
}

#[tokio::test]
async fn a_new_commit_waits_while_there_were_too_many_deploys_and_its_repository_is_asked_no_more_often() {
    let shop = Shop::open().await;
    shop.commit('a');
    shop.deploy().await;
    sqlx::query(
        "insert into deploys (id, tenant_id, website_id, number, release, trigger, status, config, started_by, job_id, created_at, finished_at)
         select gen_random_uuid(), tenant_id, website_id, number + n, number + n, 'MANUAL', 'FAILED', '{}', 'Ana', job_id, created_at, created_at
           from deploys, generate_series(1, 29) n",
    )
    .execute(&mut shop.bench.services.db.owner().await)
    .await
    .unwrap();
    shop.commit('b');
    shop.set_poll(15).await.unwrap();
    shop.after(0).await;
    let poll = shop.poll().await;
    assert!(poll.result.unwrap().starts_with("New commit bbbbbbb: it is deployed once"));
    assert_eq!(poll.next_at - poll.looked_at.unwrap(), TimeDelta::minutes(15));
    shop.after(2).await;
    assert_eq!((shop.asked(), shop.live().as_deref()), (1, Some("r1")));
    shop.after(61).await;
    assert_eq!(shop.live().as_deref(), Some("r31"));
}

#[tokio::test]
async fn a_new_commit_whose_deploy_has_given_way_is_deployed_afterwards() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let to = shop.bench.another_server("web2").await;
    shop.commit('a');
    shop.set_poll(60).await.unwrap();
    run_due(services).await.unwrap();
    let job = shop.view().await.deploys[0].job;
    let tx = services.db.platform(&shop.bench.admin).await.unwrap();
    assert!(fault(migrate(services, tx, shop.pod.id, to).await).contains("It is being cancelled"));
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    shop.finish_jobs().await;
    assert_eq!(shop.view().await.deploys.len(), 1, "whoever it gave way to goes first");
    shop.after(2).await;
    assert_eq!((shop.view().await.deploys.len(), shop.live().as_deref()), (2, Some("r2")));
}
