//! Queries of name servers.

use super::world::World;
use crate::dns;
use chrono::TimeDelta;
use model::{hosting::dns::NameServerLoad, permission::DnsRead};
use wire::zone::QueryCounts;

async fn seen(world: &World) -> Vec<Option<NameServerLoad>> {
    let mut tx = world.services().db.platform::<DnsRead>(&world.bench.admin).await.unwrap();
    dns::list_name_servers(&mut tx).await.unwrap().servers.into_iter().map(|row| row.load).collect()
}

#[tokio::test]
async fn staff_see_how_many_queries_each_name_server_answers() {
    let world = World::new().await;
    let count = |queries, failures, uptime_s| {
        let counts = QueryCounts { queries, failures, uptime_s, latency_us: 150 };
        world.bench.services.servers.set_counts(world.servers[0], counts);
    };
    count(1000, 1, 500);
    world.run().await;
    assert!(seen(&world).await[0].is_none(), "one count says nothing of a time");
    count(1000 + 6000, 1 + 20, 620);
    world.after(TimeDelta::minutes(2)).await;
    let load = seen(&world).await[0].clone().unwrap();
    assert_eq!((load.queries_per_minute, load.failures_per_minute, load.latency_us), (3000, 10, 150));
    // It was started anew: what it has counted is less than before.
    count(10, 0, 5);
    world.after(TimeDelta::minutes(2)).await;
    assert!(seen(&world).await[0].is_none());
    count(70, 0, 125);
    world.after(TimeDelta::minutes(2)).await;
    assert_eq!(seen(&world).await[0].as_ref().map(|load| load.queries_per_minute), Some(30));
}
