//! A domain registry of a test's own: EPP over TLS (RFC 5730 to 5734, RFC 3915), on a port of its own and under a CA of its own.
//!
//! - It holds to the frames: four bytes of length, and what is no EPP is refused.
//! - Objects are in memory, and its clock is moved by the test: transfers and expiries come to pass by it.
//! - On demand it is down, silent, sends what is no frame, answers another request, or loses the answer to what it has done.

mod answers;
mod commands;
mod objects;
mod serve;

pub use objects::{Domain, Objects, Restore, Transfer};

use anyhow::Context;
use chrono::{DateTime, Utc};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// The account that tests sign in with.
pub const USER: &str = "mpanel";
/// Its password.
pub const PASSWORD: &str = "registry-password";
/// The registrar that has the domains which are not the account's.
pub const OTHER: &str = "other-registrar";

/// How it misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It hangs up on whoever connects.
    Down,
    /// It takes requests and never answers.
    Silent,
    /// Its next answer has a length that no frame has.
    BadFrame,
    /// Its next answer is cut off in the middle of its XML.
    BadXml,
    /// Its next answer has the number of another request.
    OtherAnswer,
    /// It does what the next change wants, and hangs up before it answers.
    AnswerLost,
    /// The next command fails, and changes nothing.
    CommandFailed,
}

/// The running registry; dropped, it ends.
pub struct Registry {
    port: u16,
    root: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    objects: Mutex<Objects>,
    /// Counts up when all connections are to end.
    epoch: watch::Sender<u64>,
}

impl Shared {
    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Where it is reached; its certificate is for this address.
    pub const HOST: &'static str = "127.0.0.1";

    /// Starts one without objects.
    ///
    /// # Errors
    /// When there is no free port, or no random numbers.
    pub async fn start(now: DateTime<Utc>) -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec![Self::HOST.to_owned()])?.signed_by(&key, &issuer)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).context("its own key cannot be read")?;
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        let listener = TcpListener::bind((Self::HOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { objects: Mutex::new(Objects::new(now)), epoch: watch::channel(0).0 });
        let task = tokio::spawn(serve::accept(listener, Arc::new(tls).into(), Arc::clone(&shared)));
        Ok(Self { port, root: issuer.pem(), shared, task })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its root certificate in PEM.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Its objects, to look at and to change.
    pub fn objects(&self) -> MutexGuard<'_, Objects> {
        self.shared.objects()
    }

    /// How it misbehaves from now on; connections that are open stay so.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.objects().fault = fault;
    }

    /// Ends every session, as registries do with idle ones.
    pub fn end_sessions(&self) {
        self.shared.epoch.send_modify(|epoch| *epoch += 1);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.task.abort();
        self.end_sessions();
    }
}
