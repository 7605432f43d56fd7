//! Templates, and what DNS answers.

use super::world::{DOMAIN, World, add, fault, record};
use crate::dns;
use adapters::dns::{Dns, Found, SimulatedDns};
use model::hosting::{
    cloudpods::Stack,
    dns::{ChangeOp, DnsTemplate, PropagationAnswer, RecordType},
};
use std::sync::Arc;

#[tokio::test]
async fn a_template_becomes_changes_and_is_in_step_once_they_are_applied() {
    let (world, domain) = World::with_zone().await;
    let version = world.zone(domain).await.version;
    world.apply(domain, version, &[add("@", RecordType::Mx, "10 mail.other.example"), add("@", RecordType::Txt, "v=spf1 mx -all")]).await.unwrap();
    let own =
        async || dns::compare_template(&mut world.read().await, domain, DnsTemplate::Microsoft365, " Bakery0x.mail.protection.outlook.com ").await;
    let view = own().await.unwrap();
    assert_eq!((view.present, view.missing, view.word.as_deref()), (0, 3, Some("bakery0x")));
    assert_eq!(view.replaces[0], "MX 10 mail.other.example. at @");
    let plan = dns::preview(&mut world.read().await, domain, &view.changes).await.unwrap();
    assert!(plan.faults.is_empty(), "{plan:?}");
    world.apply(domain, plan.version, &view.changes).await.unwrap();
    let records = world.zone(domain).await.records;
    for wanted in [
        record("@", RecordType::Mx, "0 bakery0x.mail.protection.outlook.com."),
        record("@", RecordType::Txt, "\"v=spf1 include:spf.protection.outlook.com mx -all\""),
        record("autodiscover", RecordType::Cname, "autodiscover.outlook.com."),
    ] {
        assert!(records.contains(&wanted), "{wanted:?} in {records:?}");
    }
    assert!(own().await.unwrap().changes.is_empty());
    let all = dns::list_templates(&mut world.read().await, domain).await.unwrap();
    let found = all.iter().find(|view| view.template == DnsTemplate::Microsoft365).unwrap();
    assert_eq!((found.word.as_deref(), found.present, found.changes.len()), (Some("bakery0x"), 3, 0), "its name is read from the zone");
    assert!(all.iter().all(|view| view.template != DnsTemplate::CloudPods), "no name leads to a CloudPod");
    let wrong = dns::compare_template(&mut world.read().await, domain, DnsTemplate::Microsoft365, "a b").await;
    assert!(fault(wrong).starts_with("word: Enter the first part"));
}

#[tokio::test]
async fn the_addresses_of_cloudpods_are_put_back_where_a_name_leads_elsewhere() {
    let world = World::new().await;
    let domain = world.proved(world.bench.tenant, DOMAIN).await;
    world.bench.running(Stack::Static, "www.bakery.example").await;
    sqlx::query("update servers set site_address = '192.0.2.7'").execute(&mut world.bench.services.db.owner().await).await.unwrap();
    world.create(domain).await.unwrap();
    let own = async || {
        let all = dns::list_templates(&mut world.read().await, domain).await.unwrap();
        all.into_iter().find(|view| view.template == DnsTemplate::CloudPods).unwrap()
    };
    let before = own().await;
    assert!(before.changes.is_empty() && before.present == 1, "{before:?}");
    let zone = world.zone(domain).await;
    let old = zone.records.iter().find(|record| record.name == "www").unwrap().clone();
    let remove = model::hosting::dns::RecordChange { op: ChangeOp::Remove, record: old };
    world.apply(domain, zone.version, &[remove, add("www", RecordType::Cname, "shops.other.example")]).await.unwrap();
    let view = own().await;
    assert_eq!(view.replaces, ["CNAME shops.other.example. at www"]);
    world.apply(domain, zone.version + 1, &view.changes).await.unwrap();
    assert!(world.zone(domain).await.records.contains(&record("www", RecordType::A, "192.0.2.7")) && own().await.changes.is_empty());
}

#[tokio::test]
async fn every_name_server_and_resolver_says_what_it_has_of_a_name() {
    let (mut world, domain) = World::with_zone().await;
    let dns = Arc::new(SimulatedDns::default());
    world.bench.services.services = world.services().clone().with::<dyn Dns>(dns.clone());
    let old = world.zone(domain).await.serial;
    let serial = world.add_address(domain, "shop").await;
    world.run().await;
    let values = |values: &[&str], ttl| Found { values: values.iter().map(|value| (*value).to_owned()).collect(), ttl };
    dns.set_cached("shop.bakery.example", values(&["192.0.2.1"], Some(3000)), Some(old));
    world.bench.services.servers.set_down(world.servers[1], true);
    let check = async |host: &str| dns::check_propagation(world.services(), world.read().await, domain, host, RecordType::A).await;
    let found = check("shop").await.unwrap();
    assert_eq!(found.question, "shop.bakery.example A");
    let [first, second, resolver] = found.answers.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (first.name.as_str(), first.serial, first.is_same, first.values.as_slice()),
        ("ns1.panel.example", Some(serial), true, &["192.0.2.80".to_owned()][..])
    );
    assert!(second.error.as_deref() == Some("No answer") && second.is_authority && !second.is_same, "{second:?}");
    let kept = PropagationAnswer {
        name: "Resolver".to_owned(),
        is_authority: false,
        values: vec!["192.0.2.1".to_owned()],
        serial: Some(old),
        age: Some(600),
        is_same: false,
        error: None,
    };
    assert_eq!(*resolver, kept);
    assert!(fault(check("a b").await).starts_with("host: "));
    for _ in 0..19 {
        check("shop").await.unwrap();
    }
    assert_eq!(fault(check("shop").await), "You can check DNS 20 times in 10 minutes. Try again later.");
    world.bench.services.clock.advance(chrono::TimeDelta::minutes(11));
    check("shop").await.unwrap();
}
