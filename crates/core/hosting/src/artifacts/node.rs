//! Node of the npm registry: its one program, put into the root that all its versions share.

use std::fs;
use std::path::{Path, PathBuf};

use super::fetch::{Expected, fetch};
use super::recipes::NodeRelease;
use super::tool::TAR;
use super::{ArtifactError, Progress, runtime};

/// Constant options of tar: the program is root's, and the same one gives the same archive.
pub(super) const ADD_OPTIONS: &[&str] = &["--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--mode=u=rwX,go=rX"];

/// Builds a release in `work` from the tar of the shared root and returns its file and version.
pub(super) async fn build(
    release: &NodeRelease,
    base: &Path,
    registry: &str,
    work: &Path,
    progress: Progress<'_>,
) -> Result<(PathBuf, String), ArtifactError> {
    let tar = root(release, base, registry, work, progress).await?;
    Ok((runtime::pack(&tar, work, progress).await?, release.version.to_owned()))
}

/// The shared root with the program at `/usr/bin/node`, as a tar in `work`.
pub(super) async fn root(release: &NodeRelease, base: &Path, registry: &str, work: &Path, progress: Progress<'_>) -> Result<PathBuf, ArtifactError> {
    let (package, integrity) = release.package(std::env::consts::ARCH)?;
    let archive = work.join("node.tgz");
    let url = format!("{}/{package}/-/{package}-{}.tgz", registry.trim_end_matches('/'), release.version);
    fetch(&url, Expected::Integrity(integrity), &archive, progress).await?;

    let (added, tar) = (work.join("added"), work.join("root.tar"));
    let usr = added.join("usr");
    fs::create_dir_all(&usr).map_err(ArtifactError::file(&usr))?;
    let mut unpack = TAR.command(&usr);
    TAR.run(
        unpack.args(["--extract", "--gzip", "--strip-components=1", "--no-same-owner", "--file"]).arg(&archive).arg("package/bin/node"),
        progress,
    )
    .await?;
    tokio::fs::copy(base, &tar).await.map_err(ArtifactError::file(base))?;
    let mut add = TAR.command(&added);
    TAR.run(add.args(ADD_OPTIONS).arg("--append").arg("--file").arg(&tar).arg("./usr/bin/node"), progress).await?;
    Ok(tar)
}
