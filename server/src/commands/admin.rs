//! `mpanel admin …`

use crate::{
    boot::{self, Role},
    config::Config,
};
use anyhow::{Result, bail};
use core_administration::accounts;

/// Prints a one-time link that creates the first admin.
pub async fn setup_link(config: &Config) -> Result<()> {
    let booted = boot::boot(config, Role::Command).await?;
    let link = accounts::make_setup_link(&booted.services).await;
    booted.stop().await;
    match link? {
        Some(link) => println!("{link}"),
        None => bail!("an admin already exists; sign in, or reset the password at {}/forgot", config.public_url),
    }
    Ok(())
}

/// Disables a user's 2FA.
pub async fn remove_second_step(config: &Config, email: &str) -> Result<()> {
    let booted = boot::boot(config, Role::Command).await?;
    let removed = accounts::remove_lost_second_step(&booted.services, email).await;
    booted.stop().await;
    removed?;
    println!("2FA disabled for {email}.");
    Ok(())
}
