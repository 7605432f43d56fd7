//! Shipped files: kept by checksum; runtimes mounted read-only.

use std::fs;
use std::path::PathBuf;

use wire::spec::ArtifactRef;
use wire::verb::{ArtifactKind, ArtifactPut, Stored};
use wire::{ArtifactName, Sha256};

use crate::error::{Result, ResultExt, missing, refused};
use crate::host::files;
use crate::host::names::{ARTIFACTS, artifact};
use crate::serve::upload::Upload;
use crate::task::Task;

/// Ending of a squashfs root.
pub const RUNTIME: &str = "sqfs";
/// Ending of an archive.
pub const ARCHIVE: &str = "tar.gz";
/// Room that stays free after a file was taken, in bytes.
const SPARE: u64 = 64 << 20;

fn ending(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::Runtime => RUNTIME,
        ArtifactKind::Archive => ARCHIVE,
    }
}

/// Is a file with this checksum on the server?
pub fn have(sha256: &Sha256) -> bool {
    [RUNTIME, ARCHIVE].iter().any(|ending| artifact(sha256, ending).is_file())
}

/// The place of an archive, or what is missing.
pub fn archive(app: &ArtifactRef) -> Result<PathBuf> {
    present(app, ARCHIVE)
}

/// The place of a runtime's image, or what is missing.
pub fn runtime(runtime: &ArtifactRef) -> Result<PathBuf> {
    present(runtime, RUNTIME)
}

fn present(wanted: &ArtifactRef, ending: &str) -> Result<PathBuf> {
    let path = artifact(&wanted.sha256, ending);
    if path.is_file() {
        return Ok(path);
    }
    let short = &wanted.sha256.as_str()[..12];
    Err(missing(format!("missing artifact {} ({short})", wanted.name)).with_remedy("upload it with artifact_put first"))
}

/// Takes a file. It appears under its name only when it is whole and its checksum agrees.
pub fn put(task: &Task, put: &ArtifactPut, upload: Upload) -> Result<Stored> {
    let place = artifact(&put.sha256, ending(put.kind));
    if place.is_file() {
        upload.discard(task)?;
        return Ok(Stored { had: true });
    }
    files::make_folder(ARTIFACTS.as_ref(), 0o755)?;
    room_for(put.size)?;
    let received = upload.receive(task, &place, &put.sha256)?;
    received.keep(&place)?;
    files::write(&name_file(&put.sha256), put.name.as_str().as_bytes(), 0o644)?;
    task.info(format!("Stored {} ({} MiB)", put.name, put.size >> 20));
    Ok(Stored { had: false })
}

fn room_for(size: u64) -> Result<()> {
    let found = rustix::fs::statfs(ARTIFACTS).context("asking for free space")?;
    let free = found.f_bavail * found.f_bsize as u64;
    if free < size.saturating_add(SPARE) {
        return Err(refused(format!("not enough disk space in {ARTIFACTS}: {} MiB free, {} MiB needed", free >> 20, (size + SPARE) >> 20))
            .with_remedy("free disk space on the server"));
    }
    Ok(())
}

fn name_file(sha256: &Sha256) -> PathBuf {
    artifact(sha256, "name")
}

/// All shipped files.
pub fn list() -> Vec<ArtifactRef> {
    let entries = fs::read_dir(ARTIFACTS).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut found: Vec<ArtifactRef> = names.filter_map(|file| described(&file)).collect();
    found.sort_by(|a, b| (&a.name, &a.sha256).cmp(&(&b.name, &b.sha256)));
    found
}

fn described(file: &str) -> Option<ArtifactRef> {
    let (stem, ending) = file.split_once('.')?;
    let sha256 = Sha256::new(stem).ok()?;
    if ending != RUNTIME && ending != ARCHIVE {
        return None;
    }
    let name = ArtifactName::new(files::read_text(name_file(&sha256))?).ok()?;
    Some(ArtifactRef { name, sha256 })
}
