//! A host with ten pods loses its power: the panel knows.

use super::view;
use core_administration::servers;
use core_hosting::testing::{Bench, Yard};
use engine::{
    Modules, Services,
    cached::Cached,
    clock::{Clock, ManualClock, SystemClock},
    reconcile,
    saga::contract::{finish, worker},
};
use model::{
    Time,
    administration::provisioning::JobStatus,
    hosting::cloudpods::Stack,
    overview::dashboard::{Attention, DashboardView, Urgency},
    page::PageRequest,
    permission::{DashboardRead, ServersRead},
};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// What the dashboard says about the server at this time.
async fn warned(yard: &Yard, at: Time) -> Option<Attention> {
    let parts =
        Services { clock: Arc::new(ManualClock::at(at)), ..yard.bench.services.services.clone() }.with::<Cached<DashboardView>>(Arc::default());
    let mut tx = parts.db.platform::<DashboardRead>(&yard.bench.admin).await.unwrap();
    view(&parts, &mut tx).await.unwrap().attention.into_iter().find(|line| line.subject == "web1")
}

/// When the server was seen last, by the list of servers.
async fn seen(yard: &Yard) -> Time {
    let mut tx = yard.bench.services.services.db.platform::<ServersRead>(&yard.bench.admin).await.unwrap();
    let list = servers::list(&mut tx, &PageRequest::default()).await.unwrap();
    list.rows[0].last_seen_at.expect("it was seen")
}

/// Waits until it is so, and says when it was.
async fn until(mut right: impl AsyncFnMut() -> bool) -> Time {
    let wait = async {
        while !right().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), wait).await.expect("it comes to that");
    SystemClock.now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn within_a_minute_the_panel_knows_that_a_host_with_ten_pods_has_lost_its_power_and_then_that_it_is_back() {
    let Some(mut yard) = Yard::fresh().await else { return };
    yard.bench.services.services.clock = Arc::new(SystemClock);
    let bench = &yard.bench;
    let mut pods = Vec::new();
    for n in 0..10 {
        pods.push(bench.order(Stack::Static, &format!("dark{n}.example.test")).await.unwrap());
    }
    let runtime = worker(&bench.services, Bench::registry());
    let ends = futures::future::join_all(pods.iter().map(|pod| finish(&bench.services, &runtime, pod.job))).await;
    assert_eq!(ends, [JobStatus::Done; 10]);
    let enrolled = seen(&yard).await;
    let watched = bench.services.services.clone().with(Arc::new(Modules::default().with(core_administration::register)));
    let watching = tokio::spawn(reconcile::run(watched, CancellationToken::new()));
    until(async || seen(&yard).await > enrolled).await;

    yard.host.kill().await.unwrap();
    let loss = SystemClock.now();
    let minute = loss + chrono::Duration::seconds(60);
    let knew = until(async || warned(&yard, SystemClock.now()).await.is_some()).await;
    println!("power lost: the panel knew after {:.1?}", (knew - loss).to_std().unwrap());
    // However late this test has looked, these are the product's own words about the end of that minute.
    let line = warned(&yard, minute).await.expect("within a minute");
    assert_eq!((line.urgency, line.since), (Urgency::Unknown, Some(seen(&yard).await)));
    assert!(line.since.is_some_and(|since| since <= loss) && line.message.ends_with("The status of its 10 CloudPods is unknown."), "{line:?}");

    yard.host.again().await.unwrap();
    let back = SystemClock.now();
    let knew = until(async || warned(&yard, SystemClock.now()).await.is_none()).await;
    println!("power back: the panel knew after {:.1?}", (knew - back).to_std().unwrap());
    watching.abort();
    for pod in &pods {
        assert_eq!(yard.page(&pod.domain).await.0, 200, "{}", pod.name);
    }
    yard.down().await;
}
