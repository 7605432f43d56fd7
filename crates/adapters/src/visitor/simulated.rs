//! A visitor of simulated servers.

use super::{HttpAnswer, HttpsAnswer, OF_SERVER, VisitError, Visitor, is_trusted};
use crate::{
    acme::{self, Now},
    node::simulated::SimulatedNodeClient,
};
use async_trait::async_trait;
use rustls::{
    RootCertStore,
    client::WebPkiServerVerifier,
    pki_types::{CertificateDer, UnixTime},
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Visits the pages of simulated servers over HTTP. What a server would show over HTTPS is verified as a browser does; there is no connection.
pub struct SimulatedVisitor {
    nodes: Arc<SimulatedNodeClient>,
    http: reqwest::Client,
    now: Now,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    roots: Vec<Vec<u8>>,
    elsewhere: HashSet<String>,
    without_https: HashSet<String>,
}

impl SimulatedVisitor {
    /// Trusts nobody yet.
    pub fn new(nodes: Arc<SimulatedNodeClient>, now: Now) -> Self {
        Self { nodes, http: reqwest::Client::new(), now, state: Mutex::default() }
    }

    /// Trusts this root (PEM) from now on.
    pub fn trust(&self, root: &str) {
        self.state(|state| state.roots.extend(acme::all_der(root)));
    }

    /// This name leads to somebody else's server from now on, or to ours again.
    pub fn lead_elsewhere(&self, name: &str, elsewhere: bool) {
        self.state(|state| if elsewhere { state.elsewhere.insert(name.to_owned()) } else { state.elsewhere.remove(name) });
    }

    /// Nobody answers over HTTPS for this name from now on, as behind a firewall, or does again.
    pub fn block_https(&self, name: &str, blocked: bool) {
        self.state(|state| if blocked { state.without_https.insert(name.to_owned()) } else { state.without_https.remove(name) });
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn fetch(&self, name: &str, path: &str) -> Result<(u16, String), reqwest::Error> {
        let answer = self.http.get(format!("http://{}{path}", self.nodes.sites())).header("host", name).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }
}

#[async_trait]
impl Visitor for SimulatedVisitor {
    async fn http(&self, name: &str, path: &str) -> Result<HttpAnswer, VisitError> {
        if self.state(|state| state.elsewhere.contains(name)) {
            return Ok(HttpAnswer { status: 200, location: None, body: "somebody else's site".to_owned() });
        }
        let (status, body) = self.fetch(name, path).await.map_err(|_| VisitError::NoConnection(name.to_owned()))?;
        let redirects = status == 200 && !path.starts_with("/.well-known/") && self.nodes.certificate(name).is_some_and(|shown| shown.redirect);
        if redirects {
            return Ok(HttpAnswer { status: 301, location: Some(format!("https://{name}{path}")), body: String::new() });
        }
        Ok(HttpAnswer { status, location: None, body })
    }

    async fn https(&self, name: &str) -> Result<HttpsAnswer, VisitError> {
        if self.state(|state| state.elsewhere.contains(name)) {
            return Err(VisitError::NoConnection(name.to_owned()));
        }
        self.shown(name, "/").await
    }

    async fn certificate(&self, name: &str) -> Result<String, VisitError> {
        if self.state(|state| state.elsewhere.contains(name)) {
            return Err(VisitError::NoConnection(name.to_owned()));
        }
        self.shown(name, OF_SERVER).await.map(|shown| shown.fingerprint)
    }

    // All simulated servers are at one address.
    async fn https_at(&self, name: &str, _: &str) -> Result<HttpsAnswer, VisitError> {
        self.shown(name, OF_SERVER).await
    }

    fn trusts(&self, name: &str, chain: &str) -> bool {
        let mut roots = RootCertStore::empty();
        self.state(|state| roots.add_parsable_certificates(state.roots.iter().cloned().map(CertificateDer::from)));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let Ok(verifier) = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build() else { return false };
        let now = Duration::from_secs((self.now)().timestamp().try_into().unwrap_or_default());
        is_trusted(&*verifier, name, chain, UnixTime::since_unix_epoch(now))
    }
}

impl SimulatedVisitor {
    async fn shown(&self, name: &str, path: &str) -> Result<HttpsAnswer, VisitError> {
        if self.state(|state| state.without_https.contains(name)) {
            return Err(VisitError::NoConnection(name.to_owned()));
        }
        let shown = self.nodes.certificate(name).ok_or_else(|| VisitError::NoConnection(name.to_owned()))?;
        if !self.trusts(name, &shown.chain) {
            return Err(VisitError::Untrusted(name.to_owned()));
        }
        let (status, _) = self.fetch(name, path).await.map_err(|_| VisitError::NoAnswer(name.to_owned()))?;
        let leaf = acme::first_der(&shown.chain).ok_or_else(|| VisitError::Untrusted(name.to_owned()))?;
        Ok(HttpsAnswer { fingerprint: acme::fingerprint(&leaf), status, hsts: shown.hsts.map(|seconds| format!("max-age={seconds}")) })
    }
}
