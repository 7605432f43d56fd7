//! The packages of the lockfile and who depends on whom, as cargo says it.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::{path::Path, process::Command};

/// A dependency as a manifest names it.
#[derive(Deserialize)]
pub struct Dependency {
    /// Name of the package.
    pub name: String,
    /// `dev`, `build`, or nothing.
    pub kind: Option<String>,
    /// Only with a feature.
    pub optional: bool,
}

/// A package.
#[derive(Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, an SPDX expression.
    pub license: Option<String>,
    /// Where it comes from; nothing for our own.
    pub source: Option<String>,
    /// What it names in its manifest.
    pub dependencies: Vec<Dependency>,
}

/// All packages that a build for Linux or for the browser takes.
#[derive(Deserialize)]
pub struct Graph {
    packages: Vec<Package>,
}

impl Graph {
    /// Asks cargo. Works without a network when the packages are there.
    ///
    /// # Errors
    /// When cargo fails: the lockfile does not fit, or a package cannot be had.
    pub fn read(root: &Path) -> Result<Self> {
        let host = if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-gnu" } else { "x86_64-unknown-linux-gnu" };
        let said = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host, "--filter-platform", "wasm32-unknown-unknown"])
            .current_dir(root)
            .output()
            .context("cargo cannot be started")?;
        if !said.status.success() {
            bail!("cargo metadata: {}", String::from_utf8_lossy(&said.stderr).trim());
        }
        serde_json::from_slice(&said.stdout).context("cargo metadata is not understood")
    }

    /// Packages of a test.
    #[cfg(test)]
    pub fn of(packages: Vec<Package>) -> Self {
        Self { packages }
    }

    /// Our own packages.
    pub fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }

    /// The packages of others.
    pub fn foreign(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_some())
    }
}
