//! The configuration: a file, then the environment over it; validated at start, unknown keys refused.
//!
//! Every key is documented in `docs/configuration.md`. This is the only reader of keys in the environment; what
//! is read elsewhere (`MPANEL_APT_SOURCES`, `MPANEL_PG_BIN`) stands there too.

mod acme;
mod registry;

use anyhow::{Context, Result, bail};
use axum::http::HeaderName;
use core_hosting::artifacts::{ArtifactKind, ArtifactStore, NPM_REGISTRY, WordPressSource};
use engine::settings::Settings;
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use model::{
    billing::{invoices::Party, payments::LostDispute},
    hosting::cloudpods::DriftPolicy,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

/// Everything the operator can say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the panel answers.
    pub listen: SocketAddr,
    /// Proxies before the panel that are believed when they say who the visitor is.
    pub trusted_proxies: Vec<IpAddr>,
    /// Header in which those proxies say the country of the visitor's address, such as `CF-IPCountry`.
    pub country_header: Option<String>,
    /// Resolvers that are asked about customers' domains; those of the machine where none is named.
    pub dns_resolvers: Vec<SocketAddr>,
    /// Where browsers reach it.
    pub public_url: String,
    /// Folder of keys, artifacts and the embedded PostgreSQL.
    pub data_dir: PathBuf,
    /// Folder of runtimes and applications; `artifacts` in the data folder when nothing is said.
    pub artifacts_dir: Option<PathBuf>,
    /// Where WordPress comes from.
    pub wordpress: WordPressSource,
    /// The npm registry that Node comes from.
    pub npm_registry: String,
    /// The owner's address of an existing PostgreSQL; without it mPanel runs its own.
    pub database_url: Option<SecretString>,
    /// Servers are simulated: for trying mPanel where no real server can be had.
    pub simulated: bool,
    /// Pages load again when the site folder is built anew: for the maker's loop (`cargo xtask watch`).
    pub dev_reload: bool,
    /// Opens `/metrics`; without it only this machine may read them.
    pub metrics_token: Option<SecretString>,
    /// Jobs that one process works on at once.
    pub concurrency: usize,
    /// `text` or `json`.
    pub log_format: LogFormat,
    /// What is logged, in the words of tracing's filter.
    pub log: String,
    /// Who sells.
    pub seller: Party,
    /// Tax in the seller's country, in hundredths of a percent, where the table of rates does not have it.
    pub tax_rate_bp: Option<i32>,
    /// Consumers in other EU countries are charged the seller's rate.
    pub eu_consumers_at_own_rate: bool,
    /// Where VIES answers.
    pub vies_url: String,
    /// Where sites live.
    pub sites: Sites,
    /// Days that a deleted pod's data is kept.
    pub grace_days: i64,
    /// Seconds that it is kept, instead of days; for trying out deletion.
    pub grace_seconds: Option<i64>,
    /// What is done about CloudPods that differ from their plan, where staff chose nothing else.
    pub drift_policy: DriftPolicy,
    /// Where the heads of the audit log are sent to, beside the file in the data folder.
    pub audit_anchor_url: Option<String>,
    /// How long people stay signed in.
    pub sessions: Sessions,
    /// How payments are taken.
    pub payments: Payments,
    /// What strangers may do how often.
    pub limits: Limits,
    /// Outgoing mail.
    pub mail: Mail,
    /// The way to the servers.
    pub nodes: Nodes,
    /// Where certificates come from.
    pub acme: acme::Acme,
    /// Where domains are registered.
    pub registry: registry::Registry,
    /// HTTPS that the panel serves itself.
    pub https: Https,
}

/// HTTPS that the panel serves itself. Without an address a proxy before it does.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Https {
    /// Where it answers over HTTPS.
    pub listen: Option<SocketAddr>,
    /// Where it answers certificate authorities over HTTP, and sends visitors to HTTPS. Reached at port 80.
    pub listen_http: SocketAddr,
}

/// Where sites live.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sites {
    /// Sites without a domain get a name below this one.
    pub base_domain: String,
    /// Port that visitors use, when it is not 80.
    pub port: Option<u16>,
}

/// How long people stay signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Hours without use after which a session ends.
    pub idle_hours: i64,
    /// Days after which it ends all the same.
    pub longest_days: i64,
    /// Minutes that a password counts which was typed again before something that cannot be undone.
    pub password_minutes: i64,
}

/// How payments are taken.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    /// Who takes them. Nobody by default: a shop that gives away what it sells was not meant to be one.
    pub provider: Option<PaymentProvider>,
    /// The account at Stripe.
    pub stripe: Option<StripeAccount>,
    /// What happens to an invoice whose payment was lost to a dispute.
    pub lost_dispute: LostDispute,
}

/// An account at Stripe.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StripeAccount {
    /// The secret key, or a restricted one.
    pub secret_key: SecretString,
    /// The signing secret of the webhook's endpoint.
    pub webhook_secret: SecretString,
    /// Where Stripe answers.
    #[serde(default = "stripe_url")]
    pub api_url: String,
}

fn stripe_url() -> String {
    adapters::payments::stripe::API_URL.to_owned()
}

/// A payment provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentProvider {
    /// Takes no money: its page asks the buyer whether the payment goes through.
    Sandbox,
    /// Stripe.
    Stripe,
}

/// What strangers may do how often.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Checkouts that one peer may start in an hour.
    pub checkouts_per_hour: u32,
    /// Connections that may be open at once.
    pub connections: usize,
    /// And those of one peer, unless it is a trusted proxy.
    pub connections_per_address: usize,
    /// Live links that one peer may have open.
    pub live_links_per_address: usize,
}

/// Outgoing mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// From whom.
    pub from: String,
    /// `smtp://user:password@host:587?tls=required`; without it mail stays in the outbox.
    pub smtp_url: Option<SecretString>,
}

/// The way to the servers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    /// Network interface that SSH is bound to; empty leaves it to the addresses alone.
    pub interface: String,
    /// The program that is put on servers; empty means the one beside `mpanel`.
    pub program: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Values that hold where nobody says otherwise.
fn defaults() -> serde_json::Value {
    serde_json::json!({
        "listen": "127.0.0.1:8080",
        "trusted_proxies": [],
        "dns_resolvers": [],
        "public_url": "http://localhost:8080",
        "data_dir": "/var/lib/mpanel",
        "wordpress": { "from": "debian" },
        "npm_registry": NPM_REGISTRY,
        "simulated": false,
        "dev_reload": false,
        "concurrency": 32,
        "log_format": "text",
        "log": "info,sqlx=warn,apalis=warn,russh=warn",
        "seller": { "name": "Example Hosting", "address": "1 Sample Quay\n1000 AA Exampletown", "country": "NL", "email": "billing@example.invalid", "tax_number": "" },
        "eu_consumers_at_own_rate": false,
        "vies_url": adapters::vies::VIES_URL,
        "sites": { "base_domain": "sites.localhost" },
        "grace_days": 14,
        "drift_policy": DriftPolicy::Alert,
        "sessions": { "idle_hours": 12, "longest_days": 14, "password_minutes": 10 },
        "payments": { "lost_dispute": LostDispute::WriteOff },
        "limits": { "checkouts_per_hour": 20, "connections": 4096, "connections_per_address": 512, "live_links_per_address": 200 },
        "mail": { "from": "mPanel <panel@example.invalid>" },
        "nodes": { "interface": "tailscale0", "program": "" },
        "acme": {},
        "registry": {},
        "https": { "listen_http": "0.0.0.0:80" },
    })
}

impl StripeAccount {
    fn check(&self) -> Result<()> {
        let key = self.secret_key.expose_secret();
        if !["sk_", "rk_"].iter().any(|prefix| key.starts_with(prefix)) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("payments.stripe.secret_key must be a secret key (sk_..) or a restricted key (rk_..)");
        }
        if !self.webhook_secret.expose_secret().starts_with("whsec_") {
            bail!("payments.stripe.webhook_secret must be the signing secret of the webhook's endpoint (whsec_..)");
        }
        let is_near = self.api_url.starts_with("http://127.0.0.1:") || self.api_url.starts_with("http://localhost:");
        if !(self.api_url.starts_with("https://") || is_near) || self.api_url.ends_with('/') {
            bail!("payments.stripe.api_url must start with https:// and not end with a slash");
        }
        Ok(())
    }
}

impl Config {
    /// Reads the file (when one is named) and the environment: `MPANEL_LISTEN`, `MPANEL_SITES__BASE_DOMAIN`, `DATABASE_URL`.
    pub fn load(file: Option<&std::path::Path>) -> Result<Self> {
        Self::load_with(file, &serde_json::json!({}))
    }

    /// As [`Config::load`], with other defaults below the file and the environment.
    pub fn load_with(file: Option<&std::path::Path>, other: &serde_json::Value) -> Result<Self> {
        let mut figment = Figment::from(Serialized::defaults(defaults())).merge(Serialized::defaults(other));
        if let Some(file) = file {
            if !file.exists() {
                bail!("configuration file {} not found", file.display());
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let figment = figment.merge(Env::raw().only(&["DATABASE_URL"])).merge(
            Env::prefixed("MPANEL_")
                .ignore(&["CONFIG", "CACHE", "PG_BIN", "BED", "BED_DISK", "BED_OWNER", "BED_REQUIRED", "NODE_BINARY", "APT_SOURCES", "DEMO"])
                .split("__"),
        );
        let mut config: Config = figment.extract().context("invalid configuration")?;
        if let Some(bank) = &config.seller.bank {
            let checked = core_billing::invoices::checked_bank(bank);
            config.seller.bank = Some(checked.map_err(|what| anyhow::anyhow!("seller.bank.{what}"))?);
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        if !(self.public_url.starts_with("http://") || self.public_url.starts_with("https://")) || self.public_url.ends_with('/') {
            bail!("public_url must start with http:// or https:// and not end with a slash; it is {:?}", self.public_url);
        }
        if self.country_header()?.is_some() && self.trusted_proxies.is_empty() {
            bail!("country_header is only read from trusted_proxies; name them, or leave it out");
        }
        let host = self.public_url.split_once("://").map_or("", |(_, host)| host);
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
            bail!("public_url must be scheme and host, for example https://panel.example.org; it is {:?}", self.public_url);
        }
        if !["https://", "http://"].iter().any(|scheme| self.npm_registry.starts_with(scheme)) || self.npm_registry.contains(['@', '?', '#', ' ']) {
            bail!("npm_registry must be an address without a user, for example {NPM_REGISTRY}");
        }
        if self.metrics_token.as_ref().is_some_and(|token| token.expose_secret().len() < 16) {
            bail!("metrics_token must have at least 16 characters");
        }
        self.check_tax()?;
        self.acme.check(self.simulated)?;
        self.registry.check()?;
        self.check_https()?;
        if self.grace_days < 0 || self.grace_seconds.is_some_and(|seconds| seconds < 0) {
            bail!("grace_days and grace_seconds cannot be negative");
        }
        let Sessions { idle_hours, longest_days, password_minutes } = self.sessions;
        if !(1..=24 * 90).contains(&idle_hours) || !(1..=90).contains(&longest_days) || !(1..=60).contains(&password_minutes) {
            bail!("sessions: idle_hours must be 1 to 2160, longest_days 1 to 90, password_minutes 1 to 60");
        }
        if !(1..=1_000_000).contains(&self.limits.checkouts_per_hour) {
            bail!("limits.checkouts_per_hour is 1 to 1000000; it is {}", self.limits.checkouts_per_hour);
        }
        let Limits { connections, connections_per_address, live_links_per_address, .. } = self.limits;
        if [connections, connections_per_address, live_links_per_address].contains(&0) {
            bail!("limits: connections, connections_per_address and live_links_per_address are at least 1");
        }
        if !(1..=256).contains(&self.concurrency) {
            bail!("concurrency must be 1 to 256; it is {}", self.concurrency);
        }
        match (self.payments.provider, &self.payments.stripe) {
            (Some(PaymentProvider::Stripe), None) => bail!("payments.provider is stripe: set payments.stripe.secret_key and .webhook_secret"),
            (_, Some(stripe)) => stripe.check()?,
            _ => {}
        }
        if self.audit_anchor_url.as_ref().is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
            bail!("audit_anchor_url must start with https:// or http://");
        }
        if self.seller.name.trim().is_empty() {
            bail!("seller.name is empty; every invoice needs it");
        }
        Ok(())
    }

    fn check_https(&self) -> Result<()> {
        if self.https.listen.is_none() {
            return Ok(());
        }
        if !self.acme.is_configured() {
            bail!("https.listen needs acme.directory_url: the panel's certificate comes from there. Or leave HTTPS to a proxy");
        }
        match self.https_name() {
            Some(name) if self.tls() && name.contains('.') && wire::DomainName::new(name).is_ok() => Ok(()),
            _ => bail!("https.listen needs a public_url with https:// and a name in DNS, for example https://panel.example.org"),
        }
    }

    /// The name that the panel has a certificate for, where it serves HTTPS itself.
    pub fn https_name(&self) -> Option<&str> {
        self.https.listen?;
        let (_, host) = self.public_url.split_once("://")?;
        host.split(':').next()
    }

    fn check_tax(&self) -> Result<()> {
        if !self.vies_url.starts_with("https://") && !self.vies_url.starts_with("http://") || self.vies_url.ends_with('/') {
            bail!("vies_url must start with https:// or http:// and not end with a slash");
        }
        let country = &self.seller.country;
        if !model::country::is_known(country) {
            bail!("seller.country must be a country's two letters, for example NL; it is {country:?}");
        }
        match (self.tax_rate_bp, core_billing::tax::is_in_table(country)) {
            (None, true) => Ok(()),
            (Some(_), true) => bail!("tax_rate_bp is for sellers outside the EU; mPanel has the rates of {country}. Remove it"),
            (None, false) => bail!("tax_rate_bp is missing: mPanel has no rates of {country}. Set your own, in hundredths of a percent"),
            (Some(rate), false) if (0..=10_000).contains(&rate) => Ok(()),
            (Some(rate), false) => bail!("tax_rate_bp must be 0 to 10000 (hundredths of a percent); it is {rate}"),
        }
    }

    /// Runtimes and applications that are shipped to servers.
    pub fn artifacts(&self) -> ArtifactStore {
        ArtifactStore::new(self.artifacts_dir.clone().unwrap_or_else(|| self.data_dir.join("artifacts"))).with_registry(&*self.npm_registry)
    }

    /// Every artifact, with its recipe.
    pub fn artifact_kinds(&self) -> Vec<ArtifactKind> {
        ArtifactKind::all(self.wordpress.clone())
    }

    /// Whether browsers come over TLS.
    pub fn tls(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// What modules need to know.
    pub fn settings(&self) -> Settings {
        Settings {
            public_url: self.public_url.clone(),
            seller: self.seller.clone(),
            tax_rate_bp: self.tax_rate_bp,
            eu_consumers_at_own_rate: self.eu_consumers_at_own_rate,
            base_domain: self.sites.base_domain.clone(),
            site_port: self.sites.port,
            grace: self.grace_seconds.map_or_else(|| chrono::Duration::days(self.grace_days), chrono::Duration::seconds),
            drift_policy: self.drift_policy,
            lost_dispute: self.payments.lost_dispute,
            checkout_lifetime: chrono::Duration::hours(24),
            checkouts_per_hour: self.limits.checkouts_per_hour,
            session_idle: chrono::Duration::hours(self.sessions.idle_hours),
            session_absolute: chrono::Duration::days(self.sessions.longest_days),
            step_up: chrono::Duration::minutes(self.sessions.password_minutes),
            audit_anchor_url: self.audit_anchor_url.clone(),
            mail_from: self.mail.from.clone(),
            simulated: self.simulated,
        }
    }

    /// The header in which a proxy says the country of the visitor's address.
    pub fn country_header(&self) -> Result<Option<HeaderName>> {
        let parse = |name: &String| name.parse().map_err(|_| anyhow::anyhow!("country_header must be the name of a header; it is {name:?}"));
        self.country_header.as_ref().map(parse).transpose()
    }

    /// The owner's address of the database, where one is configured.
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_ref().map(ExposeSecret::expose_secret)
    }
}
