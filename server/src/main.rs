//! mPanel: one binary that serves, works, migrates and answers on the command line.

mod assets;
mod background;
mod body;
mod boot;
mod cli;
mod client_ip;
mod commands;
mod compression;
mod config;
mod handlers;
mod https;
mod keys;
mod listen;
mod logging;
mod metrics_endpoint;
mod request;
mod router;
mod serve;
mod transfers;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    // One TLS provider for every client in this process.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("mpanel: a TLS provider was already installed");
    }
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(cli::run(cli)));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("mpanel: {error:#}");
            ExitCode::FAILURE
        }
    }
}
