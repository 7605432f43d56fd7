//! Records as they come from DNS.

use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use wire::zone::{RecordData, RecordName, TxtText};

/// What was answered for a name and a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The values, as zone files have them; sorted.
    pub values: Vec<String>,
    /// For how long the answer may be kept yet, in seconds; nothing where there is no record.
    pub ttl: Option<u32>,
}

/// A DS record: the digest of a key that the parent of a zone has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DsRecord {
    /// The key's tag.
    pub key_tag: u16,
    /// The key's algorithm.
    pub algorithm: u8,
    /// Kind of the digest: 2 is SHA-256, 4 is SHA-384.
    pub digest_type: u8,
    /// The digest in lower case hex.
    pub digest: String,
    /// For how long it may be kept yet, in seconds.
    pub ttl: u32,
}

impl Found {
    /// The records of this type that a name has among answers. Of an alias it is the alias: what that leads to is another zone's, and a resolver
    /// has it where a name server has not.
    pub(super) fn of<'a>(answers: impl IntoIterator<Item = &'a Record>, name: &Name, kind: RecordType) -> Self {
        let mut found = Self::default();
        for record in answers {
            if record.name == *name && (record.record_type() == kind || record.record_type() == RecordType::CNAME) {
                found.values.push(value(&record.data));
                found.ttl = Some(found.ttl.map_or(record.ttl, |ttl| ttl.min(record.ttl)));
            }
        }
        found.values.sort();
        found
    }
}

/// Reads a DS record. Without its DNSSEC feature the library leaves it as it came.
pub(super) fn ds(record: &Record) -> Option<DsRecord> {
    let RData::Unknown { code: RecordType::DS, rdata } = &record.data else { return None };
    let [high, low, algorithm, digest_type, digest @ ..] = rdata.anything.as_slice() else { return None };
    let key_tag = u16::from_be_bytes([*high, *low]);
    Some(DsRecord { key_tag, algorithm: *algorithm, digest_type: *digest_type, digest: hex::encode(digest), ttl: record.ttl })
}

/// The public key of a DNSKEY record of algorithm 13 that signs a whole zone: its bytes.
pub(super) fn zone_key(record: &Record) -> Option<Vec<u8>> {
    let RData::Unknown { code: RecordType::DNSKEY, rdata } = &record.data else { return None };
    rdata.anything.strip_prefix(&[1, 1, 3, 13]).map(<[u8]>::to_vec)
}

/// A value in the form in which zones store it; of rare types in that of the library.
fn value(data: &RData) -> String {
    let name = |name: &Name| RecordName::new(name.to_lowercase().to_ascii().trim_end_matches('.')).ok();
    let own = match data {
        RData::A(address) => Some(RecordData::A { address: address.0 }),
        RData::AAAA(address) => Some(RecordData::Aaaa { address: address.0 }),
        RData::CNAME(target) => name(&target.0).map(|target| RecordData::Cname { target }),
        RData::NS(target) => name(&target.0).map(|target| RecordData::Ns { target }),
        RData::MX(mx) => name(&mx.exchange).map(|target| RecordData::Mx { preference: mx.preference, target }),
        RData::TXT(text) => {
            String::from_utf8(text.txt_data.concat()).ok().and_then(|text| TxtText::new(text).ok()).map(|text| RecordData::Txt { text })
        }
        _ => None,
    };
    own.map_or_else(|| data.to_string(), |own| own.to_string())
}
