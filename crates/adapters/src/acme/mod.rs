//! Certificate authorities that speak ACME (RFC 8555).

mod certificate;
mod error;
mod fake;
#[cfg(test)]
mod hostile;
mod http;
mod instant;
#[cfg(test)]
mod tests;

pub use certificate::{InvalidCertificate, IssuedCertificate, SigningRequest, read_chain, self_signed};
pub(crate) use certificate::{all_der, fingerprint, first_der};
pub use error::AcmeError;
pub use fake::{FakeAuthority, Mood, Now, Texts};
pub use instant::{AcmeAuthority, AcmeConfig, ExternalAccount};

use async_trait::async_trait;
use model::Time;
use std::sync::Arc;

/// The credentials of an account at a CA, as they are stored. No readable `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountKey(String);

impl AccountKey {
    /// From what [`AccountKey::expose`] gave.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Call it only where it is sealed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountKey(hidden)")
    }
}

/// An order for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedOrder {
    /// Names it at the CA.
    pub url: String,
    /// What is to be answered over HTTP before the CA believes that the names are ours; none for names that it believed a short time ago.
    pub challenges: Vec<HttpChallenge>,
    /// What is to be answered by DNS for the other names.
    pub records: Vec<DnsChallenge>,
}

/// A challenge that is answered over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpChallenge {
    /// The name that is to be proved.
    pub name: String,
    /// Names the answer.
    pub token: String,
    /// What is served.
    pub answer: String,
}

/// A challenge that is answered by a TXT record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsChallenge {
    /// Where the record is: `_acme-challenge` below the name that is to be proved.
    pub record: String,
    /// Its text.
    pub value: String,
}

impl DnsChallenge {
    /// Of this name, which may have a wildcard.
    pub fn of(name: &str, value: String) -> Self {
        Self { record: format!("_acme-challenge.{}", name.strip_prefix("*.").unwrap_or(name)), value }
    }
}

/// When a CA wants a certificate to be renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenewalWindow {
    /// Not before.
    pub start: Time,
    /// Not after.
    pub end: Time,
}

/// A certificate authority.
#[async_trait]
pub trait CertificateAuthority: Send + Sync + 'static {
    /// Names it in the database: the address of its directory.
    fn directory_url(&self) -> &str;

    /// Opens an account.
    async fn open_account(&self) -> Result<AccountKey, AcmeError>;

    /// What CAA records call it; none where it does not say.
    async fn identities(&self) -> Result<Vec<String>, AcmeError>;

    /// Orders a certificate for these names, of which those in `by_dns` are proved by DNS and the others over HTTP. `replaces` is the chain of the
    /// one that it takes the place of.
    async fn order(&self, account: &AccountKey, names: &[String], by_dns: &[String], replaces: Option<&str>) -> Result<PlacedOrder, AcmeError>;

    /// Lets the CA look at the answers, and waits for its verdict. `by_dns` as for the order.
    async fn validate(&self, account: &AccountKey, order: &str, by_dns: &[String]) -> Result<(), AcmeError>;

    /// Sends the request (DER) for a validated order and waits for the chain. May be called again for the same order.
    async fn finalize(&self, account: &AccountKey, order: &str, request: &[u8]) -> Result<String, AcmeError>;

    /// When the CA wants this certificate to be renewed; nothing where it has no opinion.
    async fn renewal_window(&self, account: &AccountKey, chain: &str) -> Result<Option<RenewalWindow>, AcmeError>;
}

/// The CAs that certificates are ordered from: the first one, and further ones for when it does not work.
#[derive(Clone)]
pub struct Authorities {
    all: Vec<Arc<dyn CertificateAuthority>>,
    certificates_per_week: u32,
}

/// Let's Encrypt issues 50 a week for one registered domain, renewals not counted: <https://letsencrypt.org/docs/rate-limits/>.
pub const CERTIFICATES_PER_WEEK: u32 = 45;

impl Authorities {
    /// In this order; at least one.
    pub fn new(first: Arc<dyn CertificateAuthority>, others: impl IntoIterator<Item = Arc<dyn CertificateAuthority>>) -> Self {
        Self { all: std::iter::once(first).chain(others).collect(), certificates_per_week: CERTIFICATES_PER_WEEK }
    }

    /// With another limit than [`CERTIFICATES_PER_WEEK`].
    #[must_use]
    pub fn with_certificates_per_week(self, certificates_per_week: u32) -> Self {
        Self { certificates_per_week, ..self }
    }

    /// How many certificates can be ordered in a week for the platform's own domain, renewals not counted.
    pub fn certificates_per_week(&self) -> u32 {
        self.certificates_per_week
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn CertificateAuthority>> {
        self.all.iter()
    }

    /// The one with this directory.
    pub fn find(&self, directory_url: &str) -> Option<&Arc<dyn CertificateAuthority>> {
        self.all.iter().find(|one| one.directory_url() == directory_url)
    }
}
