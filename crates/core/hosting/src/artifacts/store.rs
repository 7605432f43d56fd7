//! The folder of finished artifacts.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::recipes::{BASE, Origin, TOOLS, origin};
use super::{Artifact, ArtifactError, ArtifactKind, Progress, WordPressSource, node, runtime, wordpress};

/// Where Node comes from when nothing else is configured.
pub const NPM_REGISTRY: &str = "https://registry.npmjs.org";

/// Where artifacts are built and kept. Two processes may share one.
#[derive(Debug, Clone)]
pub struct ArtifactStore {
    dir: PathBuf,
    registry: String,
}

impl ArtifactStore {
    /// A store in this folder; it is made at the first build.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), registry: NPM_REGISTRY.to_owned() }
    }

    /// Fetches Node from this npm registry.
    #[must_use]
    pub fn with_registry(self, registry: impl Into<String>) -> Self {
        Self { registry: registry.into(), ..self }
    }

    /// The artifact of this kind: the kept one when its recipe is unchanged and its checksum holds, else a new one.
    /// A build takes from seconds (WordPress, a further version of Node) to a few minutes (PHP).
    ///
    /// # Errors
    /// When a program is missing or fails, when apt has no source, when a checksum does not hold.
    pub async fn build(&self, kind: &ArtifactKind, progress: Progress<'_>) -> Result<Artifact, ArtifactError> {
        let _alone = self.lock(kind.name()).await?;
        if let Some(kept) = self.kept(kind).await? {
            return Ok(kept);
        }
        let base = self.base(kind, false, progress).await?;
        self.make(kind, base, progress).await
    }

    /// Builds anew with today's packages even when the recipe is unchanged: how security fixes come in.
    ///
    /// # Errors
    /// As [`ArtifactStore::build`]; the kept artifact stays when it fails.
    pub async fn rebuild(&self, kind: &ArtifactKind, progress: Progress<'_>) -> Result<Artifact, ArtifactError> {
        let _alone = self.lock(kind.name()).await?;
        let base = self.base(kind, true, progress).await?;
        self.make(kind, base, progress).await
    }

    /// The kept artifact of this name, if there is a whole one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn find(&self, name: &str) -> Result<Option<Artifact>, ArtifactError> {
        Artifact::read(&self.dir, name)
    }

    /// All kept artifacts, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn list(&self) -> Result<Vec<Artifact>, ArtifactError> {
        let found: Result<Vec<_>, _> = ArtifactKind::all(WordPressSource::Debian).iter().map(|kind| self.find(kind.name())).collect();
        let mut artifacts: Vec<Artifact> = found?.into_iter().flatten().collect();
        artifacts.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(artifacts)
    }

    /// Reads the whole file and compares its SHA-256.
    ///
    /// # Errors
    /// When it cannot be read, or is not what the manifest says.
    pub async fn verify(&self, artifact: &Artifact) -> Result<(), ArtifactError> {
        let (found, _) = checksum(artifact.path.clone()).await?;
        if found == artifact.sha256 {
            return Ok(());
        }
        Err(ArtifactError::Checksum { what: artifact.path.display().to_string(), expected: artifact.sha256.clone(), found })
    }

    async fn kept(&self, kind: &ArtifactKind) -> Result<Option<Artifact>, ArtifactError> {
        let Some(kept) = self.find(kind.name())?.filter(|kept| kept.recipe == kind.recipe()) else { return Ok(None) };
        Ok(self.verify(&kept).await.is_ok().then_some(kept))
    }

    /// The root that this kind is built on, if it is built on one.
    async fn base(&self, kind: &ArtifactKind, anew: bool, progress: Progress<'_>) -> Result<Option<Artifact>, ArtifactError> {
        if !kind.is_on_base() {
            return Ok(None);
        }
        let _alone = self.lock(ArtifactKind::Base.name()).await?;
        match self.kept(&ArtifactKind::Base).await? {
            Some(kept) if !anew => Ok(Some(kept)),
            _ => self.make(&ArtifactKind::Base, None, progress).await.map(Some),
        }
    }

    async fn make(&self, kind: &ArtifactKind, base: Option<Artifact>, progress: Progress<'_>) -> Result<Artifact, ArtifactError> {
        let work = Work::new(&self.dir, kind.name())?;
        let (file, version) = match kind {
            ArtifactKind::Base => runtime::root(BASE.0, BASE.1, &work.0, progress).await?,
            ArtifactKind::Runtime(runtime) => match origin(*runtime) {
                Origin::Debian(suite, packages) => runtime::build(suite, packages, &work.0, progress).await?,
                Origin::Registry(release) => {
                    let base = base.ok_or_else(|| ArtifactError::Content("the shared root is missing".to_owned()))?;
                    node::build(release, &base.path, &self.registry, &work.0, progress).await?
                }
            },
            ArtifactKind::Tools => runtime::build(TOOLS.0, TOOLS.1, &work.0, progress).await?,
            ArtifactKind::WordPress(source) => wordpress::build(source, &work.0, progress).await?,
        };
        let (sha256, size) = checksum(file.clone()).await?;
        let kept = format!("{}-{}.{}", kind.name(), sha256.get(..16).unwrap_or(&sha256), kind.extension());
        // On the disk before the manifest says so: a power loss leaves the old artifact or the new one.
        File::open(&file).and_then(|whole| whole.sync_all()).map_err(ArtifactError::file(&file))?;
        let target = self.dir.join(&kept);
        fs::rename(&file, &target).map_err(ArtifactError::file(&target))?;
        let before = self.find(kind.name())?;
        let mut artifact = Artifact::new(kind.name(), version, kind.recipe(), kind.architecture(), sha256, size, PathBuf::from(kept));
        artifact.write(&self.dir)?;
        self.prune(kind, &[Some(&artifact), before.as_ref()])?;
        Ok(artifact)
    }

    /// Files of this kind that nothing names any more go. The one before the newest stays: it may be on its way to a server.
    fn prune(&self, kind: &ArtifactKind, keep: &[Option<&Artifact>]) -> Result<(), ArtifactError> {
        let prefix = format!("{}-", kind.name());
        let entries = fs::read_dir(&self.dir).map_err(ArtifactError::file(&self.dir))?;
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            let ours = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&prefix));
            if ours && !keep.iter().flatten().any(|kept| kept.path == path) {
                fs::remove_file(&path).map_err(ArtifactError::file(&path))?;
            }
        }
        Ok(())
    }

    /// One build of a name at a time, also between processes.
    async fn lock(&self, name: &str) -> Result<File, ArtifactError> {
        let path = self.dir.join(format!(".{name}.lock"));
        let dir = self.dir.clone();
        let locked = tokio::task::spawn_blocking(move || {
            fs::create_dir_all(&dir).map_err(ArtifactError::file(&dir))?;
            let file = File::create(&path).map_err(ArtifactError::file(&path))?;
            file.lock().map_err(ArtifactError::file(&path))?;
            Ok(file)
        });
        locked.await.map_err(|error| ArtifactError::Content(error.to_string()))?
    }
}

/// A folder for one build that goes when the build ends, however it ends.
struct Work(PathBuf);

impl Work {
    /// The lock is held: what an aborted build of this name left is removed first.
    fn new(dir: &Path, name: &str) -> Result<Self, ArtifactError> {
        let path = dir.join(format!(".{name}.work"));
        if path.exists() {
            fs::remove_dir_all(&path).map_err(ArtifactError::file(&path))?;
        }
        fs::create_dir_all(&path).map_err(ArtifactError::file(&path))?;
        let path = path.canonicalize().map_err(ArtifactError::file(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "a build folder stays; the next build removes it");
        }
    }
}

/// SHA-256 (hex) and length of a file.
async fn checksum(path: PathBuf) -> Result<(String, u64), ArtifactError> {
    let read = tokio::task::spawn_blocking(move || {
        let mut file = File::open(&path).map_err(ArtifactError::file(&path))?;
        let (mut hash, mut length, mut buffer) = (Sha256::new(), 0_u64, vec![0; 1 << 16]);
        loop {
            let read = file.read(&mut buffer).map_err(ArtifactError::file(&path))?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
            hash.update(part);
            length += part.len() as u64;
        }
        Ok((hex::encode(hash.finalize()), length))
    });
    read.await.map_err(|error| ArtifactError::Content(error.to_string()))?
}
