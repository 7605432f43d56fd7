//! The registry of the tests as a program, for the story in a browser: `test_registry FOLDER` leaves its root certificate and its port in the folder.

use anyhow::Context;
use chrono::{TimeDelta, Utc};
use mpanel_testkit::registry::Registry;
use std::path::PathBuf;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).context("usage: test_registry FOLDER")?);
    let registry = Registry::start(Utc::now()).await?;
    registry.objects().add_foreign("taken.example", "code-of-taken", Utc::now() + TimeDelta::days(300));
    std::fs::write(folder.join("root.pem"), registry.root())?;
    // Whoever waits for the port finds the certificate.
    std::fs::write(folder.join("port"), registry.port().to_string())?;
    std::future::pending().await
}
