//! `mpanel-node as-tenant`: runs with the tenant's rights, follows no link, leaves the tree by no way.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, ResolveFlags, Uid, openat2, renameat, unlinkat};
use rustix::io::Errno;
use rustix::thread::{set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use sha2::{Digest, Sha256};

use crate::error::{Result, ResultExt, internal};
use crate::host::files::unique;

use super::unpack::unpack;
use super::{FolderState, HELPER_UID, HelperRequest, TenantFile};

/// No link anywhere on the way, nothing outside.
pub const WALLS: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);
/// Largest file that is read.
const LARGEST: u64 = 64 << 10;

/// `as-tenant COMMAND HOME UID ..`: shuts itself in, then does what the command says.
pub fn main(mut args: impl Iterator<Item = OsString>) -> Result<()> {
    let mut word = || args.next().and_then(|word| word.into_string().ok()).ok_or_else(|| internal("as-tenant COMMAND HOME UID .."));
    let (command, home, uid) = (word()?, word()?, word()?.parse().context("reading the tenant's number")?);
    let root = shut_in(Path::new(&home), uid)?;
    match command.as_str() {
        "unpack" => unpack(&root, &word()?, std::io::stdin().lock()),
        _ => answer(&root, std::io::stdin().lock(), std::io::stdout().lock()),
    }
}

/// From here on there is nothing but the pod's folder, with the tenant's rights. Other programs know this one by a user of its own.
fn shut_in(home: &Path, uid: u32) -> Result<OwnedFd> {
    let root = open_root(home)?;
    rustix::process::chroot(home).context("entering the pod's folder")?;
    std::env::set_current_dir("/").context("entering the pod's folder")?;
    let (tenant, group, known_as) = (Uid::from_raw(uid), Gid::from_raw(uid), Uid::from_raw(HELPER_UID));
    rustix::process::umask(Mode::from_raw_mode(0o027));
    set_thread_groups(&[]).context("leaving root's groups")?;
    set_thread_res_gid(group, group, group).context("becoming the tenant")?;
    set_thread_res_uid(known_as, tenant, known_as).context("becoming the tenant")?;
    set_no_new_privs(true).context("becoming the tenant")?;
    Ok(root)
}

/// The pod's folder.
pub fn open_root(home: &Path) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, home, flags, Mode::empty()).context("opening the pod's folder")
}

/// Reads one [`HelperRequest`], does it, prints the answer as JSON.
pub fn answer(root: &OwnedFd, mut input: impl Read, mut output: impl Write) -> Result<()> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).context("reading the question")?;
    let request: HelperRequest = serde_json::from_slice(&bytes).context("understanding the question")?;
    let answer = match request {
        HelperRequest::Look(site) => serde_json::to_string(&look(&folder(root, &site)?)?),
        HelperRequest::Write(files) => {
            for file in &files {
                write(root, file)?;
            }
            serde_json::to_string(&())
        }
    };
    let answer = answer.context("answering")?;
    output.write_all(answer.as_bytes()).context("answering")
}

fn folder(root: &OwnedFd, name: &str) -> Result<OwnedFd> {
    openat2(root, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty(), WALLS).context(format_args!("opening {name}"))
}

fn look(root: &OwnedFd) -> Result<FolderState> {
    Ok(FolderState {
        public_empty: is_empty(root, "public")?,
        app_empty: is_empty(root, "app")?,
        wp_config: read(root, "public/wp-config.php")?.is_some(),
        database_file: read(root, "private/database.php")?.map(|bytes| hex::encode(Sha256::digest(&bytes))),
    })
}

fn is_empty(root: &OwnedFd, name: &str) -> Result<bool> {
    let folder = folder(root, name)?;
    let mut entries = Dir::read_from(&folder).context(format_args!("reading {name}"))?;
    let real = |entry: &rustix::fs::DirEntry| !matches!(entry.file_name().to_bytes(), b"." | b"..");
    Ok(!entries.by_ref().flatten().any(|entry| real(&entry)))
}

/// The file's bytes; `None` when there is none or it is something else (a link, a pipe, a folder).
fn read(root: &OwnedFd, path: &str) -> Result<Option<Vec<u8>>> {
    // Without NONBLOCK a named pipe put here by the tenant would hold us for ever.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = match openat2(root, path, flags, Mode::empty(), WALLS) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::LOOP | Errno::NXIO | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(error).context(format_args!("opening {path}")),
    };
    let kind = rustix::fs::fstat(&file).context(format_args!("asking about {path}"))?;
    if !FileType::from_raw_mode(kind.st_mode).is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::from(file).take(LARGEST).read_to_end(&mut bytes).context(format_args!("reading {path}"))?;
    Ok(Some(bytes))
}

fn write(root: &OwnedFd, file: &TenantFile) -> Result<()> {
    if file.name.contains('/') || file.name.is_empty() {
        return Err(internal("a file's name is not a path"));
    }
    if file.only_into_empty && !is_empty(root, &file.folder)? {
        return Ok(());
    }
    let folder = folder(root, &file.folder)?;
    let beside = format!(".{}{}", file.name, unique());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let made = openat2(&folder, beside.as_str(), flags, Mode::from_raw_mode(0o600), WALLS).context(format_args!("making {}", file.name))?;
    let written = fill(made, file)
        .and_then(|()| renameat(&folder, beside.as_str(), &folder, file.name.as_str()).context(format_args!("placing {}", file.name)));
    if written.is_err() {
        // The name is unique and the file useless: best effort.
        let _ = unlinkat(&folder, beside.as_str(), AtFlags::empty());
    }
    written
}

fn fill(made: OwnedFd, file: &TenantFile) -> Result<()> {
    rustix::fs::fchmod(&made, Mode::from_raw_mode(file.mode)).context(format_args!("giving {} its mode", file.name))?;
    let mut made = File::from(made);
    made.write_all(file.text.as_bytes()).context(format_args!("writing {}", file.name))
}

#[cfg(test)]
#[path = "helper_tests.rs"]
mod tests;
