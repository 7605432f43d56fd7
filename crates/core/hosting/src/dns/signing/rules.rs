//! What a key is to its parent. No I/O.

use super::Signing;
use adapters::dns::DsRecord;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use engine::Result;
use model::{
    Time,
    hosting::dns::{ALGORITHM, DIGEST_TYPE, DnsRecord, DnssecStatus, DnssecView, RolloverStatus, RolloverView},
};
use sha2::{Digest, Sha256, Sha384};
use wire::zone::DEFAULT_TTL;

/// For how long a resolver is taken to keep a DS record at least, and the answer that there is none: what was seen of a TTL may be the rest of one,
/// and "none" may be older than a DS record that others have by now.
const MIN_DS_TTL: TimeDelta = TimeDelta::hours(24);

/// The bytes of a public key.
pub(super) fn point(public: &str) -> Result<Vec<u8>> {
    Ok(STANDARD.decode(public).map_err(anyhow::Error::from)?)
}

/// A DNSKEY record's data: flags 257 (a key that signs keys), protocol 3, algorithm and key (RFC 4034 §2.1).
fn dnskey(point: &[u8]) -> Vec<u8> {
    [&[1, 1, 3, ALGORITHM], point].concat()
}

/// The key tag (RFC 4034, appendix B).
pub(super) fn key_tag(point: &[u8]) -> u16 {
    let add = |sum: u32, (at, byte): (usize, &u8)| sum + if at % 2 == 0 { u32::from(*byte) << 8 } else { u32::from(*byte) };
    let sum = dnskey(point).iter().enumerate().fold(0, add);
    u16::try_from((sum + (sum >> 16 & 0xffff)) & 0xffff).unwrap_or_default()
}

/// The digest in a DS record (RFC 4034 §5.1.4): of the zone's name as DNS sends it, and the key. Nothing for a kind of digest that is not known.
fn digest(zone: &str, point: &[u8], digest_type: u8) -> Option<String> {
    let mut data = Vec::new();
    for label in zone.split('.') {
        data.push(u8::try_from(label.len()).ok()?);
        data.extend_from_slice(label.as_bytes());
    }
    data.push(0);
    data.extend(dnskey(point));
    match digest_type {
        DIGEST_TYPE => Some(hex::encode(Sha256::digest(data))),
        4 => Some(hex::encode(Sha384::digest(data))),
        _ => None,
    }
}

/// A DS record as zone files have it.
pub(super) fn text(ds: &DsRecord) -> String {
    format!("{} {} {} {}", ds.key_tag, ds.algorithm, ds.digest_type, ds.digest)
}

/// Whether a DS record, as zone files have it, is of this key.
fn is_of(ds: &str, zone: &str, point: &[u8]) -> bool {
    let words: Vec<&str> = ds.split_whitespace().collect();
    let [tag, algorithm, digest_type, found] = words.as_slice() else { return false };
    let wanted = digest_type.parse().ok().and_then(|digest_type| digest(zone, point, digest_type));
    tag.parse() == Ok(key_tag(point)) && algorithm.parse() == Ok(ALGORITHM) && wanted.as_deref() == Some(*found)
}

impl Signing {
    /// Tag of the key.
    pub(super) fn key_tag(&self) -> Result<u16> {
        Ok(key_tag(&point(&self.public_key)?))
    }

    /// Whether its DS record can ever have been at the parent.
    pub(super) fn was_shown(&self) -> bool {
        self.shown_at.is_some() || self.ds_seen_at.is_some()
    }

    /// From when on no resolver can have a DS record any more, once it was asked to be turned off; nothing while the parent has one.
    pub(super) fn free_from(&self) -> Option<Time> {
        let asked = self.off_asked_at?;
        let wait = self.ds_wait();
        match self.ds_seen_at {
            _ if !self.ds.is_empty() => None,
            _ if !self.was_shown() => Some(asked),
            None => Some(asked + wait),
            Some(_) => Some(self.ds_gone_at?.max(asked) + wait),
        }
    }

    /// Whether the parent has the key's DS record.
    fn has_ds(&self, zone: &str) -> Result<bool> {
        let point = point(&self.public_key)?;
        Ok(self.ds.iter().any(|ds| is_of(ds, zone, &point)))
    }

    /// Whether the parent has the DS record of the next key.
    pub(super) fn has_next_ds(&self, zone: &str) -> Result<bool> {
        let Some(next) = &self.next_public_key else { return Ok(false) };
        let point = point(next)?;
        Ok(self.ds.iter().any(|ds| is_of(ds, zone, &point)))
    }

    /// Whether the parent has the DS record of the next key, and none of the present one.
    pub(super) fn has_only_next_ds(&self, zone: &str) -> Result<bool> {
        Ok(self.has_next_ds(zone)? && !self.has_ds(zone)?)
    }

    /// From when on no resolver needs a key that is being replaced: none has its DS record, nor an answer that it alone has signed, which is kept for
    /// `longest`. Nothing while the parent has that record or not the next one's, or a name server does not sign with the next key.
    pub(super) fn old_key_until(&self, longest: TimeDelta) -> Option<Time> {
        Some((self.next_only_at? + self.ds_wait()).max(self.next_served_at? + longest))
    }

    /// For how long a resolver can keep a DS record.
    fn ds_wait(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.ds_ttl)).max(MIN_DS_TTL)
    }

    /// How far it is.
    pub(super) fn status(&self, zone: &str) -> Result<DnssecStatus> {
        let is_secured = self.has_ds(zone)? || self.has_next_ds(zone)?;
        Ok(match self.ds.as_slice() {
            _ if self.off_asked_at.is_some() => DnssecStatus::TurningOff,
            _ if is_secured => DnssecStatus::Secured,
            [_, ..] => DnssecStatus::Mismatch,
            [] if self.served_at.is_none() => DnssecStatus::Signing,
            [] => DnssecStatus::WaitingForDs,
        })
    }
}

/// For how long resolvers can keep answers of a zone with these records.
pub(super) fn longest_ttl(records: &[DnsRecord]) -> TimeDelta {
    TimeDelta::seconds(i64::from(records.iter().map(|record| record.ttl).fold(DEFAULT_TTL, u32::max)))
}

/// DNSSEC of a zone with these records, for people.
pub(super) fn view(zone: &str, signing: &Signing, records: &[DnsRecord]) -> Result<DnssecView> {
    let point = point(&signing.public_key)?;
    let longest = longest_ttl(records);
    Ok(DnssecView {
        status: signing.status(zone)?,
        key_tag: key_tag(&point),
        digest: digest(zone, &point, DIGEST_TYPE).unwrap_or_default().to_uppercase(),
        public_key: signing.public_key.clone(),
        ds_from: signing.served_at.map(|at| at + longest),
        at_parent: signing.ds.clone(),
        checked_at: signing.ds_checked_at,
        error: signing.ds_error.as_ref().map(|_| "The parent zone couldn't be looked up. It is tried again automatically.".to_owned()),
        off_at: signing.free_from(),
        rollover: signing.next_public_key.as_deref().map(|next| rollover(zone, signing, next, longest)).transpose()?,
    })
}

/// The replacement of a key, for people. `longest` is the longest TTL of the zone's records.
fn rollover(zone: &str, signing: &Signing, next: &str, longest: TimeDelta) -> Result<RolloverView> {
    let point = point(next)?;
    let status = match (signing.next_shown_at, signing.has_next_ds(zone)?, signing.has_ds(zone)?) {
        (_, true, false) => RolloverStatus::Retiring,
        (_, true, true) => RolloverStatus::RemoveOldDs,
        (None, false, _) => RolloverStatus::Signing,
        (Some(_), false, _) => RolloverStatus::WaitingForDs,
    };
    Ok(RolloverView {
        status,
        key_tag: key_tag(&point),
        digest: digest(zone, &point, DIGEST_TYPE).unwrap_or_default().to_uppercase(),
        public_key: next.to_owned(),
        ds_from: signing.next_served_at.map(|at| at + longest),
        ends_at: signing.old_key_until(longest),
    })
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
