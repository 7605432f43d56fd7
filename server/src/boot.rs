//! From the configuration to running parts: data folder, key, PostgreSQL, adapters.

use crate::{
    config::{Config, PaymentProvider},
    keys,
};
use adapters::{
    dns::{AuthoritativeDns, Dns, DnsResolver, UdpAuthoritativeDns},
    node::{NodeClient, NodeRouter, SimulatedNodeClient, SshConfig, SshNodeClient, simulated::SimulatedConfig},
    payments::{Payments, sandbox::Sandbox, stripe::Stripe},
    smtp::{Mailer, SmtpMailer},
    vies::{RestVies, SimulatedVies, Vies},
};
use anyhow::{Context, Result, bail};
use core_administration::outbox::Attachments;
use core_billing::documents::InvoiceAttachments;
use core_hosting::{certificates::PanelName, cloudpods::Participants};
use db::{
    AuditKey, Db, DbConfig, LoginUrls,
    embedded::{Embedded, EmbeddedConfig, EmbeddedError},
};
use engine::{Modules, Services, cached::Cached, clock::SystemClock, secrets::MasterKey};
use model::overview::dashboard::DashboardView;
use secrecy::ExposeSecret;
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::fs::DirBuilderExt,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

/// What the key of the audit log is derived for.
const AUDIT: &str = "audit chain";

/// The running parts, and the PostgreSQL that must outlive them.
pub struct RunningApp {
    /// The parts.
    pub services: Services,
    embedded: Option<Embedded>,
}

impl RunningApp {
    /// Closes the pools and stops the embedded PostgreSQL.
    pub async fn stop(self) {
        self.services.db.close().await;
        if let Some(embedded) = self.embedded {
            let _ = tokio::task::spawn_blocking(move || embedded.stop()).await;
        }
    }
}

/// What a process is going to do with the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Serves the panel, and works on jobs too or leaves them to others. The embedded PostgreSQL is its child.
    Server {
        /// Whether it works on jobs.
        works: bool,
    },
    /// Works on jobs only.
    Worker,
    /// Looks or changes something, and ends.
    Command,
}

impl Role {
    const fn works(self) -> bool {
        matches!(self, Role::Server { works: true } | Role::Worker)
    }
}

/// Brings everything up; migrates first.
pub async fn boot(config: &Config, role: Role) -> Result<RunningApp> {
    if role != Role::Command && config.payments.provider.is_none() {
        bail!(
            "no payment provider is configured. Set payments.provider = \"stripe\" with payments.stripe.secret_key and .webhook_secret. To try \
             mPanel, set payments.provider = \"sandbox\" (MPANEL_PAYMENTS__PROVIDER=sandbox): it takes no money, whoever likes has a paid order"
        );
    }
    let (key, database) = prepare(config, role).await?;
    boot_with(config, role, key, database).await
}

/// Brings everything up for a command, with a new key, when no mPanel runs that would go on with the old one.
pub async fn boot_with_new_key(config: &Config) -> Result<RunningApp> {
    let (_, database) = prepare(config, Role::Command).await?;
    let running = Db::connections(&database.1).await.context("PostgreSQL is not responding")?;
    if running > 0 {
        bail!("mPanel is running ({running} connections to its database); stop it, with all its workers, and try again");
    }
    let key = keys::replace(&config.data_dir)?;
    boot_with(config, Role::Command, key, database).await
}

/// What everything else stands on: the data folder with the key, and PostgreSQL.
async fn prepare(config: &Config, role: Role) -> Result<(MasterKey, (Option<Embedded>, String))> {
    make_data_dir(config)?;
    Ok((keys::load_or_make(&config.data_dir)?, database(config, role).await?))
}

async fn boot_with(config: &Config, role: Role, key: MasterKey, (embedded, owner_url): (Option<Embedded>, String)) -> Result<RunningApp> {
    Db::migrate(&owner_url).await.context("failed to migrate the database")?;
    let audit = AuditKey::new(key.derive(AUDIT)).after(key.derive_older(AUDIT));
    let db = match &embedded {
        Some(embedded) => Db::connect(DbConfig::new(embedded.logins(), audit)).await.map_err(anyhow::Error::from),
        None => connect(&owner_url, &key, audit).await,
    };
    let db = db.context("PostgreSQL is not responding")?;
    let services = services(config, key, db, role).await?;
    Ok(RunningApp { services, embedded })
}

/// Connects to a PostgreSQL that is not ours. The passwords of the two logins follow from the key file: whoever comes first
/// sets them, and PostgreSQL refuses to have them set by two at once.
async fn connect(owner_url: &str, key: &MasterKey, audit: AuditKey) -> Result<Db> {
    let (web, ops) = (hex::encode(key.derive("login mpanel_web")), hex::encode(key.derive("login mpanel_ops")));
    let config = DbConfig::new(LoginUrls::from_owner(owner_url, &web, &ops)?, audit);
    if let Ok(db) = Db::connect(config.clone()).await {
        return Ok(db);
    }
    let set = Db::set_login_passwords(owner_url, &web, &ops).await;
    let connected = Db::connect(config).await;
    Ok(set.map(drop).and(connected)?)
}

/// Brings only the database to this version.
pub async fn migrate(config: &Config) -> Result<()> {
    make_data_dir(config)?;
    let (embedded, owner_url) = database(config, Role::Command).await?;
    Db::migrate(&owner_url).await?;
    if let Some(embedded) = embedded {
        tokio::task::spawn_blocking(move || embedded.stop()).await?;
    }
    Ok(())
}

fn make_data_dir(config: &Config) -> Result<()> {
    let dir = &config.data_dir;
    // Others may pass through (the embedded PostgreSQL runs under another uid), not look inside; each secret has its own mode.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(dir)
        .with_context(|| format!("cannot create the data folder {}; set data_dir to a folder that this user can write to", dir.display()))
}

/// The PostgreSQL: the configured one, or the embedded one. Beside a panel that runs, others use its.
async fn database(config: &Config, role: Role) -> Result<(Option<Embedded>, String)> {
    if let Some(url) = config.database_url() {
        return Ok((None, url.to_owned()));
    }
    let embedded = EmbeddedConfig::new(config.data_dir.join("postgres"));
    let embedded = tokio::task::spawn_blocking(move || match Embedded::start(&embedded) {
        Err(EmbeddedError::InUse(_)) if !matches!(role, Role::Server { .. }) => Embedded::join(&embedded),
        started => started,
    })
    .await??;
    let url = embedded.owner_url();
    Ok((Some(embedded), url))
}

async fn services(config: &Config, key: MasterKey, db: Db, role: Role) -> Result<Services> {
    let settings = Arc::new(config.settings());
    let mailer = match &config.mail.smtp_url {
        Some(url) => Some(Arc::new(SmtpMailer::from_url(url.expose_secret())?) as Arc<dyn Mailer>),
        None => None,
    };
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(std::time::Duration::from_secs(20)).build()?;
    let webhook_url = webhook_url(config);
    let payments: Arc<dyn Payments> = match (config.payments.provider, &config.payments.stripe) {
        (Some(PaymentProvider::Stripe), Some(account)) => {
            let (secret_key, webhook_secret) = (account.secret_key.expose_secret(), account.webhook_secret.expose_secret());
            Arc::new(Stripe::new(http.clone(), &*account.api_url, secret_key, webhook_secret.as_bytes().to_vec()))
        }
        // Commands take no payments, whoever takes them.
        _ => Arc::new(Sandbox::new(http.clone(), settings.public_url.clone(), webhook_url, key.derive("sandbox-webhook").to_vec())),
    };
    let vies: Arc<dyn Vies> =
        if config.simulated { Arc::new(SimulatedVies::default()) } else { Arc::new(RestVies::new(http.clone(), &*config.vies_url)) };
    let (nodes, simulated) = nodes(config, role).await?;
    let services = Services::new(db, Arc::new(SystemClock), settings, key, http)
        .with(Arc::new(modules(config)))
        .with::<dyn NodeClient>(nodes)
        .with::<dyn AuthoritativeDns>(Arc::new(UdpAuthoritativeDns::new(simulated)))
        .with::<dyn Payments>(payments)
        .with::<dyn Vies>(vies)
        .with::<dyn Dns>(Arc::new(dns(config)?))
        .with::<dyn Attachments>(Arc::new(InvoiceAttachments))
        .with(Arc::new(config.artifacts()))
        // Modules above hosting that a suspension binds join here.
        .with(Arc::new(Participants::default()))
        .with::<Cached<DashboardView>>(Arc::default());
    let services = config.registry.add_to(config.acme.add_to(services)?)?;
    let services = match config.https_name() {
        Some(name) => services.with(Arc::new(PanelName(name.to_owned()))),
        None => services,
    };
    Ok(match mailer {
        Some(mailer) => services.with::<dyn Mailer>(mailer),
        None => services,
    })
}

/// The modules of every area.
fn modules(config: &Config) -> Modules {
    let modules = Modules::default().with(core_administration::register).with(core_hosting::register).with(core_billing::register);
    let modules = if config.acme.is_configured() { modules.with(core_hosting::certificates::register_issuing) } else { modules };
    if config.registry.is_configured() { modules.with(core_hosting::registrations::register_registry) } else { modules }
}

/// Where this process reaches its own webhook.
pub fn webhook_url(config: &Config) -> String {
    format!("http://{}/api/public/checkout/webhook", reachable(config.listen))
}

/// Where this process reaches itself.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Asks the configured resolvers; without any, those of the machine. A machine that names none is asked itself.
fn dns(config: &Config) -> Result<DnsResolver> {
    if !config.dns_resolvers.is_empty() {
        return DnsResolver::new(&config.dns_resolvers);
    }
    DnsResolver::new(&[]).or_else(|error| {
        tracing::warn!(%error, "the machine names no resolver; asking 127.0.0.1");
        DnsResolver::new(&[SocketAddr::from(([127, 0, 0, 1], 53))])
    })
}

/// The way to real servers, and to simulated ones where the configuration has them; those by themselves too.
async fn nodes(config: &Config, role: Role) -> Result<(Arc<dyn NodeClient>, Option<Arc<SimulatedNodeClient>>)> {
    let node_binary = match config.nodes.program.as_str() {
        "" => sibling_binary("mpanel-node")?,
        path => PathBuf::from(path),
    };
    let interface = Some(config.nodes.interface.clone()).filter(|name| !name.is_empty());
    let ssh = SshConfig { key_path: config.data_dir.join("ssh_ed25519"), interface, connect_timeout: Duration::from_secs(10), node_binary };
    let ssh = tokio::task::spawn_blocking(move || SshNodeClient::new(ssh)).await??;
    let simulated = if config.simulated {
        // The simulation lives where jobs are worked on: one process has its pods, shows their pages and keeps its file.
        let (port, file) =
            if role.works() { (config.sites.port.unwrap_or_default(), Some(config.data_dir.join("simulation.json"))) } else { (0, None) };
        let simulation = SimulatedConfig { port, file, pace: Duration::from_millis(150) };
        Some(Arc::new(SimulatedNodeClient::start(simulation)?))
    } else {
        None
    };
    let routed = simulated.clone().map(|simulated| simulated as Arc<dyn NodeClient>);
    Ok((Arc::new(NodeRouter::new(Arc::new(ssh), routed)), simulated))
}

/// A program that stands beside this one.
fn sibling_binary(name: &str) -> Result<PathBuf> {
    let mut path = std::env::current_exe().context("the path of this program is unknown")?;
    path.set_file_name(name);
    Ok(path)
}
