//! Creating, changing and removing zones.

use super::world::{DOMAIN, World, add, fault, record};
use crate::{dns, domains};
use chrono::TimeDelta;
use db::{AccessError, Caller, TenantTx};
use model::{
    hosting::{
        cloudpods::Stack,
        dns::{ChangeOp, RecordChange, RecordType},
    },
    page::PageRequest,
    permission::{DnsDelete, DnsRead, DnsWrite, DomainsWrite},
};

#[tokio::test]
async fn a_zone_begins_with_the_names_that_lead_to_cloudpods_and_the_proof_of_its_domain() {
    let world = World::new().await;
    let domain = world.proved(world.bench.tenant, DOMAIN).await;
    world.bench.running(Stack::Static, "www.bakery.example").await;
    sqlx::query("update servers set site_address = '192.0.2.7'").execute(&mut world.bench.services.db.owner().await).await.unwrap();
    let before = world.view(domain).await;
    assert_eq!((before.zone, before.obstacle, before.name_servers.len()), (None, None, 2));
    world.create(domain).await.unwrap();
    let zone = world.zone(domain).await;
    let proof = record("_mpanel", RecordType::Txt, "\"mpanel-verify=00000000000000000000000000000000\"");
    assert_eq!(zone.records, [proof, record("www", RecordType::A, "192.0.2.7")]);
    assert_eq!(fault(world.create(domain).await), "This domain already has a zone. If it belonged to another account, try again in a minute.");
}

#[tokio::test]
async fn only_a_proved_domain_that_was_registered_gets_a_zone() {
    let world = World::new().await;
    let pending = world.domain(world.bench.tenant, "pending.example", false).await;
    assert_eq!(fault(world.create(pending).await), "Verify pending.example first.");
    let below = world.proved(world.bench.tenant, "shop.bakery.co.uk").await;
    assert_eq!(fault(world.create(below).await), "DNS is managed for the whole domain bakery.co.uk. Connect that one.");
    let foreign = world.proved(world.other, "globex.example").await;
    assert_eq!(fault(world.create(foreign).await), "Domain not found.");
    for which in [0, 1] {
        world.remove_name_server(which).await.unwrap();
    }
    let none = world.proved(world.bench.tenant, DOMAIN).await;
    assert_eq!(world.view(none).await.obstacle.as_deref(), Some("DNS hosting is not available yet. Contact support."));
    assert_eq!(fault(world.create(none).await), "DNS hosting is not available yet. Contact support.");
}

#[tokio::test]
async fn a_change_is_planned_first_and_then_made_under_a_later_serial() {
    let (world, domain) = World::with_zone().await;
    let before = world.zone(domain).await;
    let changes =
        [add("shop", RecordType::Cname, "shops.other.example"), add("@", RecordType::Mx, "10 mail"), add("mail", RecordType::A, "192.0.2.9")];
    let plan = dns::preview(&mut world.read().await, domain, &changes).await.unwrap();
    assert_eq!((plan.lines.len(), plan.kept, plan.faults.len(), plan.version), (3, 1, 0, before.version));
    assert_eq!(world.zone(domain).await, before, "a plan changes nothing");
    world.apply(domain, before.version, &changes).await.unwrap();
    let after = world.zone(domain).await;
    assert!(after.serial > before.serial && after.records.contains(&record("shop", RecordType::Cname, "shops.other.example.")), "{after:?}");
    assert!(!after.is_in_sync(), "nobody answers it yet");
    world.run().await;
    assert!(world.zone(domain).await.is_in_sync());
    let on_server = world.bench.services.servers.zone(world.servers[1], DOMAIN).unwrap();
    assert_eq!((on_server.records.len(), on_server.serial), (4, after.serial));
    assert_eq!(world.told().await, ["Zone created", "3 added"]);
}

#[tokio::test]
async fn a_zone_that_contradicts_itself_is_shown_and_not_made() {
    let (world, domain) = World::with_zone().await;
    let version = world.zone(domain).await.version;
    let changes = [add("shop", RecordType::Cname, "a.example"), add("shop", RecordType::A, "192.0.2.9")];
    let plan = dns::preview(&mut world.read().await, domain, &changes).await.unwrap();
    assert_eq!(plan.faults, ["shop is an alias (CNAME), so it can have no other record."]);
    assert_eq!(fault(world.apply(domain, version, &changes).await), "changes: shop is an alias (CNAME), so it can have no other record.");
    assert_eq!(fault(world.apply(domain, version, &[]).await), "changes: No changes to apply.");
    let wrong = [add("shop", RecordType::A, "nonsense")];
    assert!(fault(world.apply(domain, version, &wrong).await).starts_with("changes: shop A: Enter an IPv4 address"));
    let typed = record(" WWW.bakery.example ", RecordType::Mx, "10 mail");
    let checked = dns::check_record(&mut world.read().await, domain, &typed).await.unwrap();
    assert_eq!(checked, record("www", RecordType::Mx, "10 mail.bakery.example."));
    let refused = dns::check_record(&mut world.read().await, domain, &record("a b", RecordType::A, "192.0.2.9")).await;
    assert!(fault(refused).starts_with("name: Use letters"));
    assert_eq!(world.zone(domain).await.version, version);
}

#[tokio::test]
async fn who_changes_what_was_changed_meanwhile_is_refused() {
    let (world, domain) = World::with_zone().await;
    let looked_at = world.zone(domain).await.version;
    world.add_address(domain, "first").await;
    let refused = fault(world.apply(domain, looked_at, &[add("second", RecordType::A, "192.0.2.2")]).await);
    assert_eq!(refused, "The zone has changed. Reload this page and make your changes again.");
    let gone = RecordChange { op: ChangeOp::Remove, record: record("third", RecordType::A, "192.0.2.2") };
    assert_eq!(fault(world.apply(domain, looked_at + 1, &[gone]).await), "changes: The A record of third is no longer in the zone.");
}

#[tokio::test]
async fn an_earlier_version_comes_back_under_a_later_serial() {
    let (world, domain) = World::with_zone().await;
    let first = world.zone(domain).await;
    let second = world.add_address(domain, "shop").await;
    let plan = dns::preview_restore(&mut world.read().await, domain, first.version).await.unwrap();
    assert_eq!((plan.lines.len(), plan.kept, plan.version), (1, 1, first.version + 1), "{plan:?}");
    assert_eq!(fault(dns::preview_restore(&mut world.read().await, domain, 9).await), "to: Version not found.");
    let restored = dns::restore(world.services(), world.write().await, domain, first.version + 1, first.version).await;
    restored.unwrap();
    let zone = world.zone(domain).await;
    assert!(zone.records == first.records && zone.serial > second, "{zone:?}");
    let history = dns::history(&mut world.read().await, domain, &PageRequest::default()).await.unwrap();
    let said: Vec<_> = history.rows.iter().map(|row| (row.version, row.summary.as_str(), row.made_by.as_str(), row.is_current)).collect();
    assert_eq!(
        said,
        [
            (3, "Restored version 1: 1 removed", "ana@example.test", true),
            (2, "1 added", "ana@example.test", false),
            (1, "Zone created", "ana@example.test", false),
        ]
    );
    let missing = dns::restore(world.services(), world.write().await, domain, 3, 9).await;
    assert_eq!(fault(missing), "to: Version not found.");
    world.run().await;
    assert!(world.zone(domain).await.is_in_sync());
}

#[tokio::test]
async fn a_zone_file_replaces_the_records_and_what_is_exported_changes_nothing() {
    let (world, domain) = World::with_zone().await;
    let text = "@ IN SOA ns.old.example. a.old.example. 1 2 3 4 5\n@ NS ns.old.example.\n_mpanel TXT \"mpanel-verify=00000000000000000000000000000000\"\nwww 300 A 192.0.2.1\n";
    let plan = dns::preview_file(&mut world.read().await, domain, text).await.unwrap();
    assert_eq!((plan.lines.len(), plan.kept, plan.faults.len()), (1, 1, 0), "{plan:?}");
    dns::apply_file(world.services(), world.write().await, domain, plan.version, text).await.unwrap();
    assert_eq!(world.told().await, ["Zone created", "Imported: 1 added"]);
    let exported = dns::export(&mut world.read().await, domain).await.unwrap();
    assert!(exported.contains("www\t300\tIN\tA\t192.0.2.1\n") && exported.contains("IN\tNS\tns2.panel.example.\n"), "{exported}");
    let again = dns::preview_file(&mut world.read().await, domain, &exported).await.unwrap();
    assert_eq!((again.lines.len(), again.kept), (0, 2));
    let wrong = dns::preview_file(&mut world.read().await, domain, "@ A 192.0.2.1\nwww A nonsense\n$INCLUDE x\n").await;
    let said = fault(wrong);
    assert!(said.starts_with("text: Line 2: Enter an IPv4 address") && said.contains("Line 3: $INCLUDE is not supported"), "{said}");
}

#[tokio::test]
async fn a_zone_is_removed_by_whoever_types_its_name_and_a_new_one_has_a_later_serial() {
    let (world, domain) = World::with_zone().await;
    let last = world.add_address(domain, "shop").await;
    world.run().await;
    assert_eq!(fault(world.remove(domain, "bakery").await), "confirm_name: Type bakery.example to delete this zone.");
    world.remove(domain, DOMAIN).await.unwrap();
    assert_eq!(world.view(domain).await.zone, None);
    world.run().await;
    assert_eq!((world.answers(0, DOMAIN), world.answers(1, DOMAIN)), (None, None));
    world.create(domain).await.unwrap();
    assert!(world.zone(domain).await.serial > last);
    assert_eq!(world.told().await, ["Zone created", "1 added", "removed", "Zone created"]);
}

#[tokio::test]
async fn a_zone_that_is_removed_leaves_neither_records_nor_versions() {
    let (world, domain) = World::with_zone().await;
    world.add_address(domain, "shop").await;
    assert_eq!(world.stored().await, (2, 2, 1));
    world.remove(domain, DOMAIN).await.unwrap();
    assert_eq!(world.stored().await, (0, 0, 1), "its row stays, for the serials of the next one");
    world.create(domain).await.unwrap();
    world.release(domain).await;
    world.after(TimeDelta::minutes(2)).await;
    assert_eq!(world.stored().await, (0, 0, 2), "also when the domain is no longer the account's");
}

#[tokio::test]
async fn an_account_creates_fifty_zones_in_24_hours_and_no_more() {
    let world = World::new().await;
    let domain = world.proved(world.bench.tenant, DOMAIN).await;
    for _ in 0..50 {
        world.create(domain).await.unwrap();
        world.remove(domain, DOMAIN).await.unwrap();
    }
    assert_eq!(fault(world.create(domain).await), "An account can create 50 zones in 24 hours. Try again later.");
    let theirs = world.proved(world.other, "globex.example").await;
    let tx = world.services().db.tenant(&world.rival, world.other).await.unwrap();
    dns::create(world.services(), tx, theirs).await.unwrap();
    world.bench.services.clock.advance(TimeDelta::hours(25));
    world.create(domain).await.unwrap();
}

#[tokio::test]
async fn another_account_sees_nothing_of_a_zone_and_changes_nothing() {
    let (world, domain) = World::with_zone().await;
    let read = async || -> TenantTx<DnsRead> { world.services().db.tenant(&world.rival, world.other).await.unwrap() };
    let write = async || -> TenantTx<DnsWrite> { world.services().db.tenant(&world.rival, world.other).await.unwrap() };
    assert_eq!(fault(dns::get_own(&mut read().await, domain).await), "Domain not found.");
    assert_eq!(fault(dns::export(&mut read().await, domain).await), "Domain not found.");
    assert_eq!(fault(dns::history(&mut read().await, domain, &PageRequest::default()).await), "Domain not found.");
    assert_eq!(fault(dns::preview(&mut read().await, domain, &[]).await), "Domain not found.");
    assert_eq!(fault(dns::preview_restore(&mut read().await, domain, 1).await), "Domain not found.");
    assert_eq!(fault(dns::check_record(&mut read().await, domain, &record("x", RecordType::A, "192.0.2.1")).await), "Domain not found.");
    assert_eq!(fault(dns::find_own(&mut read().await, domain).await), "Domain not found.");
    assert_eq!(fault(dns::apply(world.services(), write().await, domain, 1, &[add("x", RecordType::A, "192.0.2.1")]).await), "Domain not found.");
    assert_eq!(fault(dns::restore(world.services(), write().await, domain, 1, 1).await), "Domain not found.");
    let delete: TenantTx<DnsDelete> = world.services().db.tenant(&world.rival, world.other).await.unwrap();
    assert_eq!(fault(dns::delete(world.services(), delete, domain, DOMAIN).await), "Domain not found.");
    assert!(world.zone(domain).await.is_in_sync());
}

#[tokio::test]
async fn whoever_removes_a_zone_is_asked_for_the_password_again() {
    let (world, domain) = World::with_zone().await;
    let idle = Caller::new(world.owner.actor.clone(), world.owner.origin.clone());
    let refused = world.services().db.tenant::<DnsDelete>(&idle, world.bench.tenant).await;
    assert!(matches!(refused, Err(AccessError::StepUp { permission: "dns:delete" })));
    world.services().db.tenant::<DnsWrite>(&idle, world.bench.tenant).await.unwrap();
    world.remove(domain, DOMAIN).await.unwrap();
}

#[tokio::test]
async fn a_domain_is_not_disconnected_while_it_has_a_zone() {
    let (world, domain) = World::with_zone().await;
    let disconnect = async || {
        let tx: TenantTx<DomainsWrite> = world.services().db.tenant(&world.owner, world.bench.tenant).await.unwrap();
        domains::disconnect(world.services(), tx, domain).await
    };
    assert_eq!(fault(disconnect().await), "Delete its DNS zone first.");
    world.run().await;
    assert!(world.zone(domain).await.is_in_sync());
    world.remove(domain, DOMAIN).await.unwrap();
    disconnect().await.unwrap();
}
