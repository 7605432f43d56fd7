//! The domain name system as somebody outside sees it.

mod authority;
mod resolver;
mod simulated;
#[cfg(test)]
mod tests;

pub use authority::{AuthoritativeDns, NameServer, UdpAuthoritativeDns};
pub use resolver::DnsResolver;
pub use simulated::SimulatedDns;

use async_trait::async_trait;
use std::net::IpAddr;

/// No answer came; it says nothing about the name.
#[derive(Debug, thiserror::Error)]
#[error("DNS is unavailable: {0}")]
pub struct DnsUnavailable(pub String);

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
}
