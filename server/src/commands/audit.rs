//! `mpanel audit verify`

use crate::{
    boot::{self, Role},
    config::Config,
};
use anyhow::Result;
use core_security::audit;
use std::process::ExitCode;

/// Reads every chain against its key and against the anchors outside the database.
pub async fn verify(config: &Config) -> Result<ExitCode> {
    let booted = boot::boot(config, Role::Command).await?;
    let report = audit::verify(&booted.services, &config.data_dir).await;
    booted.stop().await;
    let report = report?;
    println!("{}", report.text);
    Ok(if report.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
