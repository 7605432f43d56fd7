//! Sites as visitors on the internet reach them: by their names, over HTTP and HTTPS.

mod simulated;
#[cfg(test)]
mod tests;
mod web;

pub use simulated::SimulatedVisitor;
pub use web::{WebVisitor, is_public};

use crate::acme;
use async_trait::async_trait;
use rustls::{
    client::danger::ServerCertVerifier,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// What every site's server answers by itself, whatever the site is.
const OF_SERVER: &str = "/.well-known/mpanel-config";

/// An answer over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// Where it sends the visitor.
    pub location: Option<String>,
    /// The beginning of the page.
    pub body: String,
}

/// An answer over HTTPS, behind a certificate that every visitor trusts for this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpsAnswer {
    /// SHA-256 of the certificate in hex.
    pub fingerprint: String,
    /// HTTP status.
    pub status: u16,
    /// For how long browsers are told to insist on HTTPS, as the header says it.
    pub hsts: Option<String>,
}

/// Why a visitor gets nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VisitError {
    /// The name has no address.
    #[error("{0} has no address in DNS")]
    NoAddress(String),
    /// Nobody answers there.
    #[error("no connection to {0}")]
    NoConnection(String),
    /// The certificate is not one that visitors trust for this name.
    #[error("visitors do not trust the certificate of {0}")]
    Untrusted(String),
    /// The answer did not come to its end.
    #[error("{0} did not respond in time")]
    NoAnswer(String),
}

/// A visitor.
#[async_trait]
pub trait Visitor: Send + Sync + 'static {
    /// Fetches a path over HTTP. Is not sent on to elsewhere.
    async fn http(&self, name: &str, path: &str) -> Result<HttpAnswer, VisitError>;

    /// Opens the front page over HTTPS.
    async fn https(&self, name: &str) -> Result<HttpsAnswer, VisitError>;

    /// The fingerprint of the certificate that visitors of a name are shown. It is looked at in a place that the site's server answers by itself: a
    /// site that sleeps sleeps on.
    async fn certificate(&self, name: &str) -> Result<String, VisitError> {
        self.https(name).await.map(|shown| shown.fingerprint)
    }

    /// What is shown for a name at this address, wherever the name leads, in the same place.
    async fn https_at(&self, name: &str, address: &str) -> Result<HttpsAnswer, VisitError>;

    /// Whether this visitor would trust a chain (PEM, the site's own certificate first) for a name. Asks nobody.
    fn trusts(&self, name: &str, chain: &str) -> bool;
}

fn is_trusted(verifier: &dyn ServerCertVerifier, name: &str, chain: &str, now: UnixTime) -> bool {
    let chain: Vec<CertificateDer<'_>> = acme::all_der(chain).into_iter().map(CertificateDer::from).collect();
    let (Ok(name), [leaf, others @ ..]) = (ServerName::try_from(name), chain.as_slice()) else { return false };
    verifier.verify_server_cert(leaf, others, &name, &[], now).is_ok()
}
