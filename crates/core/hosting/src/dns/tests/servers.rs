//! Name servers that are down, refuse, come and go.

use super::world::{DOMAIN, World, fault};
use crate::dns;
use adapters::node::simulated::Fault;
use chrono::TimeDelta;
use model::{
    hosting::dns::{ZoneContent, ZoneStatus},
    ids::ServerId,
    page::PageRequest,
    permission::DnsRead,
};
use wire::message::{Failure, FailureKind};

const SOON: TimeDelta = TimeDelta::seconds(20);

async fn as_staff(world: &World, domain: model::ids::DomainId) -> ZoneContent {
    let mut tx = world.services().db.platform::<DnsRead>(&world.bench.admin).await.unwrap();
    dns::get(&mut tx, domain).await.unwrap().zone.unwrap()
}

async fn status(world: &World) -> (ZoneStatus, i64, i64) {
    let mut tx = world.services().db.platform::<DnsRead>(&world.bench.admin).await.unwrap();
    let rows = dns::list(&mut tx, &PageRequest::default()).await.unwrap().rows;
    (rows[0].status, rows[0].in_sync, rows[0].servers)
}

async fn add(world: &World, server: ServerId, name: &str) {
    let tx = world.services().db.platform(&world.bench.admin).await.unwrap();
    dns::add_name_server(world.services(), tx, server, name).await.unwrap();
}

#[tokio::test]
async fn a_zone_with_one_name_server_is_answered_and_not_in_sync() {
    let world = World::bare().await;
    world.add_name_server(0, "ns1.panel.example").await.unwrap();
    let domain = world.proved(world.bench.tenant, DOMAIN).await;
    world.create(domain).await.unwrap();
    world.run().await;
    let zone = world.zone(domain).await;
    assert_eq!(world.answers(0, DOMAIN), Some(zone.serial));
    assert!(!zone.is_in_sync());
    assert_eq!(status(&world).await, (ZoneStatus::TooFew, 1, 1), "it is not behind: there is only one");
}

#[tokio::test]
async fn a_name_server_that_is_down_is_caught_up_when_it_is_back() {
    let (world, domain) = World::with_zone().await;
    let before = world.zone(domain).await.serial;
    world.bench.services.servers.set_down(world.servers[1], true);
    let serial = world.add_address(domain, "shop").await;
    world.run().await;
    let zone = world.zone(domain).await;
    let [first, second] = zone.servers.as_slice() else { panic!("{zone:?}") };
    assert!(first.is_in_sync(serial), "{first:?}");
    assert!(!second.is_in_sync(serial) && second.behind_since.is_some() && second.seen_serial == Some(before), "{second:?}");
    assert_eq!(status(&world).await, (ZoneStatus::Behind, 1, 2));
    let since = second.behind_since;
    world.after(SOON).await;
    assert_eq!(world.zone(domain).await.servers[1].behind_since, since, "still since then");
    world.bench.services.servers.set_down(world.servers[1], false);
    world.after(SOON).await;
    assert!(world.zone(domain).await.is_in_sync());
    assert_eq!((world.answers(1, DOMAIN), status(&world).await), (Some(serial), (ZoneStatus::InSync, 2, 2)));
}

#[tokio::test]
async fn why_a_name_server_refuses_is_told_to_staff_and_it_is_tried_again() {
    let (world, domain) = World::with_zone().await;
    let refusal = Failure::new(FailureKind::Refused, "PowerDNS refused it (422): bad record at 100.64.0.7");
    world.bench.services.servers.fault_on("ZoneApply", Fault::Fail(refusal));
    let serial = world.add_address(domain, "shop").await;
    world.run().await;
    let told = as_staff(&world, domain).await.servers.into_iter().find_map(|server| server.error).unwrap();
    assert!(told.contains("PowerDNS refused it (422)"), "{told}");
    let shown = world.zone(domain).await.servers.into_iter().find_map(|server| server.error).unwrap();
    assert_eq!(shown, "Does not have the current version yet. It is retried automatically.");
    world.after(SOON).await;
    assert!(world.zone(domain).await.is_in_sync());
    assert_eq!((world.answers(0, DOMAIN), world.answers(1, DOMAIN)), (Some(serial), Some(serial)));
}

#[tokio::test]
async fn an_answer_that_was_lost_on_the_way_costs_nothing() {
    let (world, domain) = World::with_zone().await;
    world.bench.services.servers.fault_on("ZoneApply", Fault::LoseAfter);
    let serial = world.add_address(domain, "shop").await;
    world.run().await;
    assert!(!world.zone(domain).await.is_in_sync(), "nobody has seen it yet");
    world.after(SOON).await;
    let zone = world.zone(domain).await;
    assert!(zone.is_in_sync() && zone.serial == serial);
}

#[tokio::test]
async fn a_name_server_that_is_added_gets_every_zone_and_every_zone_names_it() {
    let world = World::bare().await;
    world.add_name_server(0, "ns1.panel.example").await.unwrap();
    let domains = [world.proved(world.bench.tenant, DOMAIN).await, world.proved(world.bench.tenant, "second.example").await];
    for domain in domains {
        world.create(domain).await.unwrap();
    }
    world.run().await;
    let before = world.zone(domains[0]).await.serial;
    world.add_name_server(1, "ns2.panel.example").await.unwrap();
    world.run().await;
    for (domain, name) in domains.into_iter().zip([DOMAIN, "second.example"]) {
        let zone = world.zone(domain).await;
        assert!(zone.is_in_sync() && zone.serial > before, "{zone:?}");
        let there = world.bench.services.servers.zone(world.servers[1], name).unwrap();
        let names: Vec<&str> = there.name_servers.iter().map(|name| name.as_str()).collect();
        assert_eq!(names, ["ns1.panel.example", "ns2.panel.example"]);
    }
}

#[tokio::test]
async fn a_name_server_that_is_removed_loses_every_zone_and_none_names_it() {
    let (world, domain) = World::with_zone().await;
    let third = world.bench.another_server("dns3").await;
    add(&world, third, "ns3.panel.example").await;
    world.run().await;
    let before = world.zone(domain).await.serial;
    world.remove_name_server(1).await.unwrap();
    world.run().await;
    let zone = world.zone(domain).await;
    assert_eq!((zone.servers.len(), world.answers(0, DOMAIN), world.answers(1, DOMAIN)), (2, Some(zone.serial), None));
    assert!(zone.serial > before && zone.is_in_sync(), "{zone:?}");
    let there = world.bench.services.servers.zone(world.servers[0], DOMAIN).unwrap();
    assert_eq!(there.name_servers.len(), 2);
}

#[tokio::test]
async fn two_name_servers_stay_while_there_are_zones() {
    let (world, domain) = World::with_zone().await;
    let refusal = "Zones need at least two name servers. Add another one first.";
    assert_eq!(fault(world.remove_name_server(1).await), refusal);
    world.run().await;
    let zone = world.zone(domain).await;
    assert!(zone.is_in_sync() && zone.servers.len() == 2, "{zone:?}");
    // An installation that never had a second one.
    sqlx::query("delete from nameservers where server_id = $1")
        .bind(world.servers[1])
        .execute(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!(fault(world.remove_name_server(0).await), refusal);
    world.remove(domain, DOMAIN).await.unwrap();
    world.remove_name_server(0).await.unwrap();
}

#[tokio::test]
async fn only_a_server_that_is_able_becomes_a_name_server() {
    let world = World::bare().await;
    sqlx::query("update server_capabilities set ready = false where capability = 'DNS' and server_id = $1")
        .bind(world.servers[1])
        .execute(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    assert!(fault(world.add_name_server(1, "ns2.panel.example").await).starts_with("server: dns2 is not in service, or lacks the DNS capability."));
    assert!(fault(world.add_name_server(0, "no name").await).starts_with("name: "));
    world.add_name_server(0, "NS1.panel.example.").await.unwrap();
    assert!(fault(world.add_name_server(0, "ns9.panel.example").await).ends_with("is already a name server."));
    let mut tx = world.services().db.platform::<DnsRead>(&world.bench.admin).await.unwrap();
    let view = dns::list_name_servers(&mut tx).await.unwrap();
    assert_eq!((view.servers[0].name.as_str(), view.servers.len(), view.candidates.len()), ("ns1.panel.example", 1, 0));
}

#[tokio::test]
async fn a_zone_whose_domain_is_gone_is_removed_from_every_server_also_from_one_that_was_down() {
    let (world, domain) = World::with_zone().await;
    world.bench.services.servers.set_down(world.servers[1], true);
    world.release(domain).await;
    world.after(TimeDelta::minutes(2)).await;
    assert_eq!((world.answers(0, DOMAIN), world.answers(1, DOMAIN).is_some()), (None, true));
    assert_eq!(status(&world).await.0, ZoneStatus::Removing);
    world.bench.services.servers.set_down(world.servers[1], false);
    world.after(SOON).await;
    assert_eq!(world.answers(1, DOMAIN), None);
    assert_eq!(world.told().await, ["Zone created", "the domain is no longer this account's"]);
}

#[tokio::test]
async fn a_domain_that_changes_hands_is_answered_as_its_new_owner_wants_it() {
    let (world, domain) = World::with_zone().await;
    let last = world.add_address(domain, "old").await;
    world.run().await;
    world.bench.services.servers.set_down(world.servers[1], true);
    world.release(domain).await;
    world.after(TimeDelta::minutes(2)).await;
    let theirs = world.proved(world.other, DOMAIN).await;
    let tx = world.services().db.tenant(&world.rival, world.other).await.unwrap();
    dns::create(world.services(), tx, theirs).await.unwrap();
    world.bench.services.servers.set_down(world.servers[1], false);
    world.after(TimeDelta::minutes(2)).await;
    world.after(TimeDelta::minutes(2)).await;
    for which in [0, 1] {
        let there = world.bench.services.servers.zone(world.servers[which], DOMAIN).expect("the new one stays");
        assert!(there.serial > last && there.records.len() == 1, "{there:?}");
    }
}

#[tokio::test]
async fn what_a_hand_has_changed_on_a_name_server_is_set_right() {
    let (world, domain) = World::with_zone().await;
    let serial = world.add_address(domain, "shop").await;
    world.run().await;
    let servers = &world.bench.services.servers;
    servers.change_zone(world.servers[0], DOMAIN, |zone| Some(wire::zone::ZoneSpec { records: Vec::new(), ..zone }));
    servers.change_zone(world.servers[1], DOMAIN, |_| None);
    world.after(TimeDelta::minutes(2)).await;
    assert_eq!(world.answers(1, DOMAIN), Some(serial), "a zone that is missing is seen at once");
    world.after(TimeDelta::minutes(61)).await;
    assert_eq!(servers.zone(world.servers[0], DOMAIN).unwrap().records.len(), 2, "content is compared every hour");
}

#[tokio::test]
async fn a_panel_that_was_set_back_goes_on_behind_the_serial_of_its_servers() {
    let (world, domain) = World::with_zone().await;
    let later = world.zone(domain).await.serial + 50;
    world.bench.services.servers.change_zone(world.servers[0], DOMAIN, |zone| Some(wire::zone::ZoneSpec { serial: later, ..zone }));
    for _ in 0..3 {
        world.after(TimeDelta::minutes(2)).await;
    }
    let zone = world.zone(domain).await;
    assert!(zone.is_in_sync() && zone.serial > later, "{zone:?}");
}
