//! Where things are: the workspace, and what `Leptos.toml` says.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::PathBuf;

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
    /// Reads `Leptos.toml` of the workspace around the working folder. Not of the one that this program was built in: clones share their target folder.
    ///
    /// # Errors
    /// When there is no such file above, or it lacks a key.
    pub fn read() -> Result<Self> {
        let here = std::env::current_dir()?;
        let root = here.ancestors().find(|folder| folder.join("Leptos.toml").is_file()).context("this is not inside the repository")?.to_path_buf();
        let path = root.join("Leptos.toml");
        let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let file: File = toml::from_str(&text).with_context(|| format!("{} is not right", path.display()))?;
        let project = file.workspace.metadata.leptos.into_iter().next().context("Leptos.toml names no project")?;
        Ok(Self { site: root.join(project.site), assets: root.join(project.assets), pkg: project.pkg, name: project.name, root })
    }
}
