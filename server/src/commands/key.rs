//! `mpanel key …`

use crate::{boot, config::Config};
use anyhow::{Context, Result};
use core_security::{audit, key};

/// Makes a new key, and seals everything with it.
pub async fn replace(config: &Config) -> Result<()> {
    let booted = boot::boot_with_new_key(config).await?;
    let rotated = async {
        let report = key::rotate_key(&booted.services).await?;
        audit::anchor(&booted.services, &config.data_dir).await?;
        Ok::<_, engine::Error>(report)
    };
    let rotated = rotated.await;
    booted.stop().await;
    let report = rotated.context("the new key is not taken up everywhere yet, and the old one still counts; run this command again")?;
    let sealed: Vec<String> = report.sealed.iter().map(|(name, count)| format!("{count} {name}")).collect();
    println!("The key is replaced: {} are sealed with the new one, {} chains of the audit log go on under it.", sealed.join(", "), report.chains);
    println!("Workers on other machines need the new key file. Keep the old backups' key as long as the backups.");
    Ok(())
}
