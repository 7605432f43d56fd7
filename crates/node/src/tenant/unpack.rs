//! `mpanel-node as-tenant unpack HOME UID FOLDER`: a packed archive from standard input into a folder of the tenant's.

use std::fs::File;
use std::io::{Read, copy};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use rustix::fs::{Mode, OFlags, mkdirat, openat2};
use rustix::io::Errno;
use tar::{Archive, EntryType};

use crate::error::{Result, ResultExt, internal};

use super::helper::WALLS;

/// Unpacks without the archive's top folder. The files get the present time: PHP keeps no compiled code of files that are dated 1970, as those
/// of reproducible archives are.
///
/// # Errors
/// When the archive has anything but files and folders, or a path that leads out.
pub fn unpack(root: &OwnedFd, folder: &str, archive: impl Read) -> Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat2(root, folder, flags, Mode::empty(), WALLS).context(format_args!("opening {folder}"))?;
    let mut archive = Archive::new(GzDecoder::new(archive));
    let mut made = PathBuf::new();
    for entry in archive.entries().context("reading the archive")? {
        let mut entry = entry.context("reading the archive")?;
        let path = inner(&entry.path().context("reading the archive")?)?;
        if path.as_os_str().is_empty() {
            continue;
        }
        match entry.header().entry_type() {
            EntryType::Directory => make_folders(&folder, &path, &mut made)?,
            EntryType::Regular => {
                if let Some(parent) = path.parent() {
                    make_folders(&folder, parent, &mut made)?;
                }
                let mode = Mode::from_raw_mode(entry.header().mode().context("reading the archive")? & 0o755);
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC | OFlags::NOFOLLOW;
                let file = openat2(&folder, &path, flags, mode, WALLS).context(format_args!("making {}", path.display()))?;
                copy(&mut entry, &mut File::from(file)).context(format_args!("writing {}", path.display()))?;
            }
            EntryType::XGlobalHeader => {}
            _ => return Err(internal(format!("the archive has something that is no file: {}", path.display()))),
        }
    }
    Ok(())
}

/// The path without its first part.
fn inner(path: &Path) -> Result<PathBuf> {
    let mut parts = path.components().filter(|part| *part != Component::CurDir);
    parts.next();
    parts
        .map(|part| match part {
            Component::Normal(part) => Ok(part),
            _ => Err(internal(format!("the archive has a path that leads out: {}", path.display()))),
        })
        .collect()
}

/// `last` is the folder that was made before: the next one is the same, as a rule.
fn make_folders(root: &OwnedFd, path: &Path, last: &mut PathBuf) -> Result<()> {
    if path == last {
        return Ok(());
    }
    let mut so_far = PathBuf::new();
    for part in path.components() {
        so_far.push(part);
        match mkdirat(root, &so_far, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error).context(format_args!("making {}", so_far.display())),
        }
    }
    *last = path.to_owned();
    Ok(())
}
