//! Logs of a site: those of the web server and what its programs have written, as files of root's in the pod's storage.
//!
//! - Only root writes into the folder; nothing in it that is no plain file is opened all the same.
//! - A line is written by visitors and programs: what a terminal or a browser would take for more than text is written out.
//! - One answer looks through so many bytes and no more, however long the log is, and no more answers at once than the machine has processors.

mod files;
mod read;
mod text;

use std::io::{BufRead, BufReader, Read};

use wire::log::{LogFrom, LogLines, MAX_LOG_LINES};
use wire::verb::{Sent, SiteLog, SiteLogFile, WebLog};
use wire::{PodName, SiteName};

use crate::error::{Result, ResultExt, missing};
use crate::host::lock;
use crate::host::names::{PodNames, WEB};
use crate::serve::download::Download;
use crate::task::Task;

use super::state::State;
use files::Log;
use read::Wanted;

/// Bytes of a line that are sent as one; the rest of a longer one is another line.
const LINE_BYTES: u64 = 64 << 10;
/// Bytes that are sent together.
const PIECE: usize = 64 << 10;

/// Reads a piece of a log.
pub fn read(task: &Task, ask: &SiteLog) -> Result<LogLines> {
    let log = open(&ask.pod, &ask.site, ask.log)?;
    let wanted = Wanted::new(ask.search.as_ref(), ask.limit.clamp(1, MAX_LOG_LINES));
    let _turn = lock::take_processor(task, "logs")?;
    match ask.from {
        LogFrom::End => read::before(task, &log, None, &wanted),
        LogFrom::Before(cursor) => read::before(task, &log, Some(cursor), &wanted),
        LogFrom::After(cursor) => read::after(task, &log, cursor, &wanted),
    }
}

/// Sends all of a log that is kept, as it is now.
pub fn send(task: &Task, ask: &SiteLogFile, to: &Download) -> Result<Sent> {
    send_all(task, &open(&ask.pod, &ask.site, ask.log)?, to).map(|bytes| Sent { bytes })
}

fn send_all(task: &Task, log: &Log, to: &Download) -> Result<u64> {
    let (mut bytes, mut piece) = (0, Vec::with_capacity(2 * PIECE));
    for at in 0..log.len() {
        let Some(mut lines) = log.reader(at)?.map(BufReader::new) else { continue };
        let mut line = Vec::new();
        loop {
            line.clear();
            // One that is being packed ends where that has come to.
            match lines.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            piece.extend_from_slice(text::whole(&line).as_bytes());
            piece.push(b'\n');
            if piece.len() >= PIECE {
                bytes += flush(task, to, &mut piece)?;
            }
        }
    }
    bytes += flush(task, to, &mut piece)?;
    Ok(bytes)
}

fn flush(task: &Task, to: &Download, piece: &mut Vec<u8>) -> Result<u64> {
    to.send(task, piece)?;
    let sent = piece.len() as u64;
    piece.clear();
    Ok(sent)
}

fn open(pod: &PodName, site: &SiteName, log: WebLog) -> Result<Log> {
    let names = PodNames::of(pod);
    let state = State::load(&names)?.ok_or_else(|| missing(format!("the pod {pod} is not on this server")))?;
    if !state.spec.sites.iter().any(|one| one.name == *site) {
        return Err(missing(format!("the pod {pod} has no site {site}")));
    }
    let (folder, path) = (names.home().join(WEB), names.web_log(site, log.word()));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    Log::open(&folder, name).context(format_args!("reading {}", folder.display()))
}

#[cfg(test)]
mod tests;
