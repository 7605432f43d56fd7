//! The visitor whose way is the internet.

use super::{HttpAnswer, HttpsAnswer, OF_SERVER, VisitError, Visitor, is_trusted};
use crate::acme;
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls_platform_verifier::Verifier;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

/// Longest that a visit may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Most of a page that is read: what is looked for is short, and the name may lead anywhere.
const MAX_BYTES: usize = 16 << 10;

/// Visits sites by the names that DNS has.
pub struct WebVisitor {
    http: reqwest::Client,
    root: Option<reqwest::Certificate>,
    addresses: Vec<(String, IpAddr)>,
    verifier: Verifier,
}

impl WebVisitor {
    /// `root` is a further root (PEM) that this visitor trusts, for a private CA. `addresses` are known without asking DNS.
    ///
    /// # Errors
    /// When the root cannot be read, or the machine has no roots.
    pub fn new(root: Option<&str>, addresses: &[(&str, IpAddr)]) -> anyhow::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = root.map(acme::all_der).unwrap_or_default().into_iter().map(CertificateDer::from);
        let verifier = Verifier::new_with_extra_roots(roots, provider)?;
        let root = match root {
            Some(root) => Some(reqwest::Certificate::from_pem(root.as_bytes())?),
            None => None,
        };
        let addresses: Vec<(String, IpAddr)> = addresses.iter().map(|(name, address)| ((*name).to_owned(), *address)).collect();
        Ok(Self { http: client(root.as_ref(), &addresses)?, root, addresses, verifier })
    }
}

fn client(root: Option<&reqwest::Certificate>, addresses: &[(String, IpAddr)]) -> Result<reqwest::Client, reqwest::Error> {
    let mut http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT).no_proxy().tls_info(true);
    http = http.pool_max_idle_per_host(0);
    if let Some(root) = root {
        http = http.tls_certs_merge([root.clone()]);
    }
    // Customers say where names lead, and read what was found there. With a CA of one's own, sites may stand in a private network.
    if root.is_none() {
        http = http.dns_resolver(Arc::new(PublicAddresses));
    }
    for (name, address) in addresses {
        http = http.resolve(name, (*address, 0).into());
    }
    http.build()
}

async fn open(http: &reqwest::Client, name: &str, url: String) -> Result<reqwest::Response, VisitError> {
    http.get(url).send().await.map_err(|error| why(name, &error))
}

/// Leads to addresses of the public internet only.
struct PublicAddresses;

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.filter(|address| is_public(address.ip())).collect();
            if found.is_empty() {
                return Err("dns error: no public address".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet, and of no private network.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
                || a == 0
                || is_shared)
        }
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unique_local() || v6.is_unicast_link_local()),
    }
}

fn why(name: &str, error: &reqwest::Error) -> VisitError {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    let mut chain = Vec::new();
    while let Some(error) = source {
        if error.downcast_ref::<rustls::Error>().is_some() {
            return VisitError::Untrusted(name.to_owned());
        }
        chain.push(error.to_string());
        source = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            // What TLS says is wrapped in an error of the connection.
            Some(inner) => Some(inner as &dyn std::error::Error),
            None => error.source(),
        };
    }
    if chain.iter().any(|words| words.contains("dns error") || words.contains("failed to lookup")) {
        VisitError::NoAddress(name.to_owned())
    } else if error.is_connect() && !error.is_timeout() {
        VisitError::NoConnection(name.to_owned())
    } else {
        VisitError::NoAnswer(name.to_owned())
    }
}

#[async_trait]
impl Visitor for WebVisitor {
    async fn http(&self, name: &str, path: &str) -> Result<HttpAnswer, VisitError> {
        let mut answer = open(&self.http, name, format!("http://{name}{path}")).await?;
        let location = answer.headers().get(reqwest::header::LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| why(name, &error))? {
            bytes.extend_from_slice(&part);
            if bytes.len() >= MAX_BYTES {
                bytes.truncate(MAX_BYTES);
                break;
            }
        }
        Ok(HttpAnswer { status: answer.status().as_u16(), location, body: String::from_utf8_lossy(&bytes).into_owned() })
    }

    async fn https(&self, name: &str) -> Result<HttpsAnswer, VisitError> {
        // A client of its own: one that was there before would go on with its session, and be shown the certificate of then.
        let fresh = client(self.root.as_ref(), &self.addresses).map_err(|error| why(name, &error))?;
        shown(&fresh, name, "/").await
    }

    async fn certificate(&self, name: &str) -> Result<String, VisitError> {
        let fresh = client(self.root.as_ref(), &self.addresses).map_err(|error| why(name, &error))?;
        shown(&fresh, name, OF_SERVER).await.map(|shown| shown.fingerprint)
    }

    async fn https_at(&self, name: &str, address: &str) -> Result<HttpsAnswer, VisitError> {
        let address: IpAddr = address.parse().map_err(|_| VisitError::NoAddress(name.to_owned()))?;
        let there = client(self.root.as_ref(), &[(name.to_owned(), address)]).map_err(|error| why(name, &error))?;
        shown(&there, name, OF_SERVER).await
    }

    fn trusts(&self, name: &str, chain: &str) -> bool {
        is_trusted(&self.verifier, name, chain, UnixTime::now())
    }
}

/// What a visitor is shown at a path.
async fn shown(http: &reqwest::Client, name: &str, path: &str) -> Result<HttpsAnswer, VisitError> {
    let answer = open(http, name, format!("https://{name}{path}")).await?;
    let shown = answer.extensions().get::<reqwest::tls::TlsInfo>().and_then(reqwest::tls::TlsInfo::peer_certificate);
    let fingerprint = shown.map(acme::fingerprint).ok_or_else(|| VisitError::Untrusted(name.to_owned()))?;
    // What a site adds of its own comes first; browsers take the first one.
    let hsts = answer.headers().get(reqwest::header::STRICT_TRANSPORT_SECURITY).and_then(|word| word.to_str().ok()).map(str::to_owned);
    Ok(HttpsAnswer { fingerprint, status: answer.status().as_u16(), hsts })
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn customers_send_the_panel_to_no_address_of_a_private_network() {
        for private in [
            "10.1.2.3",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.7",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:127.0.0.1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["198.51.100.7", "100.128.0.1", "2001:db8::7"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
