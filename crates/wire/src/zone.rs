//! Zones as name servers serve them, made of typed records, so that a value cannot smuggle in anything else.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::svc::SvcParams;
use crate::text_type::text_type;
use crate::{DomainName, InvalidText, Secret};

/// Most records of a zone.
pub const MAX_RECORDS: usize = 5000;
/// Most keys of a zone that servers are told to drop.
pub const MAX_DROPS: usize = 20;
/// Largest text of a TXT record in bytes.
pub const MAX_TXT_BYTES: usize = 2048;
/// Smallest TTL in seconds.
pub const MIN_TTL: u32 = 60;
/// Largest TTL in seconds: a week.
pub const MAX_TTL: u32 = 604_800;

/// TTL in seconds of records without one, and of generated ones (SOA, NS).
pub const DEFAULT_TTL: u32 = 3600;

/// Value of a zone's SOA record: refresh every 3 hours, retry after an hour, expire after a week; negative answers are cached for an hour.
pub fn soa(zone: &str, primary: &str, serial: u32) -> String {
    format!("{primary}. hostmaster.{zone}. {serial} 10800 3600 604800 {DEFAULT_TTL}")
}

text_type!(
    RecordName,
    "name",
    check_name,
    "A name in DNS: lower case ASCII, `_` and a first label `*` allowed, no dot at its end; `.` alone is the root."
);
text_type!(TxtText, "text", check_txt, "Text of a TXT record: 1 to 2,048 bytes without control characters. Carried exactly.");
text_type!(CaaTag, "tag", check_tag, "Property of a CAA record: `a-z`, `0-9`; at most 15.");
text_type!(CaaValue, "value", check_caa, "Value of a CAA record: printable ASCII without `\"` and `\\`, at most 255. Carried exactly.");
text_type!(ZoneKeyText, "key", check_key, "A public key of DNSSEC algorithm 13 (ECDSA P-256): its 64 bytes in base64.");
text_type!(Hex, "hexadecimal digits", check_hex, "Bytes in lower case hexadecimal digits, 1 to 512 of them.");

impl RecordName {
    /// Whether it is this zone's name or below it.
    pub fn is_in(&self, zone: &DomainName) -> bool {
        self.as_str() == zone.as_str() || self.as_str().strip_suffix(zone.as_str()).is_some_and(|rest| rest.ends_with('.'))
    }

    /// With a trailing dot.
    pub fn absolute(&self) -> String {
        if self.as_str() == "." { ".".to_owned() } else { format!("{self}.") }
    }
}

/// A zone as every name server should serve it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneSpec {
    /// Its name.
    pub name: DomainName,
    /// Its serial; newer versions have greater ones.
    pub serial: u32,
    /// Names of its name servers, 1 to 20; the first is the primary.
    pub name_servers: Vec<DomainName>,
    /// All other records.
    pub records: Vec<ZoneRecord>,
    /// The key that signs it; nothing for a zone without DNSSEC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<ZoneKey>,
    /// The key that is to take the place of that one: until then both sign every record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<ZoneKey>,
    /// Keys whose signing has ended, which servers drop. They refuse to drop any other: a panel whose database was set back does not know of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drops: Vec<ZoneKeyText>,
}

/// A key of a signed zone (DNSSEC algorithm 13, combined signing key), the same on every name server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneKey {
    /// Its public half, as in the zone's DNSKEY record.
    pub public: ZoneKeyText,
    /// Its private half: 32 bytes in base64.
    pub private: Secret,
}

impl ZoneKey {
    /// The value of the zone's DNSKEY record.
    pub fn dnskey(&self) -> String {
        self.public.dnskey()
    }
}

impl ZoneKeyText {
    /// The value of the DNSKEY record of a zone that it signs.
    pub fn dnskey(&self) -> String {
        format!("257 3 13 {self}")
    }
}

/// A record of a zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneRecord {
    /// Its absolute name, without a trailing dot.
    pub name: RecordName,
    /// Its TTL in seconds.
    pub ttl: u32,
    /// Its typed value.
    pub data: RecordData,
}

/// The value of a record. `Display` writes the zone-file form, names with a trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "UPPERCASE", deny_unknown_fields)]
pub enum RecordData {
    /// An IPv4 address.
    A {
        /// The address.
        address: Ipv4Addr,
    },
    /// An IPv6 address.
    Aaaa {
        /// The address.
        address: Ipv6Addr,
    },
    /// Alias (canonical name).
    Cname {
        /// The canonical name.
        target: RecordName,
    },
    /// Mail server of a domain.
    Mx {
        /// Lower values are tried first.
        preference: u16,
        /// The mail server; `.` takes no mail.
        target: RecordName,
    },
    /// Text.
    Txt {
        /// The text, in one piece.
        text: TxtText,
    },
    /// Host and port of a service.
    Srv {
        /// Lower values are tried first.
        priority: u16,
        /// Relative share among targets of the same priority.
        weight: u16,
        /// Port.
        port: u16,
        /// The server; `.` for a service that is not available.
        target: RecordName,
    },
    /// Certificate authorities that may issue for a name.
    Caa {
        /// 128 for a critical property, otherwise 0.
        flags: u8,
        /// The property.
        tag: CaaTag,
        /// Its value.
        value: CaaValue,
    },
    /// Delegation to a name server.
    Ns {
        /// The name server.
        target: RecordName,
    },
    /// Pointer to another name, as in reverse DNS.
    Ptr {
        /// The name.
        target: RecordName,
    },
    /// SSH host key fingerprint.
    Sshfp {
        /// Key algorithm.
        algorithm: u8,
        /// Hash algorithm of the fingerprint.
        fingerprint_type: u8,
        /// The fingerprint.
        fingerprint: Hex,
    },
    /// Certificate association of a TLS service (DANE).
    Tlsa {
        /// Certificate usage.
        usage: u8,
        /// Selector: full certificate or public key.
        selector: u8,
        /// Matching type.
        matching: u8,
        /// Certificate association data.
        data: Hex,
    },
    /// Delegation signer: digest of a delegated zone's DNSSEC key.
    Ds {
        /// Key tag.
        key_tag: u16,
        /// Key algorithm.
        algorithm: u8,
        /// Digest algorithm.
        digest_type: u8,
        /// The digest.
        digest: Hex,
    },
    /// Where and how a service is reached (RFC 9460).
    Svcb {
        /// 0 for an alias; of others, lower values are tried first.
        priority: u16,
        /// The host; `.` is the record's own name.
        target: RecordName,
        /// What else a client needs to know; nothing for an alias.
        params: SvcParams,
    },
    /// The same for websites.
    Https {
        /// 0 for an alias; of others, lower values are tried first.
        priority: u16,
        /// The host; `.` is the record's own name.
        target: RecordName,
        /// What else a client needs to know; nothing for an alias.
        params: SvcParams,
    },
}

impl RecordData {
    /// Its type, as in zone files.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::A { .. } => "A",
            Self::Aaaa { .. } => "AAAA",
            Self::Cname { .. } => "CNAME",
            Self::Mx { .. } => "MX",
            Self::Txt { .. } => "TXT",
            Self::Srv { .. } => "SRV",
            Self::Caa { .. } => "CAA",
            Self::Ns { .. } => "NS",
            Self::Ptr { .. } => "PTR",
            Self::Sshfp { .. } => "SSHFP",
            Self::Tlsa { .. } => "TLSA",
            Self::Ds { .. } => "DS",
            Self::Svcb { .. } => "SVCB",
            Self::Https { .. } => "HTTPS",
        }
    }
}

impl fmt::Display for RecordData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::A { address } => write!(f, "{address}"),
            Self::Aaaa { address } => write!(f, "{address}"),
            Self::Cname { target } | Self::Ns { target } | Self::Ptr { target } => f.write_str(&target.absolute()),
            Self::Mx { preference, target } => write!(f, "{preference} {}", target.absolute()),
            Self::Txt { text } => quoted(text.as_str(), f),
            Self::Srv { priority, weight, port, target } => write!(f, "{priority} {weight} {port} {}", target.absolute()),
            Self::Caa { flags, tag, value } => write!(f, "{flags} {tag} \"{value}\""),
            Self::Sshfp { algorithm, fingerprint_type, fingerprint } => write!(f, "{algorithm} {fingerprint_type} {fingerprint}"),
            Self::Tlsa { usage, selector, matching, data } => write!(f, "{usage} {selector} {matching} {data}"),
            Self::Ds { key_tag, algorithm, digest_type, digest } => write!(f, "{key_tag} {algorithm} {digest_type} {digest}"),
            Self::Svcb { priority, target, params } | Self::Https { priority, target, params } => {
                write!(f, "{priority} {}{params}", target.absolute())
            }
        }
    }
}

/// Writes strings of at most 255 bytes; bytes that are not printable ASCII are escaped by number.
fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, part) in text.as_bytes().chunks(255).enumerate() {
        f.write_str(if at == 0 { "\"" } else { " \"" })?;
        for byte in part {
            match byte {
                b'"' | b'\\' => write!(f, "\\{}", char::from(*byte))?,
                b' '..=b'~' => write!(f, "{}", char::from(*byte))?,
                _ => write!(f, "\\{byte:03}")?,
            }
        }
        f.write_str("\"")?;
    }
    Ok(())
}

/// What a name server's PowerDNS has counted since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryCounts {
    /// For how many seconds it has been running.
    pub uptime_s: u64,
    /// Questions that it was asked, over UDP and TCP.
    pub queries: u64,
    /// Answers that said that it had failed.
    pub failures: u64,
    /// How long an answer takes, in microseconds, as a running average.
    pub latency_us: u64,
}

impl ZoneSpec {
    /// Whether only agents that can sign zones read it: they know records of services too.
    pub(crate) fn needs_signing_agent(&self) -> bool {
        let is_service = |record: &ZoneRecord| matches!(record.data, RecordData::Svcb { .. } | RecordData::Https { .. });
        self.signing.is_some() || !self.drops.is_empty() || self.records.iter().any(is_service)
    }

    /// The keys that sign it.
    pub fn keys(&self) -> impl Iterator<Item = &ZoneKey> {
        self.signing.iter().chain(&self.next)
    }

    /// Checks what no single field can: sizes, TTLs, and that every name is in the zone.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check(&self) -> Result<(), InvalidText> {
        let fault = |why| Err(InvalidText { what: "zone", why });
        if self.serial == 0 {
            return fault("needs a serial");
        }
        if !(1..=20).contains(&self.name_servers.len()) {
            return fault("1 to 20 name servers");
        }
        if self.records.len() > MAX_RECORDS {
            return fault("at most 5,000 records");
        }
        if self.records.iter().any(|record| !record.name.is_in(&self.name)) {
            return fault("every name must be in the zone");
        }
        if self.records.iter().any(|record| !(MIN_TTL..=MAX_TTL).contains(&record.ttl)) {
            return fault("times from a minute to a week");
        }
        let at_top = |record: &ZoneRecord| record.name.as_str() == self.name.as_str();
        if self.records.iter().any(|record| at_top(record) && matches!(record.data, RecordData::Ns { .. } | RecordData::Cname { .. })) {
            return fault("neither NS nor CNAME for its own name");
        }
        let is_service = |data: &RecordData| match data {
            RecordData::Svcb { priority, params, .. } | RecordData::Https { priority, params, .. } => params.check(*priority).is_ok(),
            _ => true,
        };
        if self.records.iter().any(|record| !is_service(&record.data)) {
            return fault("parameters of a service that do not go together");
        }
        if self.drops.len() > MAX_DROPS {
            return fault("at most 20 keys to drop");
        }
        if self.keys().any(|key| !is_base64(key.private.expose(), 44, 1)) {
            return fault("a private key of 32 bytes");
        }
        if self.next.as_ref().is_some_and(|next| self.signing.as_ref().is_none_or(|key| key.public == next.public)) {
            return fault("another key than the one that signs it, which it has too");
        }
        Ok(())
    }
}

fn check_name(text: &str) -> Result<(), &'static str> {
    if text == "." {
        return Ok(());
    }
    if !(1..=253).contains(&text.len()) {
        return Err("1 to 253 characters");
    }
    let mut labels = text.split('.').enumerate();
    let is_plain = |label: &str| label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    let is_label = |(at, label): (usize, &str)| match label {
        "*" => at == 0,
        _ => (1..=63).contains(&label.len()) && is_plain(label) && !label.starts_with('-') && !label.ends_with('-'),
    };
    // A top-level label begins with a letter: IP addresses are not names.
    let top = text.rsplit_once('.').map(|(_, top)| top).filter(|top| top.starts_with(|c: char| c.is_ascii_lowercase()));
    if top.is_some() && labels.all(is_label) { Ok(()) } else { Err("two labels or more of a-z, 0-9, - and _, 1 to 63 characters each") }
}

fn check_txt(text: &str) -> Result<(), &'static str> {
    if !(1..=MAX_TXT_BYTES).contains(&text.len()) {
        Err("1 to 2,048 bytes")
    } else if text.chars().any(char::is_control) {
        Err("no control characters")
    } else {
        Ok(())
    }
}

fn check_tag(text: &str) -> Result<(), &'static str> {
    let is_plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if is_plain && (1..=15).contains(&text.len()) { Ok(()) } else { Err("1 to 15 of a-z and 0-9") }
}

fn check_caa(text: &str) -> Result<(), &'static str> {
    let is_plain = text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\');
    if is_plain && text.len() <= 255 { Ok(()) } else { Err("at most 255 characters, no quotes, no backslashes") }
}

fn check_key(text: &str) -> Result<(), &'static str> {
    if is_base64(text, 88, 2) { Ok(()) } else { Err("64 bytes in base64") }
}

/// Whether it is base64 of this length, with this many `=` at its end.
pub(crate) fn is_base64(text: &str, length: usize, padding: usize) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    text.len() == length && text.len() - digits.len() == padding && digits.bytes().all(is_digit)
}

fn check_hex(text: &str) -> Result<(), &'static str> {
    let is_hex = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    if is_hex && text.len().is_multiple_of(2) && (2..=1024).contains(&text.len()) { Ok(()) } else { Err("pairs of 0-9 and a-f") }
}

#[cfg(test)]
#[path = "zone_tests.rs"]
mod tests;
