//! Structured logs to standard error.

use crate::config::{Config, LogFormat};
use anyhow::{Context, Result};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// Starts logging as configured.
pub fn start(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(&config.log).with_context(|| format!("log is not a filter: {:?}", config.log))?;
    let registry = tracing_subscriber::registry().with(filter);
    match config.log_format {
        LogFormat::Text => registry.with(fmt::layer().with_writer(std::io::stderr).compact()).init(),
        LogFormat::Json => registry.with(fmt::layer().with_writer(std::io::stderr).json()).init(),
    }
    Ok(())
}
