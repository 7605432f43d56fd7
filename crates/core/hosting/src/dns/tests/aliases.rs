//! Names with the addresses of other names.

use super::world::{DOMAIN, World, add, fault, record};
use crate::dns;
use adapters::dns::{Dns, SimulatedDns};
use chrono::TimeDelta;
use engine::reconcile::last_run;
use model::{
    hosting::dns::{ChangeOp, RecordChange, RecordType},
    ids::DomainId,
};
use std::{net::IpAddr, sync::Arc};

const TARGET: &str = "shops.other.example";
const MINUTES: TimeDelta = TimeDelta::minutes(2);

struct Yard {
    world: World,
    domain: DomainId,
    dns: Arc<SimulatedDns>,
}

impl Yard {
    async fn new() -> Self {
        let (mut world, domain) = World::with_zone().await;
        let dns = Arc::new(SimulatedDns::default());
        world.bench.services.services = world.services().clone().with::<dyn Dns>(dns.clone());
        Self { world, domain, dns }
    }

    fn leads_to(&self, addresses: &[&str]) {
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.dns.set_addresses(TARGET, &addresses);
    }

    async fn apply(&self, changes: &[RecordChange]) -> engine::Result<()> {
        let version = self.world.zone(self.domain).await.version;
        self.world.apply(self.domain, version, changes).await
    }

    /// What a name server answers for the addresses of the domain itself, with the TTL.
    fn answers(&self, which: usize) -> Vec<(String, u32)> {
        let zone = self.world.bench.services.servers.zone(self.world.servers[which], DOMAIN).unwrap();
        let here = zone.records.iter().filter(|record| record.name.as_str() == DOMAIN && matches!(record.data.kind(), "A" | "AAAA"));
        here.map(|record| (record.data.to_string(), record.ttl)).collect()
    }
}

fn pair(address: &str) -> (String, u32) {
    (address.to_owned(), 300)
}

#[tokio::test]
async fn the_domain_itself_has_the_addresses_of_another_name_and_they_follow_it() {
    let yard = Yard::new().await;
    yard.leads_to(&["192.0.2.20", "2001:db8::20"]);
    yard.apply(&[add("@", RecordType::Alias, TARGET)]).await.unwrap();
    yard.world.run().await;
    let both = [pair("192.0.2.20"), pair("2001:db8::20")];
    assert_eq!([yard.answers(0), yard.answers(1)], [both.clone(), both.clone()], "from the first answer on");
    let zone = yard.world.zone(yard.domain).await;
    assert!(zone.is_in_sync());
    assert_eq!((zone.aliases[0].target.as_str(), zone.aliases[0].addresses.len()), ("shops.other.example.", 2));
    let serial = zone.serial;
    yard.world.after(MINUTES).await;
    assert_eq!(yard.world.zone(yard.domain).await.serial, serial, "the same is no news");

    yard.world.after(TimeDelta::minutes(15)).await;
    yard.leads_to(&["192.0.2.21"]);
    yard.world.after(MINUTES).await;
    yard.world.run().await;
    assert_eq!([yard.answers(0), yard.answers(1)], [[pair("192.0.2.21")], [pair("192.0.2.21")]]);
    let moved = yard.world.zone(yard.domain).await;
    assert!(moved.serial > serial && moved.version == zone.version, "{moved:?}");
    // One that answers differently each time does not use up the serials of a day.
    yard.leads_to(&["192.0.2.22"]);
    yard.world.after(MINUTES).await;
    assert_eq!(yard.answers(0), [pair("192.0.2.21")]);
    yard.world.after(TimeDelta::minutes(15)).await;
    yard.world.run().await;
    assert_eq!(yard.answers(0), [pair("192.0.2.22")]);
}

#[tokio::test]
async fn while_the_target_has_no_address_the_last_ones_stay() {
    let yard = Yard::new().await;
    yard.leads_to(&["192.0.2.20"]);
    yard.apply(&[add("@", RecordType::Alias, TARGET)]).await.unwrap();
    yard.world.after(TimeDelta::minutes(20)).await;
    yard.dns.set_down(true);
    yard.world.after(MINUTES).await;
    assert_eq!(yard.world.zone(yard.domain).await.aliases[0].error.as_deref(), Some("DNS did not answer."));
    yard.dns.set_down(false);
    yard.leads_to(&[]);
    yard.world.after(MINUTES).await;
    assert_eq!(yard.world.zone(yard.domain).await.aliases[0].error.as_deref(), Some("No address was found."));
    yard.world.run().await;
    assert_eq!([yard.answers(0), yard.answers(1)], [[pair("192.0.2.20")], [pair("192.0.2.20")]]);
    yard.leads_to(&["192.0.2.20"]);
    yard.world.after(MINUTES).await;
    assert_eq!(yard.world.zone(yard.domain).await.aliases[0].error, None);
}

#[tokio::test]
async fn the_addresses_of_a_zone_change_once_in_a_quarter_of_an_hour_however_many_targets_it_has() {
    const OTHER: &str = "mail.other.example";
    let yard = Yard::new().await;
    let other = |address: &str| yard.dns.set_addresses(OTHER, &[address.parse().unwrap()]);
    yard.leads_to(&["192.0.2.20"]);
    other("192.0.2.30");
    yard.apply(&[add("@", RecordType::Alias, TARGET), add("mail", RecordType::Alias, OTHER)]).await.unwrap();
    yard.world.after(TimeDelta::minutes(20)).await;
    yard.leads_to(&["192.0.2.21"]);
    other("192.0.2.31");
    let changed = async || {
        let aliases = yard.world.zone(yard.domain).await.aliases;
        aliases.into_iter().flat_map(|alias| alias.addresses).filter(|address| address.ends_with('1')).count()
    };
    yard.world.after(MINUTES).await;
    yard.world.after(MINUTES).await;
    assert_eq!(changed().await, 1);
    yard.world.after(TimeDelta::minutes(15)).await;
    assert_eq!(changed().await, 2);
}

#[tokio::test]
async fn a_target_that_does_not_answer_is_looked_up_ever_more_seldom() {
    let yard = Yard::new().await;
    yard.leads_to(&["192.0.2.20"]);
    yard.apply(&[add("@", RecordType::Alias, TARGET)]).await.unwrap();
    yard.dns.set_down(true);
    for _ in 0..9 {
        yard.world.after(TimeDelta::minutes(11)).await;
    }
    let mut owner = yard.world.bench.services.db.owner().await;
    let key: uuid::Uuid = sqlx::query_scalar("select id from dns_aliases").fetch_one(&mut owner).await.unwrap();
    let error = last_run(&mut owner, "dns_alias", key).await.unwrap().and_then(|run| run.error);
    assert_eq!(error.as_deref(), Some("shops.other.example.: DNS did not answer."));
    yard.world.after(TimeDelta::minutes(11)).await;
    let pause: f64 = sqlx::query_scalar("select extract(epoch from due_at - $1)::float8 from reconciliations where key = $2")
        .bind(yard.world.services().now())
        .bind(key)
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert!((500.0..700.0).contains(&pause), "{pause}");
}

#[tokio::test]
async fn a_target_in_an_inner_network_has_no_address() {
    let yard = Yard::new().await;
    let alias = add("@", RecordType::Alias, TARGET);
    yard.leads_to(&["10.0.0.7", "fd00::7", "127.0.0.1"]);
    assert!(fault(yard.apply(std::slice::from_ref(&alias)).await).contains("has no address"));
    yard.leads_to(&["10.0.0.7", "192.0.2.20"]);
    yard.apply(&[alias]).await.unwrap();
    yard.world.run().await;
    assert_eq!(yard.answers(0), [pair("192.0.2.20")]);
    yard.world.after(TimeDelta::minutes(20)).await;
    yard.leads_to(&["10.0.0.7"]);
    yard.world.after(MINUTES).await;
    assert_eq!(yard.world.zone(yard.domain).await.aliases[0].error.as_deref(), Some("No address was found."));
}

#[tokio::test]
async fn an_account_has_sixty_targets_in_all_of_its_zones() {
    let yard = Yard::new().await;
    yard.leads_to(&["192.0.2.20"]);
    let tenant = yard.world.bench.tenant;
    let second = yard.world.proved(tenant, "second.example").await;
    yard.world.create(second).await.unwrap();
    sqlx::query(
        "insert into dns_aliases (id, tenant_id, zone_id, target, addresses, changed_at, checked_at)
         select gen_random_uuid(), $1, z.id, 'n' || n || '.other.example.', '{192.0.2.1}', now(), now()
           from dns_zones z, generate_series(1, 60) n where z.name = 'second.example'",
    )
    .bind(tenant)
    .execute(&mut yard.world.bench.services.db.owner().await)
    .await
    .unwrap();
    let refused = fault(yard.apply(&[add("@", RecordType::Alias, TARGET)]).await);
    assert_eq!(refused, "changes: The ALIAS records of an account can point to 60 names.");
    yard.apply(&[add("www", RecordType::A, "192.0.2.80")]).await.unwrap();
}

#[tokio::test]
async fn an_alias_is_published_only_once_its_target_has_an_address_and_goes_with_its_record() {
    let yard = Yard::new().await;
    let alias = add("@", RecordType::Alias, TARGET);
    assert_eq!(
        fault(yard.apply(std::slice::from_ref(&alias)).await),
        "changes: shops.other.example has no address. Check the name of the ALIAS record."
    );
    yard.dns.set_down(true);
    assert!(fault(yard.apply(std::slice::from_ref(&alias)).await).starts_with("Couldn't look up shops.other.example."));
    yard.dns.set_down(false);
    assert_eq!(yard.world.zone(yard.domain).await.version, 1, "nothing was changed");
    yard.leads_to(&["192.0.2.20"]);
    yard.apply(&[alias]).await.unwrap();
    yard.world.run().await;
    // It gives way to addresses in one change; no name server is without any in between.
    let remove = RecordChange { op: ChangeOp::Remove, record: record("@", RecordType::Alias, "shops.other.example.") };
    yard.apply(&[remove, add("@", RecordType::A, "192.0.2.80")]).await.unwrap();
    yard.world.run().await;
    assert_eq!(yard.answers(0), [("192.0.2.80".to_owned(), 3600)]);
    assert!(yard.world.zone(yard.domain).await.aliases.is_empty());
    // An earlier version comes back with what its target leads to now.
    yard.leads_to(&["192.0.2.23"]);
    dns::restore(yard.world.services(), yard.world.write().await, yard.domain, 3, 2).await.unwrap();
    yard.world.run().await;
    assert_eq!(yard.answers(1), [pair("192.0.2.23")]);
    // With the zone goes all of it.
    yard.world.remove(yard.domain, DOMAIN).await.unwrap();
    yard.world.after(MINUTES).await;
    let left: i64 = sqlx::query_scalar("select count(*) from dns_aliases").fetch_one(&mut yard.world.bench.services.db.owner().await).await.unwrap();
    assert_eq!(left, 0);
}
