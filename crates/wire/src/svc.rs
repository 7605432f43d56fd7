//! Parameters of SVCB and HTTPS records (RFC 9460 §7).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::InvalidText;
use crate::text_type::text_type;

text_type!(Alpn, "protocol", check_alpn, "Name of a protocol, such as `h2`: `a-z`, `0-9`, `.`, `/`, `-`; at most 40.");
text_type!(Ech, "ECH configuration", check_ech, "Configuration of Encrypted Client Hello in base64, at most 2,000 characters. Carried exactly.");

/// Most values of one parameter.
pub const MAX_VALUES: usize = 20;

/// Key of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SvcKey {
    /// Keys that a client must understand to use the record.
    Mandatory,
    /// Protocols beside the default one.
    Alpn,
    /// The default protocol is not supported.
    NoDefaultAlpn,
    /// Port, where it is not the usual one.
    Port,
    /// IPv4 addresses to try before the target is resolved.
    Ipv4hint,
    /// Configuration of Encrypted Client Hello.
    Ech,
    /// IPv6 addresses to try before the target is resolved.
    Ipv6hint,
}

impl SvcKey {
    /// All keys, in the order in which records have them.
    pub const ALL: [Self; 7] = [Self::Mandatory, Self::Alpn, Self::NoDefaultAlpn, Self::Port, Self::Ipv4hint, Self::Ech, Self::Ipv6hint];

    /// Its name in zone files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mandatory => "mandatory",
            Self::Alpn => "alpn",
            Self::NoDefaultAlpn => "no-default-alpn",
            Self::Port => "port",
            Self::Ipv4hint => "ipv4hint",
            Self::Ech => "ech",
            Self::Ipv6hint => "ipv6hint",
        }
    }
}

/// Parameters of a record. `Display` writes them as in zone files, each behind a space.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SvcParams {
    /// Keys that a client must understand to use the record.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mandatory: Vec<SvcKey>,
    /// Protocols beside the default one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alpn: Vec<Alpn>,
    /// The default protocol is not supported.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_default_alpn: bool,
    /// Port, where it is not the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// IPv4 addresses to try before the target is resolved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipv4hint: Vec<Ipv4Addr>,
    /// Configuration of Encrypted Client Hello.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ech: Option<Ech>,
    /// IPv6 addresses to try before the target is resolved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipv6hint: Vec<Ipv6Addr>,
}

impl SvcParams {
    /// Whether it has this key.
    pub fn has(&self, key: SvcKey) -> bool {
        match key {
            SvcKey::Mandatory => !self.mandatory.is_empty(),
            SvcKey::Alpn => !self.alpn.is_empty(),
            SvcKey::NoDefaultAlpn => self.no_default_alpn,
            SvcKey::Port => self.port.is_some(),
            SvcKey::Ipv4hint => !self.ipv4hint.is_empty(),
            SvcKey::Ech => self.ech.is_some(),
            SvcKey::Ipv6hint => !self.ipv6hint.is_empty(),
        }
    }

    /// Checks what no single parameter can.
    ///
    /// # Errors
    /// The rule that is broken, for people.
    pub fn check(&self, priority: u16) -> Result<(), InvalidText> {
        let fault = |why| Err(InvalidText { what: "parameters", why });
        if priority == 0 && SvcKey::ALL.into_iter().any(|key| self.has(key)) {
            return fault("An alias (priority 0) has no parameters.");
        }
        if self.no_default_alpn && self.alpn.is_empty() {
            return fault("no-default-alpn needs alpn.");
        }
        if self.mandatory.iter().any(|key| *key == SvcKey::Mandatory || !self.has(*key)) {
            return fault("mandatory names parameters that the record has, and not itself.");
        }
        let most = self.mandatory.len().max(self.alpn.len()).max(self.ipv4hint.len()).max(self.ipv6hint.len());
        let mut mandatory = self.mandatory.clone();
        mandatory.sort_unstable();
        mandatory.dedup();
        if most > MAX_VALUES || mandatory != self.mandatory {
            return fault("A parameter has up to 20 values, and mandatory each key once.");
        }
        Ok(())
    }
}

impl fmt::Display for SvcParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, "mandatory", self.mandatory.iter().map(|key| key.as_str()))?;
        list(f, "alpn", &self.alpn)?;
        if self.no_default_alpn {
            f.write_str(" no-default-alpn")?;
        }
        list(f, "port", self.port)?;
        list(f, "ipv4hint", &self.ipv4hint)?;
        if let Some(ech) = &self.ech {
            write!(f, " ech=\"{ech}\"")?;
        }
        list(f, "ipv6hint", &self.ipv6hint)
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, key: &str, values: impl IntoIterator<Item = T>) -> fmt::Result {
    for (at, value) in values.into_iter().enumerate() {
        if at == 0 {
            write!(f, " {key}={value}")?;
        } else {
            write!(f, ",{value}")?;
        }
    }
    Ok(())
}

fn check_alpn(text: &str) -> Result<(), &'static str> {
    let is_plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'/' | b'-'));
    if is_plain && (1..=40).contains(&text.len()) { Ok(()) } else { Err("1 to 40 of a-z, 0-9, ., / and -") }
}

fn check_ech(text: &str) -> Result<(), &'static str> {
    let padding = text.len() - text.trim_end_matches('=').len();
    let is_whole = text.len().is_multiple_of(4) && (4..=2000).contains(&text.len()) && padding <= 2;
    if is_whole && crate::zone::is_base64(text, text.len(), padding) { Ok(()) } else { Err("base64, at most 2,000 characters") }
}
