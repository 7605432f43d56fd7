//! The files of a log: rotated ones, named by when that was, and the one that is written to.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use rustix::fs::{Mode, OFlags};
use wire::log::LogCursor;

use crate::error::{Result, ResultExt, refused};
use crate::task::Task;

/// Most bytes of a packed file that are unpacked: about a second's work. logrotate looks at sizes every minute, and few files are nearly as long.
const MAX_UNPACKED: u64 = 256 << 20;

/// One file.
struct LogFile {
    /// When it was rotated, in seconds since 1970; 0 for the one that is written to.
    rotated: u64,
    is_packed: bool,
    name: String,
}

/// A log with its files, the oldest first.
pub struct Log {
    folder: PathBuf,
    files: Vec<LogFile>,
}

/// Bytes of a file, and where they stand in it.
pub struct Piece {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where they begin.
    pub start: u64,
}

impl Piece {
    /// Where they end.
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl Log {
    /// The files of the log of this name.
    pub fn open(folder: &Path, name: &str) -> io::Result<Self> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            entries => Some(entries?),
        };
        let mut files = Vec::new();
        for entry in entries.into_iter().flatten() {
            files.extend(entry?.file_name().to_str().and_then(|found| LogFile::of(found, name)));
        }
        // The one that is written to last; of a file that is being packed the one that is whole.
        files.sort_by_key(|file: &LogFile| (file.rotated.wrapping_sub(1), file.is_packed));
        files.dedup_by_key(|file| file.rotated);
        Ok(Self { folder: folder.to_owned(), files })
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// A place in a file.
    pub fn place(&self, at: usize, offset: u64) -> LogCursor {
        let rotated = |at: usize| self.files.get(at).map_or(0, |file| file.rotated);
        LogCursor { file: rotated(at), after: at.checked_sub(1).map_or(0, rotated), offset }
    }

    /// The file that a place is in; nothing when it is no longer kept.
    pub fn find(&self, place: LogCursor) -> Option<usize> {
        self.files.iter().position(|file| match place.file {
            // It was the one that is written to: now that, or the first one that was rotated since.
            0 => file.rotated == 0 || file.rotated > place.after,
            rotated => file.rotated == rotated,
        })
    }

    /// Whether this file is still written to.
    pub fn is_open(&self, at: usize) -> bool {
        self.files.get(at).is_some_and(|file| file.rotated == 0)
    }

    /// At most so many bytes of a file before a place in it, or before its end.
    pub fn tail(&self, task: &Task, at: usize, end: Option<u64>, most: u64) -> Result<Piece> {
        let Some((file, is_packed)) = self.open_file(at)? else { return Ok(Piece { bytes: Vec::new(), start: 0 }) };
        if is_packed {
            return unpacked_tail(task, file, end.unwrap_or(u64::MAX), most);
        }
        let size = file.metadata().context("asking for a log's length")?.len();
        let end = end.unwrap_or(size).min(size);
        let start = end.saturating_sub(most);
        Ok(Piece { bytes: bytes_at(&file, start, end - start).context("reading a log")?, start })
    }

    /// Whether this file is packed.
    pub fn is_packed(&self, at: usize) -> bool {
        self.files.get(at).is_some_and(|file| file.is_packed)
    }

    /// At most so many bytes of a file after a place in it: the last ones, where there are more. A place that is behind the end, where the file was
    /// emptied, is its beginning. Of a packed file there are none.
    pub fn rest(&self, at: usize, from: u64, most: u64) -> Result<Piece> {
        let Some((file, false)) = self.open_file(at)? else { return Ok(Piece { bytes: Vec::new(), start: from }) };
        let size = file.metadata().context("asking for a log's length")?.len();
        let from = if from > size { 0 } else { from };
        let start = from.max(size.saturating_sub(most));
        Ok(Piece { bytes: bytes_at(&file, start, size - start).context("reading a log")?, start })
    }

    /// A file from its beginning, unpacked. What is written to it meanwhile is not part of it, so that it has an end.
    pub fn reader(&self, at: usize) -> Result<Option<Box<dyn Read>>> {
        let Some((file, is_packed)) = self.open_file(at)? else { return Ok(None) };
        let size = file.metadata().context("asking for a log's length")?.len();
        Ok(Some(if is_packed { Box::new(GzDecoder::new(file).take(MAX_UNPACKED)) } else { Box::new(file.take(size)) }))
    }

    /// Nothing when it was removed since. What is no file, or leads elsewhere, is not opened.
    fn open_file(&self, at: usize) -> Result<Option<(File, bool)>> {
        let Some(LogFile { name, is_packed, .. }) = self.files.get(at) else { return Ok(None) };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(self.folder.join(name), flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(refused(format!("{name} is not a file"))),
            Err(error) => return Err(error).context(format_args!("opening {name}")),
        };
        match file.metadata().context(format_args!("looking at {name}"))?.is_file() {
            true => Ok(Some((file, *is_packed))),
            false => Err(refused(format!("{name} is not a file"))),
        }
    }
}

impl LogFile {
    /// `main.access.log`, and of it `main.access.log-1900000000` and `main.access.log-1900000000.gz`.
    fn of(found: &str, log: &str) -> Option<Self> {
        let rest = found.strip_prefix(log)?;
        let name = found.to_owned();
        if rest.is_empty() {
            return Some(Self { rotated: 0, is_packed: false, name });
        }
        let rest = rest.strip_prefix('-')?;
        let digits = rest.strip_suffix(".gz");
        let rotated = digits.unwrap_or(rest);
        let is_number = rotated.bytes().all(|byte| byte.is_ascii_digit());
        let rotated = rotated.parse().ok().filter(|rotated| is_number && *rotated > 0)?;
        Some(Self { rotated, is_packed: digits.is_some(), name })
    }
}

/// Fewer where the file was emptied meanwhile.
fn bytes_at(file: &File, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let mut filled = 0;
    while let Some(left) = bytes.get_mut(filled..).filter(|left| !left.is_empty()) {
        match file.read_at(left, start + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// The last bytes before a place in what is packed in a file, which is unpacked from its beginning. One that breaks off ends there.
fn unpacked_tail(task: &Task, file: File, end: u64, most: u64) -> Result<Piece> {
    let mut text = GzDecoder::new(file).take(end.min(MAX_UNPACKED));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (mut bytes, mut start, mut buffer) = (Vec::new(), 0, vec![0; 64 << 10]);
    while let Ok(read @ 1..) = text.read(&mut buffer) {
        task.check()?;
        bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
        if bytes.len() > 2 * most.max(buffer.len()) {
            start += drop_first(&mut bytes, most);
        }
    }
    start += drop_first(&mut bytes, most);
    Ok(Piece { bytes, start })
}

/// Keeps the last ones; answers with how many are gone.
fn drop_first(bytes: &mut Vec<u8>, most: usize) -> u64 {
    let excess = bytes.len().saturating_sub(most);
    bytes.drain(..excess);
    excess as u64
}
