//! Files of root's own: written whole or not at all. Never used inside a tenant's tree.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::error::{Result, ResultExt};

/// Largest configuration file that is read.
const LARGEST: u64 = 4 << 20;

/// A number that no other temporary file of this machine's programs has.
pub fn unique() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    format!("-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// The file's bytes, or `None` when it is not there.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context(format_args!("opening {}", path.display())),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).context(format_args!("reading {}", path.display()))?;
    Ok(Some(bytes))
}

/// The file as text; `None` when it is not there or not text.
pub fn read_text(path: impl AsRef<Path>) -> Option<String> {
    read(path.as_ref()).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Writes the file beside its place, makes it durable, then renames it. Makes the folder when needed.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    replace(path, bytes, mode, true)?;
    sync_folder_of(path)
}

/// As [`write`], but durable only after the next [`flush`]: for many files that matter together.
pub fn write_soon(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    replace(path, bytes, mode, false)
}

fn replace(path: &Path, bytes: &[u8], mode: u32, durable: bool) -> Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder, 0o755)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(unique());
    let beside = path.with_file_name(name);
    let written = write_new(&beside, bytes, mode, durable).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The half file is useless and its name unique: best effort.
        let _ = fs::remove_file(&beside);
    }
    written.context(format_args!("writing {}", path.display()))
}

fn write_new(path: &Path, bytes: &[u8], mode: u32, durable: bool) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    if durable { file.sync_all() } else { Ok(()) }
}

/// Makes everything durable that was written so far on the file systems of these folders.
pub fn flush(folders: &[&str]) -> Result<()> {
    for folder in folders {
        let open = File::open(folder).context(format_args!("opening {folder}"))?;
        rustix::fs::syncfs(&open).context(format_args!("flushing {folder}"))?;
    }
    Ok(())
}

/// Makes a rename in the file's folder durable.
pub fn sync_folder_of(path: &Path) -> Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    File::open(folder).and_then(|f| f.sync_all()).context(format_args!("syncing {}", folder.display()))
}

/// Is something mounted there?
pub fn is_mounted(path: &Path) -> bool {
    let mounts = read_text("/proc/self/mountinfo").unwrap_or_default();
    mounts.lines().any(|line| line.split(' ').nth(4).is_some_and(|place| Path::new(place) == path))
}

/// Makes the folder and those above it.
pub fn make_folder(path: &Path, mode: u32) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(mode).create(path).context(format_args!("making {}", path.display()))
}

/// Removes the file; true when there was one.
pub fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).context(format_args!("removing {}", path.display())),
    }
}

/// Removes the file, and its folder when nothing else is in it.
pub fn remove_with_folder(path: &Path) -> Result<()> {
    remove(path)?;
    match path.parent().filter(|folder| fs::read_dir(folder).is_ok_and(|mut left| left.next().is_none())) {
        Some(folder) => remove_empty_folder(folder).map(drop),
        None => Ok(()),
    }
}

/// Removes a folder of root's own with its files (one level, as these folders are flat).
pub fn remove_flat_folder(path: &Path) -> Result<bool> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).context(format_args!("reading {}", path.display())),
    };
    for entry in entries {
        remove(&entry.context(format_args!("reading {}", path.display()))?.path())?;
    }
    fs::remove_dir(path).context(format_args!("removing {}", path.display()))?;
    Ok(true)
}

/// Removes the files of a folder of root's own, and none of its folders; says how many.
pub fn remove_flat_files(path: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| !kind.is_dir()) {
            count += usize::from(remove(&entry.path())?);
        }
    }
    Ok(count)
}

/// Removes a folder of root's own with the flat folders in it.
pub fn remove_tree_of_folders(path: &Path) -> Result<bool> {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_flat_folder(&entry.path())?;
        }
    }
    remove_flat_folder(path)
}

/// Removes an empty folder; true when there was one.
pub fn remove_empty_folder(path: &Path) -> Result<bool> {
    match fs::remove_dir(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).context(format_args!("removing {}", path.display())),
    }
}

/// Makes `path` a symbolic link to `target` in one step.
pub fn link(path: &Path, target: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder, 0o755)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(unique());
    let beside = path.with_file_name(name);
    std::os::unix::fs::symlink(target, &beside).and_then(|()| fs::rename(&beside, path)).context(format_args!("linking {}", path.display()))
}

/// SHA-256 of a file in hex.
pub fn sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).context(format_args!("opening {}", path.display()))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer).context(format_args!("reading {}", path.display()))? {
            0 => return Ok(hex::encode(hasher.finalize())),
            n => hasher.update(&buffer[..n]),
        }
    }
}
