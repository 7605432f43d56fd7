//! The private halves of zones' keys.

use super::queries;
use engine::{Result, Services, secrets::MasterKey};
use model::ids::DnsZoneId;
use uuid::Uuid;
use wire::Secret;

/// Seals a key.
pub(super) fn seal(key: &MasterKey, zone: DnsZoneId, private: &str) -> Result<Vec<u8>> {
    Ok(key.seal(&place(zone), private.as_bytes()).map_err(anyhow::Error::from)?)
}

/// Opens what [`seal`] made.
pub(super) fn open(key: &MasterKey, zone: DnsZoneId, sealed: &[u8]) -> Result<Secret> {
    let plain = key.open(&place(zone), sealed).map_err(anyhow::Error::from)?;
    Ok(Secret::new(String::from_utf8(plain).map_err(anyhow::Error::from)?).map_err(anyhow::Error::from)?)
}

fn place(zone: DnsZoneId) -> String {
    format!("dns_zone:{zone}")
}

/// Seals all keys with the present key; says how many.
pub(in super::super) async fn reseal(services: &Services) -> Result<usize> {
    let mut tx = services.db.system("command line").await?;
    let (mut count, mut after) = (0, DnsZoneId(Uuid::nil()));
    loop {
        let keys = queries::sealed_after(tx.conn(), after).await?;
        let Some((last, _)) = keys.last() else { break };
        after = *last;
        for (zone, sealed) in keys {
            let private = open(&services.key, zone, &sealed)?;
            queries::reseal(tx.conn(), zone, &seal(&services.key, zone, private.expose())?).await?;
            count += 1;
        }
    }
    tx.commit_progress().await?;
    Ok(count)
}
