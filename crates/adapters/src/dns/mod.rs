//! The domain name system as somebody outside sees it.

mod authority;
mod keys;
mod parent;
#[cfg(test)]
mod parent_tests;
mod records;
mod resolver;
mod simulated;
#[cfg(test)]
mod tests;

pub use authority::{AuthoritativeDns, NameServer, UdpAuthoritativeDns};
pub use keys::{NewZoneKey, new_zone_key};
pub use records::{DsRecord, Found};
pub use resolver::DnsResolver;
pub use simulated::SimulatedDns;

use async_trait::async_trait;
use std::net::IpAddr;

/// No answer came; it says nothing about the name.
#[derive(Debug, thiserror::Error)]
#[error("DNS is unavailable: {0}")]
pub struct DnsUnavailable(pub String);

/// Who may issue certificates for a name, as a CAA record (RFC 8659) says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaaRecord {
    /// Who does not understand the property must not issue.
    pub is_critical: bool,
    /// The property, in lower case: `issue`, `issuewild` ...
    pub tag: String,
    /// Its value.
    pub value: String,
}

impl std::fmt::Display for CaaRecord {
    /// As zone files have it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} \"{}\"", if self.is_critical { 128 } else { 0 }, self.tag, self.value)
    }
}

/// Answers questions about names. A name that is not there has no records.
#[async_trait]
pub trait Dns: Send + Sync + 'static {
    /// The texts of the TXT records of a name, each in one piece.
    ///
    /// # Errors
    /// [`DnsUnavailable`] if there is no answer.
    async fn texts(&self, name: &str) -> Result<Vec<String>, DnsUnavailable>;

    /// The addresses that a name leads to, aliases followed.
    ///
    /// # Errors
    /// As [`Dns::texts`].
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, DnsUnavailable>;

    /// The name servers of a zone, in lower case and without a dot at their end.
    ///
    /// # Errors
    /// As [`Dns::texts`].
    async fn name_servers(&self, zone: &str) -> Result<Vec<String>, DnsUnavailable>;

    /// The CAA records of this very name, aliases followed; not those of the names above it.
    ///
    /// # Errors
    /// As [`Dns::texts`].
    async fn caa(&self, name: &str) -> Result<Vec<CaaRecord>, DnsUnavailable>;

    /// The DS records of a zone at its parent, as resolvers and the parent's own name servers have them: those that anyone has, and none only where
    /// the parent itself says so.
    ///
    /// # Errors
    /// As [`Dns::texts`].
    async fn ds(&self, zone: &str) -> Result<Vec<DsRecord>, DnsUnavailable>;

    /// What each resolver, by its name, answers for the records of this type at a name; and the serial of the zone that it has.
    async fn lookup(&self, zone: &str, name: &str, kind: &str) -> Vec<(String, Result<(Found, Option<u32>), DnsUnavailable>)>;
}
