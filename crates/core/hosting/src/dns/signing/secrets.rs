//! The private halves of zones' keys.

use super::queries;
use engine::{
    Result, Services,
    secrets::{self, MasterKey},
};
use model::ids::DnsZoneId;
use wire::Secret;

/// Seals a key.
pub(super) fn seal(key: &MasterKey, zone: DnsZoneId, private: &str) -> Result<Vec<u8>> {
    Ok(key.seal_text(&place(zone), private)?)
}

/// Opens what [`seal`] made.
pub(super) fn open(key: &MasterKey, zone: DnsZoneId, sealed: &[u8]) -> Result<Secret> {
    Ok(Secret::new(key.open_text(&place(zone), sealed)?).map_err(anyhow::Error::from)?)
}

fn place(zone: DnsZoneId) -> String {
    format!("dns_zone:{zone}")
}

/// Seals all keys with the present key; says how many.
pub(in super::super) async fn reseal(services: &Services) -> Result<usize> {
    secrets::reseal::<queries::SealedZones>(services, |zone, _| place(*zone)).await
}
