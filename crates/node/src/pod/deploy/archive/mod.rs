//! Archives of strangers: looked at whole before anything of them is written.
//!
//! - What is written is files, folders and links that stay inside; nothing else, and nobody's rights but one's own.
//! - How much comes of an archive is bounded: by bytes, by entries, and by its own length.
//! - A single folder on top, as `git archive` and every forge make it, is left out.

pub mod name;
mod targz;
mod zip;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{Read, Seek};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use wire::deploy::ArchiveKind;

use crate::error::{Result, ResultExt, refused};
use crate::task::one_line;
use wire::message::Failure;

/// How many times its own length an archive may unpack to, beside [`FREE`].
pub const MAX_RATIO: u64 = 100;
/// Bytes that any archive may unpack to.
pub const FREE: u64 = 16 << 20;
/// Most entries.
pub const MAX_ENTRIES: usize = 50_000;
/// Most bytes of all names.
const MAX_NAMES: usize = 16 << 20;
/// What macOS puts beside every file that has more than its content.
const SHADOWS: &str = "__MACOSX";

/// How much may come of an archive.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// Bytes of all files.
    pub bytes: u64,
    /// Entries.
    pub entries: usize,
}

/// What an archive says of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, as it stands there.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File {
        /// Its length in bytes.
        size: u64,
        /// Whether its owner may start it.
        executable: bool,
    },
    /// A symbolic link.
    Link {
        /// Where to.
        to: Vec<u8>,
    },
    /// Nothing that is unpacked, with why.
    Refused(&'static str),
}

/// What is called with the number of each entry and its content.
type Visit<'a> = dyn FnMut(usize, &mut dyn Read) -> Result<(), Broken> + 'a;

/// A kind of archive.
trait Archive {
    /// All entries.
    fn list(&mut self, most: &Most) -> Result<Vec<Entry>, Broken>;
    /// Their contents, in the same order.
    fn contents(&mut self, visit: &mut Visit<'_>) -> Result<(), Broken>;
}

/// Why an archive is not unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The entry.
    what: Option<String>,
    why: Cow<'static, str>,
}

impl Broken {
    fn of(why: impl Into<Cow<'static, str>>) -> Self {
        Self { what: None, why: why.into() }
    }

    fn about(name: &[u8], why: impl Into<Cow<'static, str>>) -> Self {
        let shown: String = one_line(&String::from_utf8_lossy(name)).chars().take(200).collect();
        Self { what: Some(shown), why: why.into() }
    }

    fn io(error: impl std::fmt::Display) -> Self {
        Self::of(format!("it cannot be read: {error}"))
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.what {
            Some(what) => write!(f, "{what}: {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        refused(format!("The archive cannot be used: {broken}"))
    }
}

/// What came of an archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Unpacks an archive into an empty folder that nobody else writes to. `room` is how many bytes there may be of it.
pub fn unpack(from: impl Read + Seek, length: u64, kind: ArchiveKind, to: &Path, room: u64) -> Result<Written> {
    let most = Most { bytes: room.min(length.saturating_mul(MAX_RATIO).saturating_add(FREE)), entries: MAX_ENTRIES };
    let mut archive = open(from, kind);
    let plan = plan(&archive.list(&most)?, &most)?;
    write(archive.as_mut(), &plan, to)
}

fn open<'a>(from: impl Read + Seek + 'a, kind: ArchiveKind) -> Box<dyn Archive + 'a> {
    match kind {
        ArchiveKind::Zip => Box::new(zip::Zip::new(from)),
        ArchiveKind::TarGz => Box::new(targz::TarGz::new(from)),
    }
}

/// The entries of an archive as they would be written, for whoever throws every kind of archive at it.
pub fn survey(from: impl Read + Seek, kind: ArchiveKind, most: Most) -> Result<Vec<(PathBuf, Kind)>, Broken> {
    let plan = plan(&open(from, kind).list(&most)?, &most)?;
    Ok(plan.into_iter().filter_map(|place| place.map(|place| (place.path, place.kind))).collect())
}

/// Where an entry goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Below the folder.
    pub path: PathBuf,
    /// What it is; a link's target is checked.
    pub kind: Kind,
}

/// Where each entry goes; nothing for one that is left out.
pub fn plan(entries: &[Entry], most: &Most) -> Result<Vec<Option<Place>>, Broken> {
    let mut all = Vec::with_capacity(entries.len());
    let (mut bytes, mut names) = (0_u64, 0);
    for entry in entries {
        let about = |why: &'static str| Broken::about(&entry.name, why);
        names += entry.name.len();
        let parts = name::parts(&entry.name).map_err(about)?;
        if parts.first() == Some(&SHADOWS) || parts.last() == Some(&".DS_Store") {
            all.push(None);
            continue;
        }
        match &entry.kind {
            Kind::Refused(why) => return Err(about(why)),
            Kind::File { size, .. } => bytes = bytes.saturating_add(*size),
            Kind::Folder | Kind::Link { .. } => {}
        }
        if parts.is_empty() && entry.kind != Kind::Folder {
            return Err(about("it has no name"));
        }
        if bytes > most.bytes {
            return Err(about("the files up to this one are more than is allowed"));
        }
        if names > MAX_NAMES {
            return Err(about("the names up to this one are too long"));
        }
        all.push(Some((entry, parts)));
    }
    let top = top(all.iter().flatten());
    let mut places = Vec::with_capacity(all.len());
    for found in all {
        places.push(match found {
            Some((entry, parts)) => place(entry, &parts[top.min(parts.len())..])?,
            None => None,
        });
    }
    check(entries, &places)?;
    if places.iter().flatten().all(|place| place.kind == Kind::Folder) {
        return Err(Broken::of("it has no files"));
    }
    Ok(places)
}

/// How many folders on top are left out: one, if everything is in it.
fn top<'a>(mut all: impl Iterator<Item = &'a (&'a Entry, Vec<&'a str>)>) -> usize {
    let mut name = None;
    let is_below = all.all(|(entry, parts)| match (parts.first(), name) {
        (None, _) => true,
        // A file on top is no folder.
        (Some(_), _) if parts.len() == 1 && entry.kind != Kind::Folder => false,
        (Some(first), None) => {
            name = Some(*first);
            true
        }
        (Some(first), Some(name)) => *first == name,
    });
    usize::from(is_below && name.is_some())
}

fn place(entry: &Entry, parts: &[&str]) -> Result<Option<Place>, Broken> {
    if parts.is_empty() {
        return Ok(None);
    }
    let kind = match &entry.kind {
        Kind::Link { to } => {
            let to = name::target(to, parts.len() - 1).map_err(|why| Broken::about(&entry.name, why))?;
            Kind::Link { to: to.into_bytes() }
        }
        kind => kind.clone(),
    };
    Ok(Some(Place { path: parts.iter().collect(), kind }))
}

/// No entry stands for two things, and none is inside of something that is no folder.
fn check(entries: &[Entry], places: &[Option<Place>]) -> Result<(), Broken> {
    let mut folders = BTreeSet::new();
    let mut others: BTreeMap<&Path, usize> = BTreeMap::new();
    for (at, place) in places.iter().enumerate() {
        let Some(place) = place else { continue };
        folders.extend(place.path.ancestors().skip(1));
        if place.kind == Kind::Folder {
            folders.insert(&place.path);
        } else if others.insert(&place.path, at).is_some() {
            return Err(Broken::about(&entries[at].name, "it is there twice"));
        }
    }
    match others.iter().find(|(path, _)| folders.contains(*path)) {
        Some((_, at)) => Err(Broken::about(&entries[*at].name, "it is no folder, and others are inside it")),
        None => Ok(()),
    }
}

/// Files first, and links once nothing is written any more that they could lead anywhere.
fn write(archive: &mut dyn Archive, plan: &[Option<Place>], to: &Path) -> Result<Written> {
    let mut written = Written::default();
    let mut made = BTreeSet::new();
    archive.contents(&mut |at, content| {
        let Some(Some(place)) = plan.get(at) else { return Ok(()) };
        let result: std::result::Result<(), String> = match &place.kind {
            Kind::File { size, executable } => make_folders(to, place.path.parent(), &mut made)
                .and_then(|()| write_file(&to.join(&place.path), *executable, content))
                .and_then(|bytes| if bytes == *size { Ok(bytes) } else { Err("it is not as long as it says".into()) })
                .map(|bytes| (written.files, written.bytes) = (written.files + 1, written.bytes + bytes)),
            Kind::Folder => make_folders(to, Some(&place.path), &mut made),
            Kind::Link { .. } | Kind::Refused(_) => Ok(()),
        };
        result.map_err(|why| Broken::about(place.path.as_os_str().as_encoded_bytes(), why))
    })?;
    for place in plan.iter().flatten() {
        let Kind::Link { to: target } = &place.kind else { continue };
        make_folders(to, place.path.parent(), &mut made).map_err(refused)?;
        symlink(Path::new(&*String::from_utf8_lossy(target)), to.join(&place.path)).context(format_args!("linking {}", place.path.display()))?;
    }
    Ok(written)
}

fn make_folders(root: &Path, path: Option<&Path>, made: &mut BTreeSet<PathBuf>) -> std::result::Result<(), String> {
    let Some(path) = path.filter(|path| !path.as_os_str().is_empty()) else { return Ok(()) };
    if made.contains(path) {
        return Ok(());
    }
    make_folders(root, path.parent(), made)?;
    fs::create_dir(root.join(path)).map_err(|error| format!("its folder cannot be made: {error}"))?;
    made.insert(path.to_owned());
    Ok(())
}

/// A new file, and never through a link.
fn write_file(path: &Path, executable: bool, content: &mut dyn Read) -> std::result::Result<u64, String> {
    let mode = if executable { 0o777 } else { 0o666 };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(|error| format!("it cannot be written: {error}"))?;
    std::io::copy(content, &mut file).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
