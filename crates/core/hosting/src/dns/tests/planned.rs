//! TTLs before and after a planned move, and addresses that go with what they lead to.

use super::{
    follow::{ADDRESSES, Scene},
    world::fault,
};
use crate::{cloudpods, testing::Bench};
use chrono::TimeDelta;
use core_administration::provisioning;
use engine::saga::{Outcome, contract::worker, run_job};
use model::{
    administration::provisioning::JobStatus,
    hosting::{cloudpods::PlannedMoveView, dns::DnsRecord},
    ids::{JobId, ServerId},
    permission::{ServersManage, ServersRead},
};
use tokio_util::sync::CancellationToken;

const MINUTES: TimeDelta = TimeDelta::minutes(3);

impl Scene {
    async fn plan(&self) -> engine::Result<()> {
        let services = self.world.services();
        let tx = services.db.platform::<ServersManage>(&self.world.bench.admin).await.unwrap();
        cloudpods::plan_migration(services, tx, self.pod, self.to).await
    }

    async fn cancel(&self) -> engine::Result<()> {
        let services = self.world.services();
        let tx = services.db.platform::<ServersManage>(&self.world.bench.admin).await.unwrap();
        cloudpods::cancel_planned_migration(services, tx, self.pod).await
    }

    async fn planned(&self) -> Option<PlannedMoveView> {
        let mut tx = self.world.services().db.platform::<ServersRead>(&self.world.bench.admin).await.unwrap();
        cloudpods::planned_migration(&mut tx, self.pod).await.unwrap()
    }

    /// Address and TTL of each address of a name.
    async fn of(&self, name: &str) -> Vec<(String, u32)> {
        let here = |record: &DnsRecord| record.name == name;
        self.addresses().await.into_iter().filter(here).map(|record| (record.value, record.ttl)).collect()
    }

    async fn wait(&self, time: TimeDelta) {
        self.world.after(time).await;
        self.world.after(MINUTES).await;
    }
}

fn pair(address: &str, ttl: u32) -> (String, u32) {
    (address.to_owned(), ttl)
}

#[tokio::test]
async fn ttls_are_lowered_and_waited_out_before_a_planned_move_and_restored_after_it() {
    let scene = Scene::new().await;
    let before = scene.world.zone(scene.domain).await.serial;
    scene.plan().await.unwrap();
    assert_eq!(scene.of("www").await, [pair(ADDRESSES[0], 60), pair("203.0.113.5", 60)], "a set has one TTL");
    assert_eq!(scene.of("other").await, [pair(ADDRESSES[0], 3600)], "no name of the CloudPod");
    assert_eq!(scene.planned().await.unwrap().due_at, None, "no name server has them yet");
    assert_eq!(fault(scene.plan().await), "A move of this CloudPod is planned already. Cancel it first.");
    scene.world.run().await;
    scene.wait(MINUTES).await;
    let due = scene.planned().await.unwrap().due_at.unwrap();
    let left = due - scene.world.services().now();
    assert!(left > TimeDelta::minutes(50) && left <= TimeDelta::minutes(60), "the old TTL is waited out from now on: {left}");
    scene.wait(TimeDelta::minutes(45)).await;
    assert_eq!(scene.planned().await.unwrap().job, None);
    scene.wait(TimeDelta::minutes(15)).await;
    let job = scene.planned().await.unwrap().job.expect("it has begun");
    assert_eq!(fault(scene.cancel().await), "The move has begun. Cancel its job instead.");
    assert_eq!(scene.world.bench.finish(job).await, JobStatus::Done);
    assert_eq!(scene.of("www").await, [pair(ADDRESSES[1], 60), pair("203.0.113.5", 60)]);
    scene.wait(MINUTES).await;
    assert_eq!(scene.of("www").await, [pair(ADDRESSES[1], 3600), pair("203.0.113.5", 3600)]);
    assert_eq!(scene.planned().await, None);
    let zone = scene.world.zone(scene.domain).await;
    assert!(zone.is_in_sync() && zone.serial > before, "{zone:?}");
    let serials: Vec<u32> = scene.history().await.iter().rev().map(|version| version.serial).collect();
    assert!(serials.is_sorted() && serials.windows(2).all(|pair| pair[0] < pair[1]), "serials never go back: {serials:?}");
    let summaries: Vec<String> = scene.history().await.into_iter().map(|version| version.summary).collect();
    assert!(
        summaries[0].starts_with("Restore TTL") && summaries[1].starts_with("Addresses of") && summaries[2].starts_with("Lower TTL"),
        "{summaries:?}"
    );
}

#[tokio::test]
async fn a_planned_move_that_is_cancelled_or_cannot_begin_leaves_the_ttls_as_they_were() {
    let scene = Scene::new().await;
    let before = scene.addresses().await;
    scene.plan().await.unwrap();
    scene.cancel().await.unwrap();
    assert_eq!(scene.addresses().await, before);
    assert_eq!(fault(scene.cancel().await), "No move of this CloudPod is planned.");
    scene.plan().await.unwrap();
    sqlx::query("update servers set status = 'DRAINING' where id = $1")
        .bind(scene.to)
        .execute(&mut scene.world.bench.services.db.owner().await)
        .await
        .unwrap();
    scene.world.run().await;
    scene.wait(MINUTES).await;
    scene.wait(TimeDelta::minutes(70)).await;
    let planned = scene.planned().await.unwrap();
    assert_eq!((planned.job, planned.failure.as_deref()), (None, Some("That server cannot take this CloudPod now. Choose another one.")));
    assert_eq!(scene.addresses().await, before);
}

#[tokio::test]
async fn a_name_server_that_is_down_is_waited_for_a_quarter_of_an_hour_and_what_a_customer_has_set_stays() {
    let scene = Scene::new().await;
    let down = scene.world.servers[0];
    scene.plan().await.unwrap();
    scene.world.bench.services.servers.set_down(down, true);
    scene.world.run().await;
    scene.wait(MINUTES).await;
    assert_eq!(scene.planned().await.unwrap().due_at, None);
    scene.wait(TimeDelta::minutes(15)).await;
    assert!(scene.planned().await.unwrap().due_at.is_some());
    scene.world.bench.services.servers.set_down(down, false);
    // Meanwhile its owner gives the name another TTL.
    let zone = scene.world.zone(scene.domain).await;
    let change = |op, ttl: u32, record: &DnsRecord| model::hosting::dns::RecordChange { op, record: DnsRecord { ttl, ..record.clone() } };
    let of_www: Vec<&DnsRecord> = zone.records.iter().filter(|record| record.name == "www").collect();
    let changes: Vec<_> = of_www
        .iter()
        .flat_map(|record| {
            use model::hosting::dns::ChangeOp::{Add, Remove};
            [change(Remove, record.ttl, record), change(Add, 900, record)]
        })
        .collect();
    scene.world.apply(scene.domain, zone.version, &changes).await.unwrap();
    scene.cancel().await.unwrap();
    assert_eq!(scene.of("www").await, [pair(ADDRESSES[0], 900), pair("203.0.113.5", 900)]);
}

/// The pod's name, and the server that it is on.
pub(super) async fn place(scene: &Scene) -> (String, ServerId) {
    sqlx::query_as("select name, server_id from cloud_pods where id = $1")
        .bind(scene.pod)
        .fetch_one(&mut scene.world.bench.services.db.owner().await)
        .await
        .unwrap()
}

/// How many names a pod still has.
async fn names(scene: &Scene) -> i64 {
    let sql = "select count(*) from site_domains d join websites w on w.id = d.website_id where w.cloud_pod_id = $1 and d.released_at is null";
    sqlx::query_scalar(sql).bind(scene.pod).fetch_one(&mut scene.world.bench.services.db.owner().await).await.unwrap()
}

#[tokio::test]
async fn addresses_of_a_deleted_pod_go_before_its_names_and_its_place_are_free() {
    let scene = Scene::new().await;
    let (name, home) = place(&scene).await;
    let bench = &scene.world.bench;
    let job: JobId = bench.delete(scene.pod, &name).await.unwrap();
    let runtime = worker(&bench.services, Bench::registry());
    let held = run_job(&runtime, job, &CancellationToken::new()).await.unwrap();
    assert!(matches!(held, Outcome::Deferred(_)), "{held:?}");
    assert_eq!(scene.of("www").await.len(), 2, "it can come back until its data is deleted");
    bench.services.clock.advance(bench.services.services.settings.grace + TimeDelta::minutes(1));
    bench.services.servers.set_down(home, true);
    // It is a name server too, and waited for as such first.
    assert_eq!(bench.finish(job).await, JobStatus::Stuck);
    assert_eq!(scene.of("www").await, [pair("203.0.113.5", 3600)], "what leads elsewhere stays");
    assert_eq!(scene.of("other").await.len(), 1, "no name of the CloudPod");
    assert!(names(&scene).await > 0, "nobody can have its names yet");
    bench.services.servers.set_down(home, false);
    let services = scene.world.services();
    provisioning::retry(services, services.db.platform(&bench.admin).await.unwrap(), job).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    assert_eq!(names(&scene).await, 0);
    let summary = scene.history().await[0].summary.clone();
    assert_eq!(summary, "Addresses of www.bakery.example after its deletion");
}
