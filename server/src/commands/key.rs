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
    let done = taken_up.context("the new key is not taken up everywhere yet, and the old one still counts; run this command again")?;
    println!(
        "The key is replaced: {} pods and {} code apps are sealed with the new one, {} chains of the audit log go on under it.",
        done.pods, done.code_apps, done.chains
    );
    println!("Workers on other machines need the new key file. Keep the old backups' key as long as the backups.");
    Ok(())
}
