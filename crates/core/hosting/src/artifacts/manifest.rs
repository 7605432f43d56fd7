//! The small file beside an artifact that says what it is.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ArtifactError;

/// A finished artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// `php8.4`, `node24` or `wordpress`.
    pub name: String,
    /// Debian's version, the npm package's, or the one configured with the archive.
    pub version: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Length of the file in bytes.
    pub size: u64,
    /// Hash of the recipe it was made by.
    pub recipe: String,
    /// The processor it runs on (`x86_64`, `aarch64`); `any` for files without programs.
    pub architecture: String,
    /// File name inside the store.
    file: PathBuf,
    /// The whole path; known once it is read from a store.
    #[serde(skip)]
    pub path: PathBuf,
}

impl Artifact {
    pub(super) fn new(name: &str, version: String, recipe: String, architecture: &str, sha256: String, size: u64, file: PathBuf) -> Self {
        let (name, architecture) = (name.to_owned(), architecture.to_owned());
        Self { name, version, sha256, size, recipe, architecture, path: PathBuf::new(), file }
    }

    /// Reads `NAME.json` of a store. None when there is none, or when its file is gone or has another length.
    pub(super) fn read(dir: &Path, name: &str) -> Result<Option<Self>, ArtifactError> {
        let manifest = dir.join(format!("{name}.json"));
        let text = match std::fs::read(&manifest) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ArtifactError::file(&manifest)(error)),
        };
        // A manifest of an older form counts as none: the artifact is built again.
        let Ok(mut artifact) = serde_json::from_slice::<Self>(&text) else { return Ok(None) };
        let Some(file) = artifact.file.file_name() else { return Ok(None) };
        artifact.path = dir.join(file);
        let whole = std::fs::metadata(&artifact.path).is_ok_and(|found| found.len() == artifact.size);
        Ok(whole.then_some(artifact))
    }

    /// Writes `NAME.json`: from then on this is the artifact of its name.
    pub(super) fn write(&mut self, dir: &Path) -> Result<(), ArtifactError> {
        let manifest = dir.join(format!("{}.json", self.name));
        let draft = dir.join(format!(".{}.json.draft", self.name));
        let text = serde_json::to_vec_pretty(self).map_err(|error| ArtifactError::Content(error.to_string()))?;
        std::fs::write(&draft, text).map_err(ArtifactError::file(&draft))?;
        std::fs::rename(&draft, &manifest).map_err(ArtifactError::file(&manifest))?;
        self.path = dir.join(&self.file);
        Ok(())
    }
}
