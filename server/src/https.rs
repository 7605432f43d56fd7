//! HTTPS that the panel serves itself: its listeners, and the certificate that it shows.
//!
//! - The certificate and its key are in the database, the key sealed: every process of the panel shows the same, and takes a renewed one within
//!   seconds, without a restart and without a connection lost. Until there is one, visitors get one that nobody has signed.
//! - Over HTTP certificate authorities are answered, by whichever process they come to. Visitors are sent to HTTPS once it was seen from outside to
//!   work; from then on browsers are told to insist on it.
//! - When PostgreSQL does not answer, what was shown is shown.

mod answers;

use crate::{
    config::Config,
    listen::{self, ConnectionLimits},
};
use adapters::acme;
use answers::Answers;
use anyhow::{Context, Result, anyhow};
use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use core_hosting::certificates::{self, ShownPanelCertificate};
use engine::Services;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use wire::certificate::ChallengeToken;

/// How often a process looks whether there is another certificate.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// For how long browsers insist on HTTPS: a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");
/// Where certificate authorities look.
const CHALLENGE: &str = "/.well-known/acme-challenge/{token}";

/// Both ports, before anything is served there.
pub struct Listeners {
    https: TcpListener,
    http: TcpListener,
    name: String,
    public_url: String,
}

impl Listeners {
    /// Takes the ports, where the panel is to serve HTTPS itself.
    pub async fn bind(config: &Config) -> Result<Option<Self>> {
        let (Some(listen), Some(name)) = (config.https.listen, config.https_name()) else { return Ok(None) };
        let bind = async |at| {
            let bound = TcpListener::bind(at).await;
            bound.with_context(|| format!("cannot listen on {at}; is another program there, or is the port root's?"))
        };
        let (https, http) = (bind(listen).await?, bind(config.https.listen_http).await?);
        tracing::info!(%listen, http = %config.https.listen_http, name, "listening for HTTPS");
        Ok(Some(Self { https, http, name: name.to_owned(), public_url: config.public_url.clone() }))
    }

    /// With the certificate that there is.
    pub async fn prepare(self, services: &Services) -> Result<Https> {
        let shown = Arc::new(Shown::unsigned(&self.name)?);
        shown.take(services).await;
        Ok(Https { listeners: self, shown, services: services.clone() })
    }
}

/// HTTPS, ready to be served.
pub struct Https {
    listeners: Listeners,
    shown: Arc<Shown>,
    services: Services,
}

impl Https {
    /// Serves the panel over HTTPS, and over HTTP what belongs to it, until it is told to stop.
    pub async fn serve(self, app: Router, limits: ConnectionLimits, stop: CancellationToken) {
        let Self { listeners, shown, services } = self;
        let Ok(tls) = shown.acceptor() else { return };
        let secure = app.layer(middleware::from_fn_with_state(Arc::clone(&shown), insist));
        let (answers, public_url) = (Arc::default(), listeners.public_url.into());
        let state = HttpState { services: services.clone(), shown: Arc::clone(&shown), answers, public_url };
        let plain = Router::new().route(CHALLENGE, get(challenge)).fallback(to_https).with_state(state);
        let following = tokio::spawn(follow(shown, services, stop.clone()));
        let over_http = listen::serve(listeners.http, plain, limits.clone(), None, stop.clone());
        tokio::join!(listen::serve(listeners.https, secure, limits, Some(tls), stop), over_http);
        let _ = following.await;
    }
}

async fn follow(shown: Arc<Shown>, services: Services, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_INTERVAL) => shown.take(&services).await,
        }
    }
}

/// What visitors are shown.
struct Shown {
    key: RwLock<(String, Arc<CertifiedKey>)>,
    is_verified: AtomicBool,
}

impl Shown {
    /// One that nobody has signed.
    fn unsigned(name: &str) -> Result<Self> {
        let (chain, key) = acme::self_signed(name)?;
        Ok(Self { key: RwLock::new((String::new(), Arc::new(certified(&chain, &key)?))), is_verified: AtomicBool::new(false) })
    }

    /// Shows what there is now, if it is another one.
    async fn take(&self, services: &Services) {
        match certificates::panel_certificate(services).await {
            Ok(Some(found)) => {
                if let Err(error) = self.show(&found) {
                    tracing::error!(%error, "failed to use the certificate of the panel; the previous one stays");
                }
            }
            // What is shown stays: a name that is another one is not a reason to show none.
            Ok(None) => {}
            Err(error) => tracing::warn!(?error, "failed to look for the certificate of the panel"),
        }
    }

    fn show(&self, found: &ShownPanelCertificate) -> Result<()> {
        self.is_verified.store(found.is_verified, Ordering::Relaxed);
        if self.key.read().unwrap_or_else(PoisonError::into_inner).0 == found.fingerprint {
            return Ok(());
        }
        let key = Arc::new(certified(&found.chain, &found.key)?);
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = (found.fingerprint.clone(), key);
        tracing::info!(fingerprint = found.fingerprint, "the panel shows another certificate");
        Ok(())
    }

    fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions()?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.key.read().unwrap_or_else(PoisonError::into_inner).1))
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown(hidden)")
    }
}

/// Both texts are PEM.
fn certified(chain: &str, key: &str) -> Result<CertifiedKey> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().map_err(|_| anyhow!("the chain cannot be read"))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| anyhow!("the key cannot be read"))?;
    let certified = CertifiedKey::new(chain, ring::sign::any_supported_type(&key)?);
    certified.keys_match().context("the key is another certificate's")?;
    Ok(certified)
}

/// What answers over HTTP.
#[derive(Clone)]
struct HttpState {
    services: Services,
    shown: Arc<Shown>,
    answers: Arc<Answers>,
    public_url: Arc<str>,
}

/// The answer to a certificate authority.
async fn challenge(State(state): State<HttpState>, Path(token): Path<String>) -> Response {
    if ChallengeToken::new(&*token).is_err() {
        return StatusCode::NOT_FOUND.into_response();
    }
    match state.answers.find(&token, async || certificates::challenge_answers(&state.services).await).await {
        Ok(Some(answer)) => ([(header::CONTENT_TYPE, "text/plain")], answer).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Everybody else goes to HTTPS, under the panel's own name whatever they have called it, once that works.
async fn to_https(State(state): State<HttpState>, uri: Uri) -> Response {
    if !state.shown.is_verified.load(Ordering::Relaxed) {
        let wait = [(header::RETRY_AFTER, "60"), (header::CACHE_CONTROL, "no-store")];
        return (StatusCode::SERVICE_UNAVAILABLE, wait, format!("HTTPS is being set up. Until then, open {}.\n", state.public_url)).into_response();
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    match HeaderValue::from_str(&format!("{}{path}", state.public_url)) {
        Ok(to) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Tells browsers to insist on HTTPS, once it was seen from outside to work.
async fn insist(State(shown): State<Arc<Shown>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if shown.is_verified.load(Ordering::Relaxed) {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}
