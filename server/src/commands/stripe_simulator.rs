//! `mpanel stripe-simulator`: the stand-in for Stripe alone, for a panel that is to be tried with it.

use anyhow::{Context, Result};
use clap::Args;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use stripe_simulator::{Simulator, SimulatorConfig};

/// The secret key that it takes.
pub const KEY: &str = "sk_test_simulator";

/// Signs its webhooks.
pub const WEBHOOK_SECRET: &str = "whsec_simulator";

/// How it is set up.
#[derive(Args)]
pub struct SimulatorArgs {
    /// Address that it answers at.
    #[arg(long, default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
    /// URL that webhooks are sent to. Without it none are sent.
    #[arg(long)]
    webhook_url: Option<String>,
}

/// Runs it until it is stopped.
pub async fn run(args: SimulatorArgs) -> Result<()> {
    let simulator = start(args.listen, args.webhook_url).await?;
    println!("The Stripe simulator is at {}. Secret key: {KEY}. Signing secret of its webhooks: {WEBHOOK_SECRET}.", simulator.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Starts it.
pub async fn start(listen: SocketAddr, webhook_url: Option<String>) -> Result<Simulator> {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    let config = SimulatorConfig {
        key: KEY.to_owned(),
        webhook_secret: WEBHOOK_SECRET.as_bytes().to_vec(),
        webhook_url,
        clock: Arc::new(now),
        // It forgets everything when it ends; a database that remembers must not meet the same names again.
        suffix: format!("{:x}", now()),
    };
    Simulator::start(listen, config).await.with_context(|| format!("the Stripe simulator cannot listen on {listen}"))
}
