//! Where things are: the workspace, and what `Leptos.toml` says.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The folders of the build.
pub struct Layout {
    /// The workspace.
    pub root: PathBuf,
    /// The site folder: everything the browser may fetch.
    pub site: PathBuf,
    /// Name of the folder of hashed files below the site.
    pub pkg: String,
    /// Name of the built files.
    pub name: String,
    /// Folder of files that go to the site as they are.
    pub assets: PathBuf,
}

#[derive(Deserialize)]
struct Project {
    #[serde(rename = "output-name")]
    name: String,
    #[serde(rename = "site-root")]
    site: String,
    #[serde(rename = "site-pkg-dir")]
    pkg: String,
    #[serde(rename = "assets-dir")]
    assets: String,
}

#[derive(Deserialize)]
struct File {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    leptos: Vec<Project>,
}

impl Layout {
    /// Reads `Leptos.toml` of the workspace that this program was built in.
    ///
    /// # Errors
    /// When the file is missing or lacks a key.
    pub fn read() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("xtask is not in crates/xtask")?.to_path_buf();
        let path = root.join("Leptos.toml");
        let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let file: File = toml::from_str(&text).with_context(|| format!("{} is not right", path.display()))?;
        let project = file.workspace.metadata.leptos.into_iter().next().context("Leptos.toml names no project")?;
        Ok(Self { site: root.join(project.site), assets: root.join(project.assets), pkg: project.pkg, name: project.name, root })
    }
}
