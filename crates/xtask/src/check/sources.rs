//! The files of the repository as git knows them: tracked, or new and not ignored.

use anyhow::{Context, Result, bail};
use std::{path::Path, process::Command};

/// One text file.
pub struct Source {
    /// From the root, with slashes.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// Every text file of the repository.
pub struct Sources(Vec<Source>);

impl Sources {
    /// Reads them; what is not UTF-8 is no text and left out.
    ///
    /// # Errors
    /// When git cannot list them.
    pub fn read(root: &Path) -> Result<Self> {
        // A clone may belong to somebody else than the one who builds it.
        let listed = Command::new("git")
            .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("git cannot be started")?;
        if !listed.status.success() {
            bail!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim());
        }
        let names = String::from_utf8(listed.stdout).context("a file name is not UTF-8")?;
        // A file that was removed and is still in the index is not there to be read.
        let read = |path: &str| std::fs::read_to_string(root.join(path)).ok().map(|text| Source { path: path.to_owned(), text });
        Ok(Self(names.split('\0').filter(|name| !name.is_empty()).filter_map(read).collect()))
    }

    /// Sources of a test.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() }).collect())
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    /// The Rust files.
    pub fn rust(&self) -> impl Iterator<Item = &Source> {
        self.all().filter(|source| source.path.ends_with(".rs"))
    }

    /// The file at a path.
    pub fn at(&self, path: &str) -> Option<&Source> {
        self.all().find(|source| source.path == path)
    }
}
