//! `mpanel key …`

use crate::{boot, config::Config};
use anyhow::{Context, Result};
use core_security::{audit, key};

/// Makes a new key, and seals everything with it.
pub async fn rotate(config: &Config) -> Result<()> {
    let booted = boot::boot_with_new_key(config).await?;
    let rotated = async {
        let report = key::rotate_key(&booted.services).await?;
        audit::anchor(&booted.services, &config.data_dir).await?;
        Ok::<_, engine::Error>(report)
    };
    let rotated = rotated.await;
    booted.stop().await;
    let report = rotated.context("rotation did not finish; both keys are still in use. Run this command again")?;
    let sealed: Vec<String> = report.sealed.iter().map(|(name, count)| format!("{count} {name}")).collect();
    println!("Key rotated: re-encrypted the secrets of {}; {} audit chains continue with the new key.", sealed.join(" and "), report.chains);
    println!("Copy the new key file to workers on other machines. Keep the old key as long as backups made with it.");
    Ok(())
}
