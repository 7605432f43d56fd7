//! Name servers that are silent, lie, or do not let go.

use super::world::{DOMAIN, World, fault};
use crate::dns;
use adapters::dns::{AuthoritativeDns, DnsUnavailable, Found, NameServer};
use adapters::node::simulated::Fault;
use chrono::TimeDelta;
use core_administration::servers;
use model::{
    hosting::dns::ZoneStatus,
    ids::ServerId,
    page::PageRequest,
    permission::{DnsRead, ServersManage},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// What anybody between could answer for the name servers: a serial, no such zone, or nothing at all.
#[derive(Default)]
struct Forged(Mutex<Option<Option<u32>>>);

#[async_trait::async_trait]
impl AuthoritativeDns for Forged {
    async fn serial(&self, _: &NameServer, _: &str) -> Result<Option<u32>, DnsUnavailable> {
        self.0.lock().unwrap().ok_or_else(|| DnsUnavailable("no answer".to_owned()))
    }

    async fn texts(&self, _: &NameServer, _: &str, _: &str) -> Result<Vec<String>, DnsUnavailable> {
        Err(DnsUnavailable("no answer".to_owned()))
    }

    async fn zone_keys(&self, _: &NameServer, _: &str) -> Result<Vec<Vec<u8>>, DnsUnavailable> {
        Err(DnsUnavailable("no answer".to_owned()))
    }

    async fn lookup(&self, _: &NameServer, _: &str, _: &str, _: &str) -> Result<Found, DnsUnavailable> {
        Err(DnsUnavailable("no answer".to_owned()))
    }
}

/// From now on name servers answer this, whatever they have.
fn forge(world: &mut World, answer: Option<Option<u32>>) {
    let forged = Arc::new(Forged(Mutex::new(answer)));
    world.bench.services.services = world.services().clone().with::<dyn AuthoritativeDns>(forged);
}

/// How many queries one server gets at a time, each of which takes a while.
struct Counted {
    inner: Arc<dyn AuthoritativeDns>,
    server: ServerId,
    /// Now, and at most so far.
    queries: Mutex<(usize, usize)>,
}

#[async_trait::async_trait]
impl AuthoritativeDns for Counted {
    async fn serial(&self, server: &NameServer, zone: &str) -> Result<Option<u32>, DnsUnavailable> {
        if server.id != self.server {
            return self.inner.serial(server, zone).await;
        }
        {
            let mut queries = self.queries.lock().unwrap();
            *queries = (queries.0 + 1, queries.1.max(queries.0 + 1));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answer = self.inner.serial(server, zone).await;
        self.queries.lock().unwrap().0 -= 1;
        answer
    }

    async fn texts(&self, server: &NameServer, zone: &str, name: &str) -> Result<Vec<String>, DnsUnavailable> {
        self.inner.texts(server, zone, name).await
    }

    async fn zone_keys(&self, server: &NameServer, zone: &str) -> Result<Vec<Vec<u8>>, DnsUnavailable> {
        self.inner.zone_keys(server, zone).await
    }

    async fn lookup(&self, server: &NameServer, zone: &str, name: &str, kind: &str) -> Result<Found, DnsUnavailable> {
        self.inner.lookup(server, zone, name, kind).await
    }
}

/// How often agents were asked to do this.
fn calls(world: &World, verb: &str) -> usize {
    world.bench.services.servers.heard().iter().filter(|call| call.verb == verb).count()
}

/// What stands about the servers of all zones, in the order of their names.
async fn errors(world: &World) -> Vec<Option<String>> {
    sqlx::query_scalar("select error from dns_zone_servers order by name").fetch_all(&mut world.bench.services.db.owner().await).await.unwrap()
}

#[tokio::test]
async fn a_silent_name_server_is_asked_for_a_few_zones_at_a_time_and_ever_more_seldom() {
    let mut world = World::new().await;
    world.bench.services.servers.set_down(world.servers[1], true);
    let inner = Arc::clone(world.services().part::<dyn AuthoritativeDns>());
    let counted = Arc::new(Counted { inner, server: world.servers[1], queries: Mutex::default() });
    world.bench.services.services = world.services().clone().with::<dyn AuthoritativeDns>(counted.clone());
    let mut domains = Vec::new();
    for name in [DOMAIN, "second.example", "third.example", "fourth.example", "fifth.example", "sixth.example"] {
        domains.push(world.proved(world.bench.tenant, name).await);
        world.create(domains[domains.len() - 1]).await.unwrap();
    }
    let mut owner = world.bench.services.db.owner().await;
    let rows: i64 = sqlx::query_scalar(
        "select count(*) from reconciliations r join dns_zone_servers h on h.id = r.key and h.server_id = r.server_id where r.name = 'dns_zone_server'",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(rows, 12, "before the first run each is counted against its server");
    for _ in 0..9 {
        world.after(TimeDelta::minutes(11)).await;
    }
    let most = counted.queries.lock().unwrap().1;
    assert!((1..=3).contains(&most), "{most} of 6 zones at a time");
    for domain in domains {
        let zone = world.zone(domain).await;
        assert!(zone.servers[0].is_in_sync(zone.serial) && !zone.servers[1].is_in_sync(zone.serial), "{zone:?}");
    }
    let pauses = "select extract(epoch from due_at - $1)::float8 from reconciliations where name = 'dns_zone_server' and failures > 0";
    let pauses: Vec<f64> = sqlx::query_scalar(pauses).bind(world.services().now()).fetch_all(&mut owner).await.unwrap();
    assert!(pauses.len() == 6 && pauses.iter().all(|pause| (500.0..700.0).contains(pause)), "{pauses:?}");
}

#[tokio::test]
async fn nobody_waits_for_the_agent_of_a_server_that_is_away() {
    let (mut world, domain) = World::with_zone().await;
    forge(&mut world, None);
    world.add_address(domain, "shop").await;
    world.run().await;
    assert_eq!(calls(&world, "ZoneApply"), 4, "its agent may be well while its answers get lost");
    world.add_address(domain, "other").await;
    world.after(TimeDelta::minutes(3)).await;
    assert_eq!(calls(&world, "ZoneApply"), 4, "nobody has heard of it for minutes");
    assert_eq!(errors(&world).await[0].as_deref(), Some("DNS is unavailable: no answer."));
}

#[tokio::test]
async fn an_agent_that_fails_while_its_server_is_silent_is_left_alone_for_minutes() {
    let (mut world, domain) = World::with_zone().await;
    forge(&mut world, None);
    for _ in 0..2 {
        world.bench.services.servers.fault_on("ZoneSerial", Fault::LoseBefore);
    }
    world.add_address(domain, "shop").await;
    world.run().await;
    let asked = calls(&world, "ZoneSerial");
    world.after(TimeDelta::seconds(30)).await;
    assert_eq!((calls(&world, "ZoneSerial"), calls(&world, "ZoneApply")), (asked, 2), "PowerDNS hangs: the next one would wait for as long");
    sqlx::query("update servers set last_seen_at = $1")
        .bind(world.services().now() + TimeDelta::minutes(6))
        .execute(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    world.after(TimeDelta::minutes(6)).await;
    assert_eq!(calls(&world, "ZoneApply"), 4, "then they are asked again");
}

#[tokio::test]
async fn what_a_server_said_long_ago_is_not_in_sync() {
    let (world, domain) = World::with_zone().await;
    sqlx::query("update dns_zone_servers set seen_at = now() - interval '16 minutes' where server_id = $1")
        .bind(world.servers[1])
        .execute(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    let zone = world.zone(domain).await;
    assert!(zone.servers[0].is_in_sync(zone.serial) && !zone.servers[1].is_in_sync(zone.serial), "{zone:?}");
    assert_eq!(zone.servers[1].error.as_deref(), Some("Not checked for more than 15 minutes."));
    let mut tx = world.services().db.platform::<DnsRead>(&world.bench.admin).await.unwrap();
    let row = dns::list(&mut tx, &PageRequest::default()).await.unwrap().rows.remove(0);
    assert_eq!((row.status, row.in_sync, row.servers), (ZoneStatus::Behind, 1, 2));
    let seen: Vec<_> = dns::list_name_servers(&mut tx).await.unwrap().servers.iter().map(|row| (row.in_sync, row.behind)).collect();
    assert_eq!(seen, [(1, 0), (0, 1)]);
    drop(tx);
    world.after(TimeDelta::minutes(2)).await;
    assert!(world.zone(domain).await.is_in_sync());
}

#[tokio::test]
async fn a_later_serial_is_taken_over_without_a_lock_that_whoever_has_the_zone_waits_for() {
    let (world, domain) = World::with_zone().await;
    let later = world.zone(domain).await.serial + 50;
    world.bench.services.servers.change_zone(world.servers[0], DOMAIN, |zone| Some(wire::zone::ZoneSpec { serial: later, ..zone }));
    // The reconciler of zones has the zone, and comes to what its servers have of it next.
    let mut other = world.bench.services.db.owner().await;
    sqlx::query("begin").execute(&mut other).await.unwrap();
    sqlx::query("select from dns_zones for no key update").execute(&mut other).await.unwrap();
    world.bench.services.clock.advance(TimeDelta::minutes(2));
    let mut watching = world.bench.services.db.owner().await;
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let others = async {
        // Both runs that come to the zone wait for it by then: that of the zone itself, and that of the server with the later serial.
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut watching).await.unwrap() < 2 {
            tokio::task::yield_now().await;
        }
        let what = sqlx::query("select from dns_zone_servers where server_id = $1 for update nowait").bind(world.servers[0]);
        let free = what.execute(&mut other).await;
        sqlx::query("rollback").execute(&mut other).await.unwrap();
        free.expect("nobody has locked what the server has of the zone");
    };
    let (seen, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(30), others), world.run());
    seen.expect("both wait");
    world.after(TimeDelta::minutes(2)).await;
    let zone = world.zone(domain).await;
    assert!(zone.is_in_sync() && zone.serial > later, "{zone:?}");
}

#[tokio::test]
async fn a_serial_that_only_an_answer_over_the_network_says_is_not_taken_over() {
    let (mut world, domain) = World::with_zone().await;
    let serial = world.zone(domain).await.serial;
    forge(&mut world, Some(Some(serial + 50)));
    world.after(TimeDelta::minutes(1)).await;
    world.after(TimeDelta::minutes(1)).await;
    let zone = world.zone(domain).await;
    assert!(zone.serial == serial && !zone.is_in_sync(), "{zone:?}");
    assert_eq!(errors(&world).await[0], Some(format!("Returned serial {}.", serial + 50)));
}

#[tokio::test]
async fn a_serial_of_a_day_that_is_far_off_is_not_taken_over() {
    let (world, domain) = World::with_zone().await;
    let serial = world.zone(domain).await.serial;
    world.bench.services.servers.change_zone(world.servers[0], DOMAIN, |zone| Some(wire::zone::ZoneSpec { serial: 4_000_000_000, ..zone }));
    world.after(TimeDelta::minutes(2)).await;
    assert_eq!(world.zone(domain).await.serial, serial);
    assert_eq!(errors(&world).await, [Some("Has a newer serial, 4000000000.".to_owned()), None]);
}

#[tokio::test]
async fn a_zone_that_is_removed_before_any_server_was_asked_is_taken_from_each() {
    let world = World::new().await;
    let domain = world.proved(world.bench.tenant, DOMAIN).await;
    world.create(domain).await.unwrap();
    assert_eq!(world.zone(domain).await.servers.len(), 2);
    world.remove(domain, DOMAIN).await.unwrap();
    world.run().await;
    assert_eq!((calls(&world, "ZoneApply"), calls(&world, "ZoneRemove")), (0, 2));
    assert!(errors(&world).await.is_empty());
}

#[tokio::test]
async fn a_server_that_has_a_later_zone_is_not_forgotten_when_the_zone_is_removed() {
    let (world, domain) = World::with_zone().await;
    let change = |serial| {
        world.bench.services.servers.change_zone(world.servers[0], DOMAIN, |zone| Some(wire::zone::ZoneSpec { serial, ..zone }));
    };
    let serial = world.zone(domain).await.serial;
    change(4_000_000_000);
    world.remove(domain, DOMAIN).await.unwrap();
    world.run().await;
    assert_eq!(errors(&world).await, [Some("Still serves serial 4000000000.".to_owned())]);
    // One that the panel can have forgotten, because its database was set back, is removed.
    change(serial + 50);
    world.after(TimeDelta::minutes(1)).await;
    assert_eq!((world.answers(0, DOMAIN), errors(&world).await.len()), (None, 0));
}

#[tokio::test]
async fn a_server_that_answers_still_is_not_forgotten_when_the_zone_is_removed() {
    let (mut world, domain) = World::with_zone().await;
    forge(&mut world, Some(Some(5)));
    world.remove(domain, DOMAIN).await.unwrap();
    world.run().await;
    assert_eq!(world.answers(0, DOMAIN), None, "the agent was asked");
    assert_eq!(errors(&world).await, [(); 2].map(|()| Some("Still serves serial 5.".to_owned())));
    forge(&mut world, Some(None));
    world.after(TimeDelta::minutes(1)).await;
    assert!(errors(&world).await.is_empty());
}

#[tokio::test]
async fn a_name_server_is_not_taken_out_of_service_for_good() {
    let world = World::new().await;
    let open = async || world.services().db.platform::<ServersManage>(&world.bench.admin).await.unwrap();
    servers::drain(world.services(), open().await, world.servers[1]).await.unwrap();
    let refused = servers::retire(world.services(), open().await, world.servers[1]).await;
    assert_eq!(fault(refused), "This server is a name server. Remove it from the name servers first.");
    world.remove_name_server(1).await.unwrap();
    servers::retire(world.services(), open().await, world.servers[1]).await.unwrap();
}

#[tokio::test]
async fn the_last_hundred_versions_of_a_zone_are_kept() {
    let (world, domain) = World::with_zone().await;
    for which in 0..101 {
        world.add_address(domain, &format!("host{which}")).await;
    }
    let kept: (i64, i32, i32) = sqlx::query_as("select count(*), min(version), max(version) from dns_zone_versions")
        .fetch_one(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!(kept, (100, 3, 102));
    assert_eq!(fault(dns::restore(world.services(), world.write().await, domain, 102, 2).await), "to: Version not found.");
}
