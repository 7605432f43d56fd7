//! `mpanel key …`

use crate::{boot, config::Config};
use anyhow::{Context, Result};
use mpanel_core::security::{audit, key};

/// Makes a new key, and seals everything with it.
pub async fn replace(config: &Config) -> Result<()> {
    let booted = boot::boot_with_new_key(config).await?;
    let taken_up = async {
        let taken_up = key::take_up(&booted.services).await?;
        audit::anchor(&booted.services, &config.data_dir).await?;
        Ok::<_, mpanel_core::Error>(taken_up)
    };
    let taken_up = taken_up.await;
    booted.stop().await;
    let done = taken_up.context("rotation did not finish; both keys are still in use. Run this command again")?;
    println!(
        "Key rotated: re-encrypted the secrets of {} CloudPods and {} users; {} audit chains continue with the new key.",
        done.pods, done.code_apps, done.chains
    );
    println!("Copy the new key file to workers on other machines. Keep the old key as long as backups made with it.");
    Ok(())
}
