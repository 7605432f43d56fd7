//! Name servers before a place on a server is given up: they answer nothing that leads there any more.

use super::{
    follow::{ADDRESSES, Scene},
    planned::place,
    world::{DOMAIN, World, add},
};
use crate::{
    cloudpods::websites::{self, NewSite},
    testing::Bench,
};
use adapters::{
    dns::{Dns, SimulatedDns},
    node::simulated::{Ended, RecordedCall},
};
use chrono::TimeDelta;
use engine::saga::{Outcome, contract::worker, run_job};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{PodStatus, Stack},
        dns::{ChangeOp, RecordChange, RecordType},
    },
    ids::{JobId, ServerId, WebsiteId},
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A second site of the CloudPod, which gets its address in the zone.
const SHOP: &str = "shop.bakery.example";
/// How long a deletion waits for a name server, and a while beyond it.
const NAME_SERVER_TIMEOUT: TimeDelta = TimeDelta::minutes(3);
const MOST: TimeDelta = TimeDelta::minutes(5);

/// What a name server answers for a name.
fn answered(world: &World, server: ServerId, name: &str) -> Vec<String> {
    let zone = world.bench.services.servers.zone(server, DOMAIN).unwrap();
    zone.records.iter().filter(|record| record.name.as_str() == name).map(|record| record.data.to_string()).collect()
}

/// Deletes the pod up to the end of its grace period. Both name servers answer its address until then.
async fn held(scene: &Scene) -> JobId {
    let bench = &scene.world.bench;
    scene.world.run().await;
    let job = bench.delete(scene.pod, &place(scene).await.0).await.unwrap();
    let outcome = run_job(&worker(&bench.services, Bench::registry()), job, &CancellationToken::new()).await.unwrap();
    assert!(matches!(outcome, Outcome::Deferred(_)), "{outcome:?}");
    for server in scene.world.servers {
        assert_eq!(answered(&scene.world, server, "www.bakery.example"), [ADDRESSES[0], "203.0.113.5"]);
    }
    bench.services.clock.advance(bench.services.services.settings.grace + TimeDelta::minutes(1));
    job
}

async fn create_shop(scene: &Scene) -> WebsiteId {
    let (world, services) = (&scene.world, scene.world.services());
    let tx = services.db.tenant(&world.owner, world.bench.tenant).await.unwrap();
    let new = NewSite { title: "Shop".to_owned(), stack: Stack::Static, runtime: None, domain: SHOP.to_owned() };
    let job = websites::create(services, tx, scene.pod, new).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    let mut owner = world.bench.services.db.owner().await;
    sqlx::query_scalar("select website_id from site_domains where domain = $1").bind(SHOP).fetch_one(&mut owner).await.unwrap()
}

/// Each name server got the zone of the calls after `since` before anything was purged in this step.
fn assert_told_first(scene: &Scene, since: usize, verb: &str, step: &str) {
    let heard = scene.world.bench.services.servers.heard();
    let is_purge = |call: &RecordedCall| call.verb == verb && call.key.contains(step);
    let purge = heard.iter().position(is_purge).expect("it is purged");
    for server in scene.world.servers {
        let is_zone = |call: &RecordedCall| call.verb == "ZoneApply" && call.server == server && call.ended == Ended::Answered;
        let told = heard.iter().rposition(is_zone).expect("it gets the zone");
        assert!(since <= told && told < purge, "told at {told}, purged at {purge}, begun at {since}");
    }
}

#[tokio::test]
async fn no_name_server_leads_to_a_pod_any_more_when_its_data_is_deleted() {
    let scene = Scene::new().await;
    let job = held(&scene).await;
    let since = scene.world.bench.services.servers.heard().len();
    // No reconciler runs: the job itself brings the zone to the name servers.
    assert_eq!(scene.world.bench.finish(job).await, JobStatus::Done);
    assert_told_first(&scene, since, "PodRemove", "purge_server");
    for server in scene.world.servers {
        assert_eq!(answered(&scene.world, server, "www.bakery.example"), ["203.0.113.5"], "what leads elsewhere stays");
    }
}

#[tokio::test]
async fn no_name_server_leads_to_a_site_any_more_when_its_files_are_deleted() {
    let scene = Scene::new().await;
    let shop = create_shop(&scene).await;
    scene.world.run().await;
    for server in scene.world.servers {
        assert_eq!(answered(&scene.world, server, SHOP), [ADDRESSES[0]]);
    }
    let (world, services) = (&scene.world, scene.world.services());
    let since = world.bench.services.servers.heard().len();
    let tx = services.db.tenant(&world.owner, world.bench.tenant).await.unwrap();
    let job = websites::delete(services, tx, shop, SHOP).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    assert_told_first(&scene, since, "SiteRemove", "purge_site");
    for server in world.servers {
        assert!(answered(world, server, SHOP).is_empty());
        assert!(!answered(world, server, "www.bakery.example").is_empty(), "its neighbour stays");
    }
}

#[tokio::test]
async fn an_alias_by_which_a_deleted_site_was_found_leaves_the_name_servers_too() {
    let mut scene = Scene::new().await;
    let dns = SimulatedDns::default();
    dns.set_addresses("shops.other.example", &[ADDRESSES[0].parse().unwrap()]);
    scene.world.bench.services.services = scene.world.services().clone().with::<dyn Dns>(Arc::new(dns));
    let shop = create_shop(&scene).await;
    let (world, services) = (&scene.world, scene.world.services());
    world.run().await;
    // In the place of its address.
    let zone = world.zone(scene.domain).await;
    let own = zone.records.iter().filter(|record| record.name == "shop").cloned();
    let mut changes: Vec<RecordChange> = own.map(|record| RecordChange { op: ChangeOp::Remove, record }).collect();
    changes.push(add("shop", RecordType::Alias, "shops.other.example"));
    world.apply(scene.domain, zone.version, &changes).await.unwrap();
    world.run().await;
    for server in world.servers {
        assert_eq!(answered(world, server, SHOP), [ADDRESSES[0]]);
    }
    let tx = services.db.tenant(&world.owner, world.bench.tenant).await.unwrap();
    let job = websites::delete(services, tx, shop, SHOP).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    for server in world.servers {
        assert!(answered(world, server, SHOP).is_empty());
    }
}

#[tokio::test]
async fn a_silent_name_server_is_waited_for_and_named_and_does_not_stop_a_deletion() {
    let scene = Scene::new().await;
    let job = held(&scene).await;
    let (world, bench) = (&scene.world, &scene.world.bench);
    let (name, home) = place(&scene).await;
    let silent = if world.servers[0] == scene.to { "ns1.panel.example" } else { "ns2.panel.example" };
    bench.services.servers.set_down(scene.to, true);
    let begun = bench.services.services.now();
    let outcome = run_job(&worker(&bench.services, Bench::registry()), job, &CancellationToken::new()).await.unwrap();
    let Outcome::Deferred(next) = outcome else { panic!("{outcome:?}") };
    assert!(next < begun + NAME_SERVER_TIMEOUT, "{next}");
    assert_eq!(bench.services.servers.pods(home), [name], "its data is there as long as somebody may be led there");
    assert_eq!(answered(world, home, "www.bakery.example"), ["203.0.113.5"], "the other one is not kept waiting");

    bench.services.clock.advance(next - begun);
    assert_eq!((bench.finish(job).await, bench.status(scene.pod).await), (JobStatus::Done, PodStatus::Deleted));
    let took = bench.services.services.now() - begun;
    assert!(NAME_SERVER_TIMEOUT <= took && took < MOST, "{took}");
    let said = "select message from job_events where job_id = $1 and message like '%Continuing without it.'";
    let said: Vec<String> = sqlx::query_scalar(said).bind(job).fetch_all(&mut bench.services.db.owner().await).await.unwrap();
    assert_eq!(said, [format!("Name server {silent} still does not serve the current zone after 3 minutes. Continuing without it.")]);

    bench.services.servers.set_down(scene.to, false);
    world.after(TimeDelta::minutes(11)).await;
    assert_eq!(answered(world, scene.to, "www.bakery.example"), ["203.0.113.5"], "caught up by its reconciler");
    assert!(world.zone(scene.domain).await.is_in_sync());
}

#[tokio::test]
async fn a_name_server_that_is_back_in_time_lets_the_deletion_go_on() {
    let scene = Scene::new().await;
    let job = held(&scene).await;
    let (world, bench) = (&scene.world, &scene.world.bench);
    let since = bench.services.servers.heard().len();
    bench.services.servers.set_down(scene.to, true);
    let outcome = run_job(&worker(&bench.services, Bench::registry()), job, &CancellationToken::new()).await.unwrap();
    let Outcome::Deferred(next) = outcome else { panic!("{outcome:?}") };
    bench.services.clock.advance(next - bench.services.services.now());
    bench.services.servers.set_down(scene.to, false);
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    assert_told_first(&scene, since, "PodRemove", "purge_server");
    assert_eq!(answered(world, scene.to, "www.bakery.example"), ["203.0.113.5"]);
    let said = "select count(*) from job_events where job_id = $1 and message like '%Continuing without it.'";
    assert_eq!(bench.count(said, job.0).await, 0, "nobody was left out");
}
