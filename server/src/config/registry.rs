//! The registry that domains are registered at.

use adapters::registrar::{EppConfig, EppRegistrar, Registrar};
use anyhow::{Context, Result, bail};
use engine::Services;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Where most registries answer.
const PORT: u16 = 700;
/// Longest that a connection, or one answer, may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An account at a registry that speaks EPP. Without a host no domains are sold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// Host name, which its certificate is for.
    pub host: Option<String>,
    /// Port; 700 where it is left out.
    pub port: Option<u16>,
    /// The account.
    pub user: Option<String>,
    /// By which the registry names us as the registrar of a domain; the account where it is left out.
    pub registrar_id: Option<String>,
    /// Its password.
    pub password: Option<SecretString>,
    /// File with the root certificate (PEM) that the registry's is checked against, instead of the machine's.
    pub root: Option<PathBuf>,
    /// File with the certificate chain (PEM) that the registry wants to see.
    pub certificate: Option<PathBuf>,
    /// File with its key (PEM).
    pub key: Option<PathBuf>,
}

impl Registry {
    /// Whether domains are registered.
    pub fn is_configured(&self) -> bool {
        self.host.is_some()
    }

    /// The rules between the fields.
    pub(super) fn check(&self) -> Result<()> {
        let Some(host) = &self.host else {
            let is_alone = self.port.is_none() && self.user.is_none() && self.registrar_id.is_none() && self.password.is_none();
            if !is_alone || self.root.is_some() || self.certificate.is_some() || self.key.is_some() {
                bail!("registry.host is missing: without it no other key of registry has a meaning");
            }
            return Ok(());
        };
        if host.is_empty() || host.contains(['/', ':', '@', ' ']) {
            bail!("registry.host is a host name, for example epp.registry.example; the port is registry.port. It is {host:?}");
        }
        if self.user.as_ref().is_none_or(String::is_empty) || self.password.is_none() {
            bail!("registry.host needs registry.user and registry.password");
        }
        if self.certificate.is_some() != self.key.is_some() {
            bail!("registry.certificate and registry.key belong together");
        }
        Ok(())
    }

    /// With what registers domains, where it is configured.
    pub fn add_to(&self, services: Services) -> Result<Services> {
        let (Some(host), Some(user), Some(password)) = (&self.host, &self.user, &self.password) else { return Ok(services) };
        let identity = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some((read(certificate, "certificate")?, read(key, "key")?)),
            _ => None,
        };
        let config = EppConfig {
            host: host.clone(),
            port: self.port.unwrap_or(PORT),
            user: user.clone(),
            registrar_id: self.registrar_id.clone().unwrap_or_else(|| user.clone()),
            password: password.expose_secret().to_owned(),
            root: self.root.as_ref().map(|path| read(path, "root")).transpose()?,
            identity,
            timeout: TIMEOUT,
        };
        Ok(services.with::<dyn Registrar>(Arc::new(EppRegistrar::new(config)?)))
    }
}

fn read(path: &std::path::Path, what: &str) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read registry.{what} {}", path.display()))
}
