//! Another key for a signed zone.

use super::{
    signing::{MINUTES, Yard},
    world::{DOMAIN, fault, record},
};
use crate::dns;
use chrono::TimeDelta;
use model::hosting::dns::{ChangeOp, DnsRecord, DnssecStatus, RecordChange, RecordType, RolloverStatus, RolloverView};

impl Yard {
    /// Signed, and the parent has the key's DS record. Answers with it.
    async fn secured() -> (Self, String) {
        let yard = Self::signed().await;
        let ds = yard.dnssec().await.unwrap().ds();
        yard.dns.set_ds(DOMAIN, &[&ds], 3600);
        yard.world.after(MINUTES).await;
        assert_eq!(yard.dnssec().await.unwrap().status, DnssecStatus::Secured);
        (yard, ds)
    }

    async fn roll(&self) -> engine::Result<()> {
        dns::start_rollover(self.world.services(), self.world.write().await, self.domain).await
    }

    async fn cancel_roll(&self) -> engine::Result<()> {
        dns::cancel_rollover(self.world.services(), self.world.write().await, self.domain).await
    }

    async fn rollover(&self) -> Option<RolloverView> {
        self.dnssec().await.unwrap().rollover
    }

    async fn settle(&self) {
        self.world.run().await;
        self.world.after(MINUTES).await;
        self.world.after(MINUTES).await;
    }

    /// The public keys that sign the zone on a server.
    fn keys(&self, which: usize) -> Vec<String> {
        let zone = self.world.bench.services.servers.zone(self.world.servers[which], DOMAIN).unwrap();
        zone.keys().map(|key| key.public.as_str().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_key_is_replaced_while_both_sign_until_no_resolver_can_have_the_old_ones_ds() {
    let (yard, old) = Yard::secured().await;
    let before = yard.dnssec().await.unwrap();
    let serial = yard.world.zone(yard.domain).await.serial;
    yard.roll().await.unwrap();
    assert_eq!(fault(yard.roll().await), "The key is being replaced already.");
    yard.settle().await;
    let next = yard.rollover().await.unwrap();
    let both = vec![before.public_key.clone(), next.public_key.clone()];
    assert_eq!([yard.keys(0), yard.keys(1)], [both.clone(), both.clone()]);
    assert_eq!(next.status, RolloverStatus::WaitingForDs);
    assert!(next.ds_from.is_some_and(|from| from > yard.world.services().now()), "resolvers have what only the old key has signed: {next:?}");
    assert_eq!(yard.dnssec().await.unwrap().status, DnssecStatus::Secured);
    assert!(fault(yard.cancel_roll().await).starts_with("The DS record of the new key was shown already"));

    // The new DS record stands beside the old one; then alone.
    yard.dns.set_ds(DOMAIN, &[&old, &next.ds()], 200_000);
    yard.world.after(MINUTES).await;
    assert_eq!(yard.rollover().await.unwrap().status, RolloverStatus::RemoveOldDs);
    yard.world.after(TimeDelta::days(5)).await;
    assert_eq!(yard.keys(0), both, "the old key stays as long as the parent has its DS record");
    yard.dns.set_ds(DOMAIN, &[&next.ds()], 200_000);
    yard.world.after(MINUTES).await;
    let view = yard.rollover().await.unwrap();
    assert_eq!(view.status, RolloverStatus::Retiring);
    let ends_at = view.ends_at.unwrap();
    assert!(ends_at - yard.world.services().now() > TimeDelta::seconds(190_000), "the longest TTL that was seen is waited for: {view:?}");

    // It comes back, and the wait begins anew.
    yard.world.after(TimeDelta::hours(30)).await;
    yard.dns.set_ds(DOMAIN, &[&old, &next.ds()], 3600);
    yard.world.after(MINUTES).await;
    assert_eq!(yard.rollover().await.unwrap().ends_at, None);
    yard.dns.set_ds(DOMAIN, &[&next.ds()], 3600);
    yard.world.after(MINUTES).await;
    assert!(yard.rollover().await.unwrap().ends_at.unwrap() > ends_at);
    // What the parent has is not known when the time has come.
    yard.dns.set_down(true);
    yard.world.after(TimeDelta::days(3)).await;
    assert_eq!(yard.keys(0), both, "only what was just seen ends it");
    yard.dns.set_down(false);
    yard.settle().await;
    let after = yard.dnssec().await.unwrap();
    assert_eq!((after.rollover, after.public_key.as_str(), after.status), (None, next.public_key.as_str(), DnssecStatus::Secured));
    for which in [0, 1] {
        assert_eq!(yard.keys(which), [next.public_key.clone()]);
        let zone = yard.world.bench.services.servers.zone(yard.world.servers[which], DOMAIN).unwrap();
        assert!(zone.drops.iter().any(|key| key.as_str() == before.public_key), "the server may drop the old one");
    }
    let zone = yard.world.zone(yard.domain).await;
    assert!(zone.serial > serial && zone.version == 1 && zone.is_in_sync(), "{zone:?}");
    let told = yard.world.told().await;
    assert_eq!(told[told.len() - 2..], ["DNSSEC key is to be replaced", "DNSSEC key replaced"]);
}

#[tokio::test]
async fn the_old_key_stays_until_resolvers_have_forgotten_what_it_alone_has_signed_however_early_the_ds_is_replaced() {
    let (yard, _) = Yard::secured().await;
    let version = yard.world.zone(yard.domain).await.version;
    let kept = DnsRecord { ttl: 604_800, ..record("kept", RecordType::A, "192.0.2.80") };
    yard.world.apply(yard.domain, version, &[RecordChange { op: ChangeOp::Add, record: kept }]).await.unwrap();
    yard.roll().await.unwrap();
    yard.settle().await;
    let next = yard.rollover().await.unwrap();
    yard.dns.set_ds(DOMAIN, &[&next.ds()], 3600);
    yard.world.after(MINUTES).await;
    assert_eq!(yard.rollover().await.unwrap().ends_at, next.ds_from);
    yard.world.after(TimeDelta::days(6)).await;
    assert_eq!(yard.keys(0).len(), 2);
    yard.world.after(TimeDelta::days(2)).await;
    yard.settle().await;
    assert_eq!(yard.keys(0), [next.public_key]);
}

#[tokio::test]
async fn the_new_ds_is_shown_once_every_name_server_signs_with_both_keys_and_until_then_it_can_be_cancelled() {
    let (yard, _) = Yard::secured().await;
    yard.world.bench.services.servers.set_down(yard.world.servers[1], true);
    yard.roll().await.unwrap();
    yard.settle().await;
    let view = yard.rollover().await.unwrap();
    assert_eq!((view.status, view.ds_from), (RolloverStatus::Signing, None));
    yard.cancel_roll().await.unwrap();
    yard.world.bench.services.servers.set_down(yard.world.servers[1], false);
    yard.settle().await;
    let kept = yard.dnssec().await.unwrap();
    assert_eq!((kept.rollover, [yard.keys(0), yard.keys(1)]), (None, [vec![kept.public_key.clone()], vec![kept.public_key]]));
    assert_eq!(fault(yard.cancel_roll().await), "The key is not being replaced.");
}

#[tokio::test]
async fn a_key_is_replaced_only_once_the_parent_has_its_ds() {
    let yard = Yard::signed().await;
    assert!(fault(yard.roll().await).starts_with("The parent zone doesn't have the DS record of the current key."));
    let unsigned = Yard::new().await;
    assert_eq!(fault(unsigned.roll().await), "DNSSEC is not on for this zone.");
}

#[tokio::test]
async fn both_keys_are_sealed_anew_and_go_with_the_zone() {
    let (yard, _) = Yard::secured().await;
    yard.roll().await.unwrap();
    assert_eq!(crate::dns::signing::secrets::reseal(yard.world.services()).await.unwrap(), 2);
    yard.settle().await;
    assert_eq!(yard.keys(0).len(), 2, "they open");
    // Turned off, both may be dropped.
    yard.dns.set_ds(DOMAIN, &[], 0);
    dns::turn_off(yard.world.services(), yard.world.write().await, yard.domain).await.unwrap();
    let both = yard.keys(0);
    yard.world.after(TimeDelta::hours(25)).await;
    yard.settle().await;
    let zone = yard.world.bench.services.servers.zone(yard.world.servers[0], DOMAIN).unwrap();
    assert!(zone.keys().next().is_none() && both.iter().all(|key| zone.drops.iter().any(|drop| drop.as_str() == key)), "{:?}", zone.drops);
}
