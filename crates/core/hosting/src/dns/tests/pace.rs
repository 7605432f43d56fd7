//! How long changes, imports and checks of many zones take. `bench/dns/run.sh` runs these and prints the figures.

use super::world::{DOMAIN, World, add};
use crate::{dns, testing::Yard};
use adapters::dns::{AuthoritativeDns, NameServer};
use chrono::TimeDelta;
use core_administration::servers;
use engine::reconcile::run_due;
use model::{
    administration::servers::Capability,
    hosting::dns::RecordType,
    ids::{DomainId, ServerId},
    permission::ServersManage,
};
use std::time::{Duration, Instant};

/// Zones that are checked.
const ZONES: i32 = 10_000;
/// Records of the zone that is imported.
const RECORDS: usize = 4999;
/// Changes that are measured.
const ROUNDS: usize = 20;

/// Zones of verified domains with two records each, which no server has yet.
async fn insert_zones(world: &World) {
    let sql = "with made as (
                 insert into domains (id, tenant_id, name, token, status, created_at, verified_at)
                 select gen_random_uuid(), $1, 'zone' || n || '.example', repeat('0', 32), 'VERIFIED', $2, $2 from generate_series(1, $3) n
                 returning id, tenant_id, name),
               zones as (
                 insert into dns_zones (id, tenant_id, domain_id, name, serial, version, name_servers, created_at)
                 select gen_random_uuid(), tenant_id, id, name, 2026010101, 1, '{ns1.panel.example,ns2.panel.example}', $2 from made
                 returning id, tenant_id)
               insert into dns_records (id, tenant_id, zone_id, name, type, ttl, value)
               select gen_random_uuid(), z.tenant_id, z.id, r.name, 'A', 3600, '192.0.2.80' from zones z cross join (values ('@'), ('www')) r (name)";
    let inserted = sqlx::query(sql)
        .bind(world.bench.tenant)
        .bind(world.services().now())
        .bind(ZONES)
        .execute(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!(inserted.rows_affected(), 2 * u64::from(ZONES.unsigned_abs()));
}

/// Lets the reconcilers run until nothing is due. How long that took.
async fn settle(world: &World) -> Duration {
    let begun = Instant::now();
    while run_due(world.services()).await.unwrap() > 0 {}
    begun.elapsed()
}

async fn in_sync(world: &World) -> i64 {
    let sql =
        "select count(*) from dns_zone_servers h join dns_zones z on z.id = h.zone_id where h.seen_serial = z.serial and h.behind_since is null";
    sqlx::query_scalar(sql).fetch_one(&mut world.bench.services.db.owner().await).await.unwrap()
}

#[tokio::test]
#[ignore = "a measurement: bench/dns/run.sh runs it"]
async fn ten_thousand_zones_are_checked() {
    let world = World::new().await;
    insert_zones(&world).await;
    let first = settle(&world).await;
    world.bench.services.clock.advance(TimeDelta::minutes(1));
    let rest = settle(&world).await;
    assert_eq!(in_sync(&world).await, 2 * i64::from(ZONES));
    println!("dns: {ZONES} zones brought to two name servers in {:.1} s", (first + rest).as_secs_f64());
    world.bench.services.clock.advance(TimeDelta::minutes(2));
    let again = settle(&world).await;
    assert_eq!(in_sync(&world).await, 2 * i64::from(ZONES));
    println!("dns: {ZONES} zones reconciled in {:.1} s (goal: 60 s)", again.as_secs_f64());
}

/// Two real hosts that answer for the zone of [`DOMAIN`].
struct Hosts {
    world: World,
    domain: DomainId,
    servers: [NameServer; 2],
}

impl Hosts {
    /// Waits until every name server itself answers with the present serial, as the panel's workers would. How long that took from `begun` on.
    async fn answered(&self, begun: Instant) -> Duration {
        let serial = self.world.zone(self.domain).await.serial;
        loop {
            run_due(self.world.services()).await.unwrap();
            let asked = self.servers.iter().map(|server| self.world.services().part::<dyn AuthoritativeDns>().serial(server, DOMAIN));
            let answers = futures::future::join_all(asked).await;
            if answers.iter().all(|answer| matches!(answer, Ok(Some(found)) if *found == serial)) {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{answers:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement on two real hosts: bench/dns/run.sh runs it"]
async fn a_change_and_an_import_on_two_name_servers() {
    let Some(yard) = Yard::fresh().await else { return };
    let (second, second_id) = yard.another("dns2").await;
    let Yard { host: first, bench, keys } = yard;
    let ids: [ServerId; 2] = [bench.server, second_id];
    let world = World::around(bench, ids).await;
    for server in ids {
        let tx = world.services().db.platform::<ServersManage>(&world.bench.admin).await.unwrap();
        servers::install(world.services(), tx, server, Capability::Dns).await.unwrap();
    }
    world.add_name_server(0, "ns1.panel.example").await.unwrap();
    world.add_name_server(1, "ns2.panel.example").await.unwrap();
    let domain = world.proved(world.bench.tenant, DOMAIN).await;
    world.create(domain).await.unwrap();
    let server = |id, host: &testkit::bed::Host| NameServer { id, address: host.address.to_string(), simulated: false };
    let hosts = Hosts { servers: [server(ids[0], &first), server(ids[1], &second)], world, domain };
    hosts.answered(Instant::now()).await;

    let mut took = Vec::new();
    for round in 0..ROUNDS {
        let version = hosts.world.zone(domain).await.version;
        let begun = Instant::now();
        hosts.world.apply(domain, version, &[add(&format!("host{round}"), RecordType::A, "192.0.2.80")]).await.unwrap();
        took.push(hosts.answered(begun).await.as_secs_f64());
    }
    took.sort_by(f64::total_cmp);
    println!("dns: one record answered by both name servers after {:.2} s, at worst {:.2} s (goal: 2 s)", took[ROUNDS / 2], took[ROUNDS - 1]);

    let text: String = (0..RECORDS).map(|which| format!("n{which} 3600 IN A 192.0.2.{}\n", which % 250)).collect();
    let version = hosts.world.zone(domain).await.version;
    let begun = Instant::now();
    dns::apply_file(hosts.world.services(), hosts.world.write().await, domain, version, &text).await.unwrap();
    let stored = begun.elapsed().as_secs_f64();
    let all = hosts.answered(begun).await.as_secs_f64();
    println!("dns: {RECORDS} records imported in {stored:.2} s (goal: 5 s), answered by both name servers after {all:.2} s");
    std::fs::remove_dir_all(&keys).unwrap();
    first.down().await.unwrap();
    second.down().await.unwrap();
}
