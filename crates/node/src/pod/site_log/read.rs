//! Pieces of a log: its last lines, those before a place, those after it.

use std::collections::VecDeque;

use wire::log::{LogCursor, LogLines, LogSearch};

use crate::error::Result;
use crate::task::Task;

use super::files::{Log, Piece};
use super::text;

/// Bytes of the log that one answer looks through. What is before them in a packed file is unpacked as well.
const SCANNED: u64 = 4 << 20;
/// Bytes behind a place that is followed, of which the last ones are read.
const FOLLOWED: u64 = 1 << 20;
/// Bytes of lines in one answer. In JSON a sign takes two bytes at most, as none is a control character but the tab.
const ANSWERED: usize = 256 << 10;

/// Which lines, and how many.
pub struct Wanted {
    search: Option<String>,
    limit: usize,
}

impl Wanted {
    /// So many lines that contain the text, whatever its case.
    pub fn new(search: Option<&LogSearch>, limit: u32) -> Self {
        Self { search: search.map(|text| text.as_str().to_lowercase()), limit: usize::try_from(limit).unwrap_or(usize::MAX) }
    }

    fn shown(&self, line: &[u8]) -> Option<String> {
        let is_wanted = |wanted: &String| String::from_utf8_lossy(line).to_lowercase().contains(wanted);
        self.search.as_ref().is_none_or(is_wanted).then(|| text::line(line))
    }
}

/// Lines that were found, the oldest first.
#[derive(Default)]
struct Found {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Found {
    fn has_room(&self, wanted: &Wanted, line: &str) -> bool {
        self.lines.is_empty() || self.lines.len() < wanted.limit && self.bytes + line.len() <= ANSWERED
    }

    fn push_front(&mut self, line: String) {
        self.bytes += line.len();
        self.lines.push_front(line);
    }

    fn push_back(&mut self, line: String) {
        self.bytes += line.len();
        self.lines.push_back(line);
    }

    fn drop_oldest(&mut self) {
        self.bytes -= self.lines.pop_front().map_or(0, |line| line.len());
    }

    fn ended(self, older: Option<LogCursor>, newer: LogCursor, skipped: bool) -> LogLines {
        LogLines { lines: self.lines.into(), older, newer, skipped }
    }
}

/// Lines before a place, or the last ones.
pub fn before(task: &Task, log: &Log, place: Option<LogCursor>, wanted: &Wanted) -> Result<LogLines> {
    let mut found = Found::default();
    let start = place.map_or_else(|| log.len().checked_sub(1), |place| log.find(place));
    let mut newer = place;
    let Some(mut at) = start else { return Ok(found.ended(None, newer.unwrap_or_else(|| log.place(0, 0)), false)) };
    let (mut end, mut left) = (place.map(|place| place.offset), SCANNED);
    loop {
        task.check()?;
        let mut piece = log.tail(task, at, end, left)?;
        left = left.saturating_sub(piece.bytes.len() as u64);
        if log.is_open(at) {
            drop_unended(&mut piece);
        }
        let newer = *newer.get_or_insert_with(|| log.place(at, piece.end()));
        let begins = drop_begun(&mut piece);
        for (from, line) in lines(&piece).rev() {
            let Some(line) = wanted.shown(line) else { continue };
            if !found.has_room(wanted, &line) {
                return Ok(found.ended(Some(log.place(at, from_after(from, &piece))), newer, false));
            }
            found.push_front(line);
            if found.lines.len() == wanted.limit {
                return Ok(found.ended(older(log, at, from), newer, false));
            }
        }
        if !begins {
            return Ok(found.ended(Some(log.place(at, piece.start)), newer, false));
        }
        match at.checked_sub(1) {
            None => return Ok(found.ended(None, newer, false)),
            Some(before) if left == 0 => return Ok(found.ended(Some(log.place(before, u64::MAX)), newer, false)),
            Some(before) => (at, end) = (before, None),
        }
    }
}

/// Where what is older than a line ends.
fn older(log: &Log, at: usize, from: u64) -> Option<LogCursor> {
    match (from, at.checked_sub(1)) {
        (0, None) => None,
        (0, Some(before)) => Some(log.place(before, u64::MAX)),
        (from, _) => Some(log.place(at, from)),
    }
}

/// The end of the line that begins here.
fn from_after(from: u64, piece: &Piece) -> u64 {
    let rest = usize::try_from(from - piece.start).ok().and_then(|at| piece.bytes.get(at..)).unwrap_or_default();
    from + rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1) as u64
}

/// Lines after a place: the last ones, where there are more than are wanted.
pub fn after(task: &Task, log: &Log, place: LogCursor, wanted: &Wanted) -> Result<LogLines> {
    let mut found = Found::default();
    // A place that is no longer kept is before all that is.
    let lost = log.len() > 0 && log.find(place).is_none();
    let (mut at, mut from) = log.find(place).map_or((0, 0), |at| (at, place.offset));
    let (mut newer, mut skipped) = (log.place(at, from), lost);
    while at < log.len() {
        task.check()?;
        let mut piece = log.rest(at, from, FOLLOWED)?;
        // One that was packed was left long ago: what it has is read as older lines.
        skipped |= log.is_packed(at);
        if piece.start > from {
            skipped = true;
            drop_begun(&mut piece);
        }
        if log.is_open(at) {
            drop_unended(&mut piece);
        }
        for (_, line) in lines(&piece) {
            let Some(line) = wanted.shown(line) else { continue };
            while !found.has_room(wanted, &line) {
                found.drop_oldest();
                skipped = true;
            }
            found.push_back(line);
        }
        newer = log.place(at, piece.end());
        (at, from) = (at + 1, 0);
    }
    Ok(found.ended(None, newer, skipped))
}

/// A line that is being written belongs to the next piece.
fn drop_unended(piece: &mut Piece) {
    let length = piece.bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    piece.bytes.truncate(length);
}

/// A line whose beginning is before the piece belongs to the one before. Answers whether the piece is the beginning of its file. One line as long as
/// the whole piece is given up.
fn drop_begun(piece: &mut Piece) -> bool {
    if piece.start == 0 {
        return true;
    }
    if let Some(at) = piece.bytes.iter().position(|byte| *byte == b'\n') {
        piece.bytes.drain(..=at);
        piece.start += at as u64 + 1;
    } else {
        piece.bytes.clear();
    }
    false
}

/// The lines of a piece, and where each begins.
fn lines(piece: &Piece) -> impl DoubleEndedIterator<Item = (u64, &[u8])> {
    let mut at = piece.start;
    let pieces = piece.bytes.split_inclusive(|byte| *byte == b'\n').map(move |line| {
        let from = at;
        at += line.len() as u64;
        (from, line)
    });
    pieces.collect::<Vec<_>>().into_iter()
}
