//! Registries that speak EPP (RFC 5730 to 5734, RFC 3915, and prices by RFC 8748).
//!
//! `instant-epp` has the commands and the framing; answers are read leniently by [`read`], because registries add elements of their own.

mod read;
mod requests;
mod session;
mod tls;

use super::{
    AuthCode, Availability, ContactData, DomainChange, DomainInfo, NewDomain, Registrar, RegistrarError, RegistryMessage, RestoreReport, Transfer,
};
use async_trait::async_trait;
use chrono::NaiveDate;
use session::{Effect, Session};
use std::{sync::atomic::AtomicU64, time::Duration};
use tls::TlsConnector;
use tokio::sync::Mutex;

/// Most names in one check: registries take from 5 to 50.
const NAMES_PER_CHECK: usize = 5;

/// An account at a registry.
#[derive(Clone)]
pub struct EppConfig {
    /// Host name of the registry, which its certificate is for.
    pub host: String,
    /// Its port, 700 with most.
    pub port: u16,
    /// The account.
    pub user: String,
    /// By which the registry names us as the registrar of a domain; with most it is the account.
    pub registrar_id: String,
    /// Its password.
    pub password: String,
    /// A root certificate (PEM) that the registry's is checked against, instead of the machine's.
    pub root: Option<String>,
    /// Certificate chain and key (PEM) that the registry wants to see.
    pub identity: Option<(String, String)>,
    /// Longest that a connection, or one answer, may take.
    pub timeout: Duration,
}

/// The account, with at most one session: registries count them.
pub struct EppRegistrar {
    config: EppConfig,
    tls: TlsConnector,
    session: Mutex<Option<Session>>,
    /// Begins the number of each request, so that no two processes have the same.
    origin: String,
    requests: AtomicU64,
}

/// The way to a registry, for tests of the registry itself.
#[cfg(test)]
pub(super) fn connector(config: &EppConfig) -> anyhow::Result<TlsConnector> {
    TlsConnector::new(config)
}

impl EppRegistrar {
    /// Connects with the first request.
    ///
    /// # Errors
    /// When a certificate or key cannot be read.
    pub fn new(config: EppConfig) -> anyhow::Result<Self> {
        let tls = TlsConnector::new(&config)?;
        let origin = format!("mp{:08x}", rand::random::<u32>());
        Ok(Self { config, tls, session: Mutex::default(), origin, requests: AtomicU64::new(0) })
    }
}

#[async_trait]
impl Registrar for EppRegistrar {
    async fn check(&self, names: &[String]) -> Result<Vec<Availability>, RegistrarError> {
        let mut all = Vec::with_capacity(names.len());
        for names in names.chunks(NAMES_PER_CHECK) {
            let answer = self.request(&requests::check(names)?, requests::PRICES, "the names", Effect::None).await?;
            all.extend(read::availability(&answer)?);
        }
        Ok(all)
    }

    async fn info(&self, name: &str, code: Option<&AuthCode>) -> Result<Option<DomainInfo>, RegistrarError> {
        match self.ask(&requests::info(name, code)?, name).await {
            Ok(answer) => read::info(&answer, &self.config.registrar_id).map(Some),
            Err(RegistrarError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create(&self, domain: &NewDomain) -> Result<(), RegistrarError> {
        self.ensure_hosts(&domain.name_servers).await?;
        self.tell(&requests::create(domain)?, &domain.name).await.map(drop)
    }

    async fn delete(&self, name: &str) -> Result<(), RegistrarError> {
        self.tell(&requests::delete(name)?, name).await.map(drop)
    }

    async fn renew(&self, name: &str, expires_on: NaiveDate, years: u8) -> Result<(), RegistrarError> {
        self.tell(&requests::renew(name, expires_on, years)?, name).await.map(drop)
    }

    async fn request_transfer(&self, name: &str, code: &AuthCode, years: u8) -> Result<Transfer, RegistrarError> {
        let answer = self.tell(&requests::transfer(name, code, years)?, name).await?;
        read::transfer(&answer, &self.config.registrar_id)
    }

    async fn transfer(&self, name: &str, code: &AuthCode) -> Result<Option<Transfer>, RegistrarError> {
        match self.ask(&requests::query_transfer(name, code)?, name).await {
            Ok(answer) => read::transfer(&answer, &self.config.registrar_id).map(Some),
            // 2301: there is none.
            Err(RegistrarError::NotFound { .. } | RegistrarError::Refused { code: 2301, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn cancel_transfer(&self, name: &str) -> Result<(), RegistrarError> {
        self.tell(&requests::cancel_transfer(name)?, name).await.map(drop)
    }

    async fn restore(&self, name: &str) -> Result<(), RegistrarError> {
        self.request(&requests::no_update(name), &requests::restore(), name, Effect::Change).await.map(drop)
    }

    async fn report_restore(&self, name: &str, report: &RestoreReport) -> Result<(), RegistrarError> {
        self.request(&requests::no_update(name), &requests::report_restore(name, report), name, Effect::Change).await.map(drop)
    }

    async fn update(&self, name: &str, change: &DomainChange) -> Result<(), RegistrarError> {
        let Some(found) = self.info(name, None).await? else { return Err(RegistrarError::NotFound { name: name.to_owned() }) };
        self.ensure_hosts(change.name_servers.as_deref().unwrap_or_default()).await?;
        for request in requests::updates(name, &found, change)? {
            self.tell(&request, name).await?;
        }
        Ok(())
    }

    async fn save_contact(&self, id: &str, contact: &ContactData) -> Result<(), RegistrarError> {
        let code = AuthCode::random();
        match self.tell(&requests::create_contact(id, contact, &code)?, id).await {
            // 2302: it exists.
            Err(RegistrarError::NotAvailable { .. }) => self.tell(&requests::update_contact(id, contact, &code)?, id).await.map(drop),
            other => other.map(drop),
        }
    }

    async fn poll(&self) -> Result<Option<RegistryMessage>, RegistrarError> {
        read::message(&self.ask(&requests::poll(), "its messages").await?)
    }

    async fn acknowledge(&self, message: &str) -> Result<(), RegistrarError> {
        match self.tell(&requests::acknowledge(message), message).await {
            Ok(_) | Err(RegistrarError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl EppRegistrar {
    /// A request that changes nothing.
    async fn ask(&self, command: &str, about: &str) -> Result<String, RegistrarError> {
        self.request(command, "", about, Effect::None).await
    }

    /// A request that changes something.
    async fn tell(&self, command: &str, about: &str) -> Result<String, RegistrarError> {
        self.request(command, "", about, Effect::Change).await
    }

    /// Name servers are objects of the registry, which has to know them first.
    async fn ensure_hosts(&self, names: &[String]) -> Result<(), RegistrarError> {
        for name in names {
            match self.tell(&requests::create_host(name)?, name).await {
                Ok(_) | Err(RegistrarError::NotAvailable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
