//! ZIP as it is read here: its directory names every entry once, and nothing else counts.

use std::io::{Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::name::MAX_NAME;
use super::{Archive, Broken, Entry, Kind, Most, Visit};

/// Signatures.
const END: &[u8; 4] = b"PK\x05\x06";
const ENTRY: &[u8; 4] = b"PK\x01\x02";
const LOCAL: &[u8; 4] = b"PK\x03\x04";
/// Length of the end of the directory, of an entry of it, and of what stands before an entry's content, each without what varies.
const END_LEN: usize = 22;
const ENTRY_LEN: usize = 46;
const LOCAL_LEN: usize = 30;
/// Longest comment behind the directory.
const MAX_COMMENT: u64 = 65_535;
/// Bits of an entry's flags: encrypted, with this archive's or another's means.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// Kinds of files in Unix' modes.
const KINDS: u32 = 0o170_000;
const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// An entry of the directory.
struct Found {
    entry: Entry,
    is_link: bool,
    place: Place,
}

/// Where an entry's content is.
struct Place {
    offset: u64,
    packed: u64,
    size: u64,
    crc: u32,
    is_packed: bool,
}

/// A ZIP file.
pub struct Zip<R> {
    from: R,
    places: Vec<Place>,
}

impl<R: Read + Seek> Zip<R> {
    /// Nothing is read yet.
    pub fn new(from: R) -> Self {
        Self { from, places: Vec::new() }
    }
}

impl<R: Read + Seek> Archive for Zip<R> {
    fn list(&mut self, most: &Most) -> Result<Vec<Entry>, Broken> {
        let length = self.from.seek(SeekFrom::End(0)).map_err(Broken::io)?;
        let directory = directory(&mut self.from, length, most.entries)?;
        let (mut rest, mut packed, mut entries) = (directory.as_slice(), 0_u64, Vec::new());
        while !rest.is_empty() {
            let (Found { mut entry, is_link, place }, after) = next(rest)?;
            rest = after;
            packed = packed.saturating_add(place.packed);
            // Entries that share their content are how little becomes endless.
            if packed > length || entries.len() >= most.entries {
                return Err(Broken::of("its entries overlap, or there are too many"));
            }
            if is_link {
                let mut to = Vec::new();
                let read = open(&mut self.from, &place).and_then(|content| content.take(MAX_NAME as u64 + 1).read_to_end(&mut to));
                read.map_err(|error| Broken::about(&entry.name, error.to_string()))?;
                entry.kind = Kind::Link { to };
            }
            entries.push(entry);
            self.places.push(place);
        }
        Ok(entries)
    }

    fn contents(&mut self, visit: &mut Visit<'_>) -> Result<(), Broken> {
        for (at, place) in self.places.iter().enumerate() {
            match open(&mut self.from, place) {
                Ok(mut content) => visit(at, &mut content)?,
                Err(error) => visit(at, &mut Lost(Some(error)))?,
            }
        }
        Ok(())
    }
}

/// Content that is not where it should be.
struct Lost(Option<std::io::Error>);

impl Read for Lost {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| std::io::ErrorKind::UnexpectedEof.into()))
    }
}

/// An entry's content: as long as the directory says and with its checksum, or it breaks off.
fn open<'a, R: Read + Seek>(from: &'a mut R, place: &Place) -> std::io::Result<Content<'a>> {
    let lost = || std::io::Error::other("its content is not where the directory says");
    from.seek(SeekFrom::Start(place.offset))?;
    let mut head = [0; LOCAL_LEN];
    from.read_exact(&mut head).map_err(|_| lost())?;
    let (Some(name), Some(extra)) = (short(&head, 26), short(&head, 28)) else { return Err(lost()) };
    if !head.starts_with(LOCAL) {
        return Err(lost());
    }
    from.seek(SeekFrom::Start(place.offset + LOCAL_LEN as u64 + u64::from(name) + u64::from(extra)))?;
    let packed = from.take(place.packed);
    let bytes: Box<dyn Read + 'a> = if place.is_packed { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) };
    Ok(Content { bytes, crc: Crc::new(), wanted: place.crc, left: place.size })
}

struct Content<'a> {
    bytes: Box<dyn Read + 'a>,
    crc: Crc,
    wanted: u32,
    left: u64,
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.bytes.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| std::io::Error::other("it is longer than the directory says"))?;
        self.crc.update(&buffer[..read]);
        if read == 0 && (self.left > 0 || self.crc.sum() != self.wanted) {
            return Err(std::io::Error::other("its content is broken: length or checksum differ"));
        }
        Ok(read)
    }
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The bytes of the directory.
fn directory<R: Read + Seek>(from: &mut R, length: u64, max_entries: usize) -> Result<Vec<u8>, Broken> {
    let none = || Broken::of("it is no ZIP file, or its end is missing");
    let tail = length.min(MAX_COMMENT + END_LEN as u64);
    let bytes = read_at(from, length - tail, tail)?;
    // The last one whose comment ends where the file does.
    let ends = |at: usize| short(&bytes, at + 20).is_some_and(|comment| at + END_LEN + usize::from(comment) == bytes.len());
    let is_end = |at: &usize| bytes[*at..].starts_with(END) && ends(*at);
    let at = (0..bytes.len().saturating_sub(END_LEN - 1)).rev().find(is_end).ok_or_else(none)?;
    let end = &bytes[at..];
    let half = |at: usize| short(end, at).ok_or_else(none);
    let whole = |at: usize| long(end, at).ok_or_else(none);
    let (disk, count, size, offset) = (half(4)?, half(10)?, whole(12)?, whole(16)?);
    if disk == u16::MAX || count == u16::MAX || size == u32::MAX || offset == u32::MAX {
        return Err(Broken::of("it is a ZIP64 file; pack it again with fewer or smaller files"));
    }
    if disk != 0 {
        return Err(Broken::of("it is a part of a ZIP file that is split"));
    }
    if usize::from(count) > max_entries {
        return Err(Broken::of(format!("it has more than {max_entries} entries")));
    }
    let (size, offset) = (u64::from(size), u64::from(offset));
    if offset + size > length - tail + at as u64 {
        return Err(none());
    }
    read_at(from, offset, size)
}

fn read_at<R: Read + Seek>(from: &mut R, offset: u64, length: u64) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::new();
    from.seek(SeekFrom::Start(offset)).map_err(Broken::io)?;
    from.by_ref().take(length).read_to_end(&mut bytes).map_err(Broken::io)?;
    Ok(bytes)
}

/// The first entry of the directory's rest, and what is behind it.
fn next(rest: &[u8]) -> Result<(Found, &[u8]), Broken> {
    let broken = || Broken::of("its directory is broken");
    let head = rest.get(..ENTRY_LEN).filter(|head| head.starts_with(ENTRY)).ok_or_else(broken)?;
    let number = |at: usize| short(head, at).map(usize::from).ok_or_else(broken);
    let name_end = ENTRY_LEN + number(28)?;
    let end = name_end + number(30)? + number(32)?;
    let (name, after) = (rest.get(ENTRY_LEN..name_end).ok_or_else(broken)?, rest.get(end..).ok_or_else(broken)?);
    let whole = |at: usize| long(head, at).ok_or_else(broken);
    let (packed, size, offset, crc) = (whole(20)?, whole(24)?, whole(42)?, whole(16)?);
    let (made_by, flags, method) = (number(4)? >> 8, short(head, 8).ok_or_else(broken)?, number(10)?);
    let about = |why: &'static str| Broken::about(name, why);
    if flags & ENCRYPTED != 0 {
        return Err(about("it is encrypted"));
    }
    if [packed, size, offset].contains(&u32::MAX) {
        return Err(about("it is too large"));
    }
    if !matches!(method, 0 | 8) || (method == 0 && packed != size) {
        return Err(about("it is packed in a way that is not known here; use Deflate"));
    }
    // What was made on Unix says what it is.
    let mode = if made_by == 3 { whole(38)? >> 16 } else { 0 };
    let is_folder = mode & KINDS == FOLDER || name.ends_with(b"/");
    let kind = match mode & KINDS {
        _ if is_folder => Kind::Folder,
        0 | FILE | LINK => Kind::File { size: size.into(), executable: mode & 0o100 != 0 },
        _ => Kind::Refused("it is neither a file nor a folder nor a link"),
    };
    let place = Place { offset: offset.into(), packed: packed.into(), size: size.into(), crc, is_packed: method == 8 };
    Ok((Found { entry: Entry { name: name.to_owned(), kind }, is_link: !is_folder && mode & KINDS == LINK, place }, after))
}
