//! `mpanel-node as-tenant HOME`: runs as the tenant, follows no link, leaves the tree by no way.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, openat2, renameat, unlinkat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use crate::fail::{Doing, Res, internal};
use crate::host::files::unique;

use super::{Ask, Look, TenantFile};

/// No link anywhere on the way, nothing outside.
const WALLS: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);
/// Largest file that is read.
const LARGEST: u64 = 64 << 10;

/// Reads one [`Ask`], does it, prints the answer as JSON.
pub fn run(home: &std::path::Path, mut input: impl Read, mut output: impl Write) -> Res<()> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).doing("reading the question")?;
    let ask: Ask = serde_json::from_slice(&bytes).doing("understanding the question")?;
    let root = rustix::fs::openat(CWD, home, OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
        .doing("opening the pod's folder")?;
    let answer = match ask {
        Ask::Look => serde_json::to_string(&look(&root)?),
        Ask::Write(files) => {
            for file in &files {
                write(&root, file)?;
            }
            serde_json::to_string(&())
        }
    };
    let answer = answer.doing("answering")?;
    output.write_all(answer.as_bytes()).doing("answering")
}

fn folder(root: &OwnedFd, name: &str) -> Res<OwnedFd> {
    openat2(root, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty(), WALLS).doing(format_args!("opening {name}"))
}

fn look(root: &OwnedFd) -> Res<Look> {
    Ok(Look {
        public_empty: is_empty(root, "public")?,
        app_empty: is_empty(root, "app")?,
        wp_config: read(root, "public/wp-config.php")?.is_some(),
        database_file: read(root, "private/database.php")?.map(|bytes| hex::encode(Sha256::digest(&bytes))),
    })
}

fn is_empty(root: &OwnedFd, name: &str) -> Res<bool> {
    let folder = folder(root, name)?;
    let mut entries = Dir::read_from(&folder).doing(format_args!("reading {name}"))?;
    let real = |entry: &rustix::fs::DirEntry| !matches!(entry.file_name().to_bytes(), b"." | b"..");
    Ok(!entries.by_ref().flatten().any(|entry| real(&entry)))
}

/// The file's bytes; `None` when there is none or it is something else (a link, a pipe, a folder).
fn read(root: &OwnedFd, path: &str) -> Res<Option<Vec<u8>>> {
    // Without NONBLOCK a named pipe put here by the tenant would hold us for ever.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = match openat2(root, path, flags, Mode::empty(), WALLS) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::LOOP | Errno::NXIO | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(error).doing(format_args!("opening {path}")),
    };
    let kind = rustix::fs::fstat(&file).doing(format_args!("asking about {path}"))?;
    if !FileType::from_raw_mode(kind.st_mode).is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::from(file).take(LARGEST).read_to_end(&mut bytes).doing(format_args!("reading {path}"))?;
    Ok(Some(bytes))
}

fn write(root: &OwnedFd, file: &TenantFile) -> Res<()> {
    if file.name.contains('/') || file.name.is_empty() {
        return Err(internal("a file's name is not a path"));
    }
    if file.only_into_empty && !is_empty(root, &file.folder)? {
        return Ok(());
    }
    let folder = folder(root, &file.folder)?;
    let beside = format!(".{}{}", file.name, unique());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let made = openat2(&folder, beside.as_str(), flags, Mode::from_raw_mode(0o600), WALLS).doing(format_args!("making {}", file.name))?;
    let written =
        fill(made, file).and_then(|()| renameat(&folder, beside.as_str(), &folder, file.name.as_str()).doing(format_args!("placing {}", file.name)));
    if written.is_err() {
        // The name is unique and the file useless: best effort.
        let _ = unlinkat(&folder, beside.as_str(), AtFlags::empty());
    }
    written
}

fn fill(made: OwnedFd, file: &TenantFile) -> Res<()> {
    rustix::fs::fchmod(&made, Mode::from_raw_mode(file.mode)).doing(format_args!("giving {} its mode", file.name))?;
    let mut made = File::from(made);
    made.write_all(file.text.as_bytes()).doing(format_args!("writing {}", file.name))
}

#[cfg(test)]
#[path = "helper_tests.rs"]
mod tests;
