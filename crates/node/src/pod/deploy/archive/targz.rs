//! Tar in gzip. Read twice from its beginning: it has no directory.

use std::io::{Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;
use tar::{Entry as TarEntry, EntryType, PaxExtensions};

use super::{Archive, Broken, Entry, Kind, Most, Visit};

/// Most bytes of what stands before an entry and says more about it.
const MAX_HEAD: u64 = 64 << 10;
/// What entries take beside their content, each: a head and what fills it up, and the same for a long name.
const PER_ENTRY: u64 = 4096;

/// A tar file in gzip.
pub struct TarGz<R> {
    from: R,
    most: Option<u64>,
}

/// What heads before an entry have said of it.
#[derive(Default)]
struct Said {
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

impl<R: Read + Seek> TarGz<R> {
    /// Nothing is read yet.
    pub fn new(from: R) -> Self {
        Self { from, most: None }
    }

    fn each(&mut self, see: &mut dyn FnMut(Entry, &mut dyn Read) -> Result<(), Broken>) -> Result<(), Broken> {
        self.from.seek(SeekFrom::Start(0)).map_err(Broken::io)?;
        let bytes = Bounded { from: MultiGzDecoder::new(&mut self.from), left: self.most.unwrap_or(u64::MAX) };
        let mut archive = tar::Archive::new(bytes);
        let mut said = Said::default();
        for entry in archive.entries().map_err(Broken::io)?.raw(true) {
            let mut entry = entry.map_err(Broken::io)?;
            if !said.take(&mut entry)? {
                let found = read(&entry, std::mem::take(&mut said))?;
                see(found, &mut entry)?;
            }
        }
        Ok(())
    }
}

impl<R: Read + Seek> Archive for TarGz<R> {
    fn list(&mut self, most: &Most) -> Result<Vec<Entry>, Broken> {
        // No more is unpacked than an archive of the largest files has.
        self.most = Some(most.bytes.saturating_add(most.entries as u64 * PER_ENTRY));
        let mut entries = Vec::new();
        self.each(&mut |entry, _| {
            if entries.len() >= most.entries {
                return Err(Broken::of(format!("it has more than {} entries", most.entries)));
            }
            entries.push(entry);
            Ok(())
        })?;
        if entries.is_empty() { Err(Broken::of("it is empty, or no tar file in gzip")) } else { Ok(entries) }
    }

    fn contents(&mut self, visit: &mut Visit<'_>) -> Result<(), Broken> {
        let mut at = 0;
        self.each(&mut |_, content| {
            at += 1;
            visit(at - 1, content)
        })
    }
}

impl Said {
    /// Takes what is no entry but says something about the next one.
    fn take<R: Read>(&mut self, entry: &mut TarEntry<'_, R>) -> Result<bool, Broken> {
        let kind = entry.header().entry_type();
        match kind {
            EntryType::GNULongName => self.name = Some(text(entry)?),
            EntryType::GNULongLink => self.target = Some(text(entry)?),
            EntryType::XHeader => {
                let bytes = head(entry)?;
                for record in PaxExtensions::new(&bytes) {
                    let record = record.map_err(Broken::io)?;
                    match record.key_bytes() {
                        b"path" => self.name = Some(record.value_bytes().to_owned()),
                        b"linkpath" => self.target = Some(record.value_bytes().to_owned()),
                        b"size" => return Err(Broken::of("it has a file that is too large")),
                        key if key.starts_with(b"GNU.sparse") => return Err(Broken::of("it has files with holes; pack it without --sparse")),
                        _ => {}
                    }
                }
            }
            EntryType::XGlobalHeader => drop(head(entry)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn head<R: Read>(entry: &mut TarEntry<'_, R>) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::new();
    entry.by_ref().take(MAX_HEAD + 1).read_to_end(&mut bytes).map_err(Broken::io)?;
    if bytes.len() as u64 > MAX_HEAD { Err(Broken::of("it has a head that is too long")) } else { Ok(bytes) }
}

/// Up to the zero that ends it.
fn text<R: Read>(entry: &mut TarEntry<'_, R>) -> Result<Vec<u8>, Broken> {
    let mut bytes = head(entry)?;
    bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
    Ok(bytes)
}

fn read<R: Read>(entry: &TarEntry<'_, R>, said: Said) -> Result<Entry, Broken> {
    let header = entry.header();
    let name = said.name.unwrap_or_else(|| header.path_bytes().into_owned());
    let number = |number: std::io::Result<u64>| number.map_err(|error| Broken::about(&name, error.to_string()));
    let kind = match header.entry_type() {
        EntryType::Directory => Kind::Folder,
        // As tar had it before it knew folders.
        EntryType::Regular if name.ends_with(b"/") => Kind::Folder,
        EntryType::Regular | EntryType::Continuous => {
            let mode = number(header.mode().map(u64::from))?;
            Kind::File { size: number(header.entry_size())?, executable: mode & 0o100 != 0 }
        }
        EntryType::Symlink => Kind::Link { to: said.target.or_else(|| header.link_name_bytes().map(|to| to.into_owned())).unwrap_or_default() },
        EntryType::Link => Kind::Refused("it is a hard link; pack the archive with --hard-dereference"),
        EntryType::Block | EntryType::Char => Kind::Refused("it is a device"),
        EntryType::GNUSparse => Kind::Refused("it is a file with holes; pack the archive without --sparse"),
        _ => Kind::Refused("it is neither a file nor a folder nor a link"),
    };
    Ok(Entry { name, kind })
}

/// Ends where more would come than an archive may have.
struct Bounded<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| std::io::Error::other("it unpacks to more than is allowed"))?;
        Ok(read)
    }
}
