//! `mpanel runtime …`

use crate::config::Config;
use anyhow::{Context, Result};

/// Builds one artifact, or all that are known.
pub async fn build(config: &Config, name: &str) -> Result<()> {
    let store = config.artifacts();
    let kinds = match name {
        "all" => config.artifact_kinds(),
        one => vec![
            config
                .artifact_kinds()
                .into_iter()
                .find(|kind| kind.name() == one)
                .with_context(|| format!("unknown runtime {one}; choose one of {}", names(config)))?,
        ],
    };
    for kind in kinds {
        let artifact = store.build(&kind, &|line| eprintln!("{line}")).await?;
        println!("{} {} {} {} bytes", artifact.name, artifact.version, artifact.sha256, artifact.size);
    }
    Ok(())
}

/// Lists what is kept.
pub fn list(config: &Config) -> Result<()> {
    for artifact in config.artifacts().list()? {
        println!("{} {} {} {} bytes", artifact.name, artifact.version, artifact.sha256, artifact.size);
    }
    Ok(())
}

fn names(config: &Config) -> String {
    config.artifact_kinds().iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}
