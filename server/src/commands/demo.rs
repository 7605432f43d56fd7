//! `mpanel demo`: three plans and one test server, ready to be bought from.

use super::stripe_simulator;
use crate::{
    boot::{self, Role, RunningApp},
    config::Config,
    serve,
};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use core_administration::{
    accounts,
    servers::{self, ServerInput},
};
use core_billing::products;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{
    io::{AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    process::Command,
};

/// What the demo needs to know.
#[derive(Args)]
pub struct DemoArgs {
    /// Folder of the demo's data.
    #[arg(long, default_value = "/var/lib/mpanel-demo")]
    data_dir: PathBuf,
    /// Folder of built runtimes; kept between demos.
    #[arg(long)]
    artifacts_dir: Option<PathBuf>,
    /// The command that boots real test servers; without it, or where it cannot, the server is simulated.
    #[arg(long)]
    bed: Option<PathBuf>,
    /// Name of the test server.
    #[arg(long, default_value = "demo1")]
    host: String,
    /// Who takes the payments.
    #[arg(long, value_enum, default_value = "sandbox")]
    payments: DemoPayments,
}

/// Who takes the demo's payments. None of them takes money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DemoPayments {
    /// mPanel's own page that asks whether the payment goes through.
    Sandbox,
    /// A stand-in that speaks Stripe, with its payment page, test cards, and the bank's page.
    StripeSimulator,
}

impl DemoArgs {
    /// The demo's configuration: its own data folder, sites on `*.sites.localhost`, a grace period one can wait for.
    pub fn config(&self, file: Option<&Path>) -> Result<Config> {
        let simulated = self.bed.is_none();
        let port = site_port(simulated);
        let payments = match self.payments {
            DemoPayments::Sandbox => serde_json::json!({ "provider": "sandbox" }),
            DemoPayments::StripeSimulator => {
                let (secret_key, webhook_secret) = (stripe_simulator::KEY, stripe_simulator::WEBHOOK_SECRET);
                let api_url = format!("http://{}", free_address()?);
                serde_json::json!({ "provider": "stripe", "stripe": { "secret_key": secret_key, "webhook_secret": webhook_secret, "api_url": api_url } })
            }
        };
        let config = Config::load_with(
            file,
            &serde_json::json!({
                "data_dir": self.data_dir, "artifacts_dir": self.artifacts_dir, "simulated": simulated, "grace_seconds": 120,
                "sites": { "base_domain": "sites.localhost", "port": port.filter(|port| *port != 80) },
                "log": "warn,mpanel=info", "payments": payments,
                // Everybody who tries it comes from this machine.
                "limits": { "checkouts_per_hour": 100_000, "connections_per_address": 4096, "live_links_per_address": 4096 },
            }),
        )?;
        if port.is_none() && config.sites.port.is_none() {
            bail!("ports 80 and 8081 are in use; free one, or choose another port for the demo's sites: MPANEL_SITES__PORT");
        }
        Ok(config)
    }
}

/// An address of this machine that nobody uses.
fn free_address() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Where the demo's sites answer on this machine: 80 when it is free, else 8081.
fn site_port(simulated: bool) -> Option<u16> {
    let free = |port| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    [80, 8081].into_iter().find(|port| !(simulated && *port == 80) && free(*port))
}

/// Prepares everything, prints what to try, and serves.
pub async fn run(config: &Config, args: &DemoArgs) -> Result<()> {
    if std::net::TcpListener::bind(config.listen).is_err() {
        bail!("{} is in use; stop the program that uses it, or set MPANEL_LISTEN and MPANEL_PUBLIC_URL", config.listen);
    }
    let stop = serve::stop_signal();
    let simulator = match (args.payments, &config.payments.stripe) {
        (DemoPayments::StripeSimulator, Some(account)) => {
            let listen = account.api_url.trim_start_matches("http://").parse().context("payments.stripe.api_url")?;
            Some(stripe_simulator::start(listen, Some(boot::webhook_url(config))).await?)
        }
        _ => None,
    };
    step("starting PostgreSQL and applying migrations");
    let booted = boot::boot(config, Role::Server { works: true }).await?;
    step("creating the demo plans");
    products::load_demo(&booted.services).await?;
    let server = match &args.bed {
        Some(bed) => real_server(config, &booted, bed, &args.host).await?,
        None => "a simulated server: purchased sites are not real (every page says so)".to_owned(),
    };
    let setup = accounts::make_setup_link(&booted.services).await?;
    print_welcome(config, &server, setup.as_deref());
    if let Some(simulator) = &simulator {
        println!("The Stripe simulator is at {}; it takes no money. Its payment page offers test cards.\n", simulator.url());
    }
    serve::run(config, booted, true, stop).await?;
    if let Some(bed) = &args.bed {
        run_bed(bed, &["stop", &args.host], None).await?;
    }
    Ok(())
}

fn step(what: &str) {
    println!("mpanel demo: {what}");
}

fn print_welcome(config: &Config, server: &str, setup: Option<&str>) {
    let url = &config.public_url;
    println!("\nmPanel is running with {server}.\n");
    println!("  plans      {url}/");
    println!("  admin      {url}/sign-in");
    match setup {
        Some(link) => println!("  set-up     {link}   (creates the first admin, single use)"),
        None => println!("  set-up     already done; to reset the password: {url}/forgot, its email is in the admin's email log"),
    }
    println!("\nThree things to try:");
    println!("  1. Buy the WordPress plan at {url}/ : no money is charged. Watch it being provisioned, then open the site.");
    println!("  2. Open the setup link, create your admin, find the welcome email in the email log and activate the customer's account.");
    println!(
        "  3. Delete the CloudPod from its page in the admin's CloudPods: it goes offline, and after two minutes its data is deleted from the server."
    );
    println!("\nPress Ctrl+C to stop. The next start takes seconds and keeps all data.\n");
}

/// Boots the test server and enrolls it as an admin would.
async fn real_server(config: &Config, booted: &RunningApp, bed: &Path, host: &str) -> Result<String> {
    let store = config.artifacts();
    for kind in config.artifact_kinds() {
        step(&format!("runtime {} (built once, then kept)", kind.name()));
        store.build(&kind, &|line| println!("  {line}")).await?;
    }
    step("test server (its image is built once, then kept)");
    run_bed(bed, &["image"], None).await?;
    run_bed(bed, &["net", "up"], None).await?;
    let address = run_bed(bed, &["up", host], None).await?;
    run_bed(bed, &["ready", host], None).await?;
    let address: Ipv4Addr = address.trim().parse().with_context(|| format!("invalid address of the test server: {address}"))?;
    enroll(booted, bed, host, address).await?;
    forward(config.sites.port.unwrap_or(80), SocketAddr::from((address, 80))).await?;
    Ok(format!("one real test server ({host}, {address})"))
}

async fn enroll(booted: &RunningApp, bed: &Path, host: &str, address: Ipv4Addr) -> Result<()> {
    let services = &booted.services;
    let input = ServerInput { name: host.to_owned(), address: address.to_string(), region: "local".to_owned(), site_address: None, tags: Vec::new() };
    let enrollment = servers::add_from_cli(services, input).await?;
    step("running the enrollment command on the test server");
    run_bed(bed, &["exec", host, "bash", "-s"], Some(&enrollment.command)).await?;
    servers::enroll_from_cli(services, enrollment.id).await?;
    Ok(())
}

/// Runs the bed's command and gives what it printed; its progress goes to this terminal.
async fn run_bed(bed: &Path, args: &[&str], input: Option<&str>) -> Result<String> {
    let mut command = Command::new(bed);
    // A sparse file: room for a dozen pods on paper, only what is written on the disk.
    command.env("MPANEL_BED_DISK", "64G");
    command.args(args).stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() }).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().with_context(|| format!("{} does not start", bed.display()))?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        stdin.write_all(input.as_bytes()).await?;
        stdin.write_all(b"\n").await?;
    }
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        bail!("the test server reported an error: {} {}", bed.display(), args.join(" "));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Lets browsers of this machine reach the server's sites: `*.localhost` is this machine in every browser.
async fn forward(port: u16, to: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.with_context(|| format!("port {port} is in use"))?;
    tokio::spawn(async move {
        while let Ok((mut visitor, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Ok(mut site) = TcpStream::connect(to).await {
                    // Either side may close at any time; that is how HTTP connections end.
                    let _ = copy_bidirectional(&mut visitor, &mut site).await;
                }
            });
        }
    });
    Ok(())
}
