//! DNSSEC on and off.

use super::world::{DOMAIN, World, add, fault};
use crate::dns::{self, signing::secrets};
use adapters::dns::{Dns, SimulatedDns};
use chrono::TimeDelta;
use engine::secrets::MasterKey;
use model::{
    hosting::dns::{DnssecStatus, DnssecView, RecordType},
    ids::DomainId,
};
use std::sync::Arc;

pub(super) const MINUTES: TimeDelta = TimeDelta::minutes(7);

pub(super) struct Yard {
    pub(super) world: World,
    pub(super) domain: DomainId,
    pub(super) dns: Arc<SimulatedDns>,
}

impl Yard {
    pub(super) async fn new() -> Self {
        let (mut world, domain) = World::with_zone().await;
        let dns = Arc::new(SimulatedDns::default());
        world.bench.services.services = world.services().clone().with::<dyn Dns>(dns.clone());
        Self { world, domain, dns }
    }

    /// Signed by both name servers.
    pub(super) async fn signed() -> Self {
        let yard = Self::new().await;
        yard.on().await.unwrap();
        yard.world.run().await;
        yard.world.after(MINUTES).await;
        yard
    }

    async fn on(&self) -> engine::Result<()> {
        dns::turn_on(self.world.services(), self.world.write().await, self.domain).await
    }

    async fn off(&self) -> engine::Result<()> {
        dns::turn_off(self.world.services(), self.world.write().await, self.domain).await
    }

    async fn keep(&self) -> engine::Result<()> {
        dns::keep_on(self.world.services(), self.world.write().await, self.domain).await
    }

    pub(super) async fn dnssec(&self) -> Option<DnssecView> {
        self.world.zone(self.domain).await.dnssec
    }

    async fn status(&self) -> Option<DnssecStatus> {
        self.dnssec().await.map(|view| view.status)
    }

    /// The public key that a name server has for the zone.
    fn key(&self, which: usize) -> Option<String> {
        let zone = self.world.bench.services.servers.zone(self.world.servers[which], DOMAIN)?;
        zone.signing.map(|key| key.public.as_str().to_owned())
    }
}

#[tokio::test]
async fn a_zone_is_signed_everywhere_with_one_key_before_its_ds_is_to_be_entered() {
    let yard = Yard::new().await;
    let before = yard.world.zone(yard.domain).await.serial;
    yard.world.bench.services.servers.set_down(yard.world.servers[1], true);
    yard.on().await.unwrap();
    yard.world.run().await;
    let view = yard.dnssec().await.unwrap();
    assert_eq!((view.status, view.ds_from), (DnssecStatus::Signing, None), "one name server does not sign yet");
    assert_eq!((yard.key(0), yard.key(1)), (Some(view.public_key.clone()), None));
    yard.world.bench.services.servers.set_down(yard.world.servers[1], false);
    yard.world.after(MINUTES).await;
    yard.world.after(MINUTES).await;
    let zone = yard.world.zone(yard.domain).await;
    let view = zone.dnssec.clone().unwrap();
    assert_eq!(view.status, DnssecStatus::WaitingForDs);
    assert!(view.ds_from.is_some_and(|from| from > yard.world.services().now()), "resolvers have unsigned answers for an hour: {view:?}");
    assert_eq!([yard.key(0), yard.key(1)], [(); 2].map(|()| Some(view.public_key.clone())), "the same key");
    assert!(zone.serial > before && zone.is_in_sync() && zone.version == 1, "{zone:?}");
    assert_eq!(fault(yard.on().await), "DNSSEC is already on for this zone.");
    assert_eq!(yard.world.told().await, ["Zone created", "DNSSEC turned on"]);
}

#[tokio::test]
async fn what_the_parent_has_is_looked_up_and_a_ds_of_another_key_is_said() {
    let yard = Yard::signed().await;
    let other = format!("1 13 2 {}", "ab".repeat(32));
    yard.dns.set_ds(DOMAIN, &[&other], 3600);
    yard.world.after(MINUTES).await;
    let view = yard.dnssec().await.unwrap();
    assert_eq!((view.status, view.at_parent.clone()), (DnssecStatus::Mismatch, vec![other.clone()]));
    // One of two is enough for resolvers.
    yard.dns.set_ds(DOMAIN, &[&other, &view.ds()], 3600);
    yard.world.after(MINUTES).await;
    assert_eq!(yard.status().await, Some(DnssecStatus::Secured));
    yard.dns.set_down(true);
    yard.world.after(MINUTES).await;
    let unknown = yard.dnssec().await.unwrap();
    assert!(
        unknown.error.is_some() && unknown.status == DnssecStatus::Secured && unknown.checked_at < Some(yard.world.services().now()),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn dnssec_stays_on_until_no_resolver_can_have_the_ds_record_any_more() {
    let yard = Yard::signed().await;
    let ds = yard.dnssec().await.unwrap().ds();
    yard.dns.set_ds(DOMAIN, &[&ds], 86_400);
    let refused = fault(yard.off().await);
    let says = format!(
        "The parent zone still has a DS record for {DOMAIN}: {}. Remove it at your registrar first, then turn DNSSEC off.",
        ds.to_lowercase()
    );
    assert_eq!(refused, says);
    assert_eq!(yard.status().await, Some(DnssecStatus::Secured), "what was just seen stands on the page");
    yard.dns.set_down(true);
    assert!(fault(yard.off().await).starts_with("Couldn't look up the DS record"));
    yard.dns.set_down(false);

    yard.dns.set_ds(DOMAIN, &[], 0);
    yard.off().await.unwrap();
    assert_eq!(fault(yard.off().await), "DNSSEC is already being turned off.");
    let now = yard.world.services().now();
    let view = yard.dnssec().await.unwrap();
    assert_eq!((view.status, view.off_at), (DnssecStatus::TurningOff, Some(now + TimeDelta::days(1))));
    yard.world.after(TimeDelta::hours(23)).await;
    assert!(yard.key(0).is_some() && yard.key(1).is_some(), "resolvers have the DS record for a day");
    // It is back: whoever entered it again must remove it again, and the day begins anew.
    yard.dns.set_ds(DOMAIN, &[&ds], 3600);
    yard.world.after(TimeDelta::hours(2)).await;
    assert_eq!(yard.dnssec().await.unwrap().off_at, None);
    assert!(yard.key(0).is_some());
    yard.dns.set_ds(DOMAIN, &[], 0);
    yard.world.after(MINUTES).await;
    // What DNS does not say does not count.
    yard.dns.set_down(true);
    yard.world.after(TimeDelta::hours(25)).await;
    assert!(yard.key(0).is_some(), "nobody knows whether the parent has a DS record");
    yard.dns.set_down(false);
    let before = yard.world.zone(yard.domain).await.serial;
    yard.world.after(MINUTES).await;
    yard.world.after(MINUTES).await;
    let zone = yard.world.zone(yard.domain).await;
    assert!(zone.dnssec.is_none() && zone.serial > before && zone.is_in_sync(), "{zone:?}");
    assert_eq!((yard.key(0), yard.key(1)), (None, None));
    assert_eq!(yard.world.told().await, ["Zone created", "DNSSEC turned on", "DNSSEC is to be turned off", "DNSSEC turned off"]);
    assert_eq!(fault(yard.off().await), "DNSSEC is not on for this zone.");
}

#[tokio::test]
async fn dnssec_whose_ds_record_was_shown_stays_on_for_a_day_where_none_was_seen() {
    let yard = Yard::signed().await;
    let key = yard.key(0);
    assert_eq!(fault(yard.keep().await), "DNSSEC is not being turned off.");
    yard.off().await.unwrap();
    yard.keep().await.unwrap();
    yard.world.after(MINUTES).await;
    assert!(yard.status().await == Some(DnssecStatus::WaitingForDs) && yard.key(0) == key);
    yard.off().await.unwrap();
    let now = yard.world.services().now();
    assert_eq!(yard.dnssec().await.unwrap().off_at, Some(now + TimeDelta::days(1)), "that there is none may be what a resolver has kept");
    yard.world.after(TimeDelta::hours(23)).await;
    assert_eq!(yard.key(0), key);
    yard.world.after(TimeDelta::hours(2)).await;
    yard.world.after(MINUTES).await;
    assert_eq!((yard.dnssec().await, yard.key(0)), (None, None));
    yard.on().await.unwrap();
    yard.world.after(MINUTES).await;
    assert!(yard.key(0).is_some() && yard.key(0) != key, "each time with a new key");
}

#[tokio::test]
async fn dnssec_whose_ds_record_was_never_shown_is_turned_off_at_once() {
    let yard = Yard::new().await;
    yard.world.bench.services.servers.set_down(yard.world.servers[1], true);
    yard.on().await.unwrap();
    yard.world.run().await;
    assert_eq!(yard.status().await, Some(DnssecStatus::Signing));
    yard.off().await.unwrap();
    yard.world.run().await;
    assert_eq!(yard.dnssec().await, None);
}

#[tokio::test]
async fn a_zone_is_not_deleted_while_resolvers_can_have_its_ds_record_and_its_key_goes_with_it() {
    let yard = Yard::signed().await;
    let ds = yard.dnssec().await.unwrap().ds();
    let keys = async || -> i64 {
        sqlx::query_scalar("select count(*) from dns_signing").fetch_one(&mut yard.world.bench.services.db.owner().await).await.unwrap()
    };
    yard.dns.set_ds(DOMAIN, &[&ds], 3600);
    let refused = fault(yard.world.remove(yard.domain, DOMAIN).await);
    assert!(refused.contains("Remove it at your registrar first, then delete the zone."), "{refused}");
    yard.dns.set_ds(DOMAIN, &[], 0);
    let refused = fault(yard.world.remove(yard.domain, DOMAIN).await);
    assert_eq!(refused, "Turn DNSSEC off first. Resolvers may still have the DS record of this domain.");
    assert_eq!(keys().await, 1);
    // A domain that is no longer the account's takes everything with it.
    yard.world.release(yard.domain).await;
    yard.world.after(MINUTES).await;
    assert_eq!((keys().await, yard.world.answers(0, DOMAIN)), (0, None));

    // Where none was seen too, for that may be what a resolver has kept.
    let yard = Yard::signed().await;
    assert!(fault(yard.world.remove(yard.domain, DOMAIN).await).starts_with("Turn DNSSEC off first."));
    yard.off().await.unwrap();
    assert_eq!(fault(yard.world.remove(yard.domain, DOMAIN).await), "DNSSEC is being turned off. Delete the zone after that.");
    yard.world.after(TimeDelta::hours(25)).await;
    yard.world.remove(yard.domain, DOMAIN).await.unwrap();
}

#[tokio::test]
async fn a_panel_that_was_set_back_takes_no_key_from_a_name_server_that_it_does_not_know() {
    let yard = Yard::signed().await;
    let keys = (yard.key(0), yard.key(1));
    sqlx::query("delete from dns_signing").execute(&mut yard.world.bench.services.db.owner().await).await.unwrap();
    yard.world.add_address(yard.domain, "shop").await;
    yard.world.run().await;
    let is_refused = async || {
        let said: Vec<Option<String>> =
            sqlx::query_scalar("select error from dns_zone_servers").fetch_all(&mut yard.world.bench.services.db.owner().await).await.unwrap();
        said.iter().all(|said| said.as_ref().is_some_and(|said| said.contains("is signed here with a key that the panel does not have")))
    };
    assert!(is_refused().await && (yard.key(0), yard.key(1)) == keys, "without it resolvers would refuse the domain");
    // Another one in its place is refused too.
    yard.on().await.unwrap();
    yard.world.after(TimeDelta::hours(1)).await;
    assert!(is_refused().await && (yard.key(0), yard.key(1)) == keys);
}

#[tokio::test]
async fn a_ds_record_of_another_provider_is_said_while_the_zone_is_not_signed() {
    let yard = Yard::new().await;
    let said = async || dns::parent_ds(yard.world.services(), yard.world.read().await, yard.domain).await.unwrap();
    assert!(said().await.is_empty());
    let other = format!("1 13 2 {}", "ab".repeat(32));
    yard.dns.set_ds(DOMAIN, &[&other], 3600);
    assert_eq!(said().await, [other]);
    yard.dns.set_down(true);
    assert!(said().await.is_empty(), "the page is there without DNS");
    yard.dns.set_down(false);
    yard.on().await.unwrap();
    assert!(said().await.is_empty(), "a signed zone says itself what the parent has");
}

#[tokio::test]
async fn a_zones_key_is_sealed_and_stays_readable_when_the_installations_key_is_rotated() {
    let yard = Yard::signed().await;
    let private = yard.world.bench.services.servers.zone(yard.world.servers[0], DOMAIN).unwrap().signing.unwrap().private;
    let stored: String = sqlx::query_scalar("select row_to_json(s)::text || encode(sealed_key, 'escape') from dns_signing s")
        .fetch_one(&mut yard.world.bench.services.db.owner().await)
        .await
        .unwrap();
    assert!(!stored.contains(private.expose()));
    let mut services = yard.world.services().clone();
    services.key = MasterKey::new([3; 32]).with_older(vec![engine::testing::MASTER_KEY]);
    assert_eq!(secrets::reseal(&services).await.unwrap(), 1);
    services.key = MasterKey::new([3; 32]);
    assert_eq!(secrets::reseal(&services).await.unwrap(), 1, "the old key is needed no more");
}

#[tokio::test]
async fn records_of_services_reach_the_name_servers() {
    let (world, domain) = World::with_zone().await;
    let version = world.zone(domain).await.version;
    world.apply(domain, version, &[add("@", RecordType::Https, "1 . alpn=h3,h2 ipv4hint=192.0.2.1")]).await.unwrap();
    world.run().await;
    let there = world.bench.services.servers.zone(world.servers[1], DOMAIN).unwrap();
    assert!(there.records.iter().any(|record| record.data.to_string() == "1 . alpn=h3,h2 ipv4hint=192.0.2.1"), "{there:?}");
}
