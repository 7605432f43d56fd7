//! One session at a registry.
//!
//! - A session that failed is not used again: its next answer could be the one before.
//! - Nothing of what is sent or received is logged: passwords and codes are in it. `instant-epp`'s own logging of documents is not used.

use super::{EppRegistrar, read, requests, tls::TlsConnector};
use crate::registrar::RegistrarError;
use instant_epp::{EppClient, Error};
use std::{sync::atomic::Ordering, time::Instant};
use tokio::time::{Duration, timeout};

/// After so long without a request a session is tried before something is changed by it: registries end idle ones after minutes.
const IDLE: Duration = Duration::from_secs(45);

/// A session that has signed in.
pub(super) struct Session {
    client: EppClient<TlsConnector>,
    /// Whether the registry tells prices (RFC 8748).
    has_prices: bool,
    used_at: Instant,
}

/// What a request does at the registry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing; it is sent again when its answer is lost.
    None,
    /// It changes something.
    Change,
}

impl EppRegistrar {
    /// Sends a command and returns the answer, which is a success.
    pub(super) async fn request(&self, command: &str, extension: &str, about: &str, effect: Effect) -> Result<String, RegistrarError> {
        // Others before it may each wait for their answer; nobody waits for all of them.
        let Ok(mut place) = timeout(self.config.timeout, self.session.lock()).await else {
            return Err(RegistrarError::Temporary { reason: "too many requests wait for the session".to_owned() });
        };
        let (mut session, is_new) = match self.usable(place.take(), effect).await {
            Some(session) => (session, false),
            None => (self.sign_in().await?, true),
        };
        let mut answer = self.exchange(&mut session, command, extension, about).await;
        // The registry may have ended a session that was idle; asking twice does no harm.
        if effect == Effect::None && !is_new && matches!(answer, Err(RegistrarError::SessionLost { .. })) {
            session = self.sign_in().await?;
            answer = self.exchange(&mut session, command, extension, about).await;
        }
        let ends = matches!(&answer, Err(error) if error.is_temporary() || matches!(error, RegistrarError::Refused { code: 2500.., .. }));
        if !ends {
            session.used_at = Instant::now();
            *place = Some(session);
        }
        answer
    }

    async fn usable(&self, session: Option<Session>, effect: Effect) -> Option<Session> {
        let mut session = session?;
        if effect == Effect::None || session.used_at.elapsed() < IDLE {
            return Some(session);
        }
        self.exchange_raw(&mut session.client, &requests::hello()).await.is_ok().then_some(session)
    }

    async fn sign_in(&self) -> Result<Session, RegistrarError> {
        let limit = self.config.timeout;
        let connecting = EppClient::new(self.tls.clone(), self.config.host.clone(), limit);
        let client = match timeout(limit, connecting).await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(RegistrarError::Temporary { reason: words(&error) }),
            Err(_) => return Err(RegistrarError::Temporary { reason: format!("no greeting within {} s", limit.as_secs()) }),
        };
        let offered = read::extensions(&client.xml_greeting())?;
        let has_prices = offered.iter().any(|uri| uri == requests::PRICES_NAMESPACE);
        let mut session = Session { client, has_prices, used_at: Instant::now() };
        let login = requests::login(&self.config.user, &self.config.password, &offered)?;
        match self.exchange(&mut session, &login, "", "the account").await {
            Ok(_) => Ok(session),
            // Nothing was changed, so nothing is lost; and whatever is wrong with our account says nothing about a domain.
            Err(RegistrarError::SessionLost { reason } | RegistrarError::Refused { reason, .. }) => Err(RegistrarError::Temporary { reason }),
            Err(error) => Err(RegistrarError::Temporary { reason: error.to_string() }),
        }
    }

    async fn exchange(&self, session: &mut Session, command: &str, extension: &str, about: &str) -> Result<String, RegistrarError> {
        let id = format!("{}-{}", self.origin, self.requests.fetch_add(1, Ordering::Relaxed));
        let extension = if extension == requests::PRICES && !session.has_prices { "" } else { extension };
        let answer = self.exchange_raw(&mut session.client, &requests::document(command, extension, &id)).await?;
        let result = read::result(&answer)?;
        // An answer with another number is one to an earlier request.
        if result.request.as_deref().is_some_and(|request| request != id) {
            return Err(RegistrarError::SessionLost { reason: "the answer is one to another request".to_owned() });
        }
        if result.is_success() { Ok(answer) } else { Err(RegistrarError::of_result(result.code, result.reason, about)) }
    }

    async fn exchange_raw(&self, client: &mut EppClient<TlsConnector>, document: &str) -> Result<String, RegistrarError> {
        match timeout(self.config.timeout, client.transact_xml(document)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(RegistrarError::SessionLost { reason: words(&error) }),
            Err(_) => Err(RegistrarError::SessionLost { reason: format!("no answer within {} s", self.config.timeout.as_secs()) }),
        }
    }
}

/// What went wrong on the way, without anything of a document.
fn words(error: &Error) -> String {
    match error {
        Error::Io(error) => error.to_string(),
        Error::Timeout => "it took too long".to_owned(),
        Error::ResponseTooLarge { .. } => "its answer is too long".to_owned(),
        _ => "its answer cannot be read".to_owned(),
    }
}
