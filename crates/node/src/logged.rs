//! `mpanel-node logged PROGRAM ARGS..`: a pod's program whose output becomes lines of its site's application log, which is a file of root's own.
//! Beside it `mpanel-node write-log` takes what it says, with the rights of the pod and inside its limits.
//!
//! - The program is what systemd started: it replaces the one that has started the writer.
//! - Each line gets the time. A program that writes without end is slowed down by nothing: what is more than the log takes is left out, and the log
//!   says how many lines were.
//! - The writer ends with the last program that could still say something, so it is deaf to the signal by which systemd stops the others.

use std::ffi::OsString;
use std::io::pipe;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::fstat;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use crate::confine::{self, PLACE};
use crate::error::{Result, ResultExt, internal};

/// What a shell does to become the writer: signals that it ignores stay ignored. The site's socket is not the writer's.
const BECOME_WRITER: &str = "trap '' TERM INT HUP QUIT; exec \"$0\" write-log 3<&-";
/// Bytes of a line that are written as one; the rest of a longer one is another line.
const MAX_LINE: usize = 8 << 10;
/// Bytes of log that a program may write at once, and in each second over time. The log is rotated when it is long, every minute at most.
const BURST: u64 = 1 << 20;
/// See [`BURST`].
const PER_SECOND: u64 = 16 << 10;
/// After lines were left out, others are taken again once so many bytes may be written: the gaps are few.
const RESUME: u64 = 128 << 10;
/// Length from which on nothing is added until the log was rotated.
const MAX_FILE: u64 = 32 << 20;

/// Starts the writer and becomes the program.
pub fn main(mut args: impl Iterator<Item = OsString>) -> Result<()> {
    let program = args.next().ok_or_else(|| internal("logged needs a program"))?;
    confine::apply()?;
    let (reader, writer) = pipe().context("making a pipe")?;
    let errors = writer.try_clone().context("making a pipe")?;
    let mut log = Command::new("/bin/sh");
    log.args(["-c", BECOME_WRITER, PLACE]).env_clear().stdin(reader).stderr(Stdio::null());
    log.spawn().context("starting the writer of the log")?;
    // Its copy of the pipe's end would keep it open.
    drop(log);
    let error = Command::new(&program).args(args).stdout(writer).stderr(errors).exec();
    Err(error).context(format_args!("starting {}", program.to_string_lossy()))
}

/// Writes what it reads as lines until there is nothing more to come.
pub fn write() -> Result<()> {
    // The pod's programs have the same user, and must not get at this one's file.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).context("keeping the pod's programs out")?;
    let (input, output) = (std::io::stdin(), std::io::stdout());
    let (mut lines, mut buffer) = (Lines::new(Instant::now()), vec![0; 64 << 10]);
    loop {
        let read = match rustix::io::read(&input, buffer.as_mut_slice()) {
            Ok(read) => read,
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error).context("reading what the program writes"),
        };
        lines.has_room = fstat(&output).is_ok_and(|file| u64::try_from(file.st_size).is_ok_and(|size| size < MAX_FILE));
        let mut text = Vec::new();
        match buffer.get(..read).filter(|piece| !piece.is_empty()) {
            Some(piece) => lines.take(piece, Instant::now(), &mut text),
            None => lines.end(&mut text),
        }
        write_all(&output, &text);
        if read == 0 {
            return Ok(());
        }
    }
}

/// What cannot be written is lost, as where the pod's disk is full: the program goes on.
fn write_all(output: &impl AsFd, mut text: &[u8]) {
    while !text.is_empty() {
        match rustix::io::write(output, text) {
            Ok(written) => text = text.get(written..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// Makes lines of what a program writes.
struct Lines {
    /// The beginning of a line whose end is still to come.
    begun: Vec<u8>,
    /// Bytes that may be written.
    left: u64,
    refilled: Instant,
    /// Lines that were left out since one was written.
    dropped: u64,
    /// The file is not too long.
    has_room: bool,
}

impl Lines {
    fn new(now: Instant) -> Self {
        Self { begun: Vec::new(), left: BURST, refilled: now, dropped: 0, has_room: true }
    }

    fn take(&mut self, piece: &[u8], now: Instant, text: &mut Vec<u8>) {
        self.refill(now);
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            for part in part.chunks(MAX_LINE) {
                if self.begun.len() + part.len() > MAX_LINE {
                    self.write_begun(text);
                }
                self.begun.extend_from_slice(part);
                if part.ends_with(b"\n") {
                    self.write_begun(text);
                }
            }
        }
    }

    fn end(&mut self, text: &mut Vec<u8>) {
        if !self.begun.is_empty() {
            self.write_begun(text);
        }
        self.tell_dropped(text);
    }

    fn write_begun(&mut self, text: &mut Vec<u8>) {
        let begun = std::mem::take(&mut self.begun);
        let line = without_stamp(begun.strip_suffix(b"\n").unwrap_or(&begun));
        let bytes = line.len() as u64 + 26;
        let needed = if self.dropped > 0 { RESUME.max(bytes) } else { bytes };
        if !self.has_room || self.left < needed {
            if self.dropped == 0 && self.has_room {
                push(text, b"Lines are left out from here on: more is being written than this log takes.");
            }
            self.dropped += 1;
            return;
        }
        self.left -= bytes;
        self.tell_dropped(text);
        push(text, line);
    }

    fn tell_dropped(&mut self, text: &mut Vec<u8>) {
        if self.dropped > 0 && self.has_room {
            let lines = if self.dropped == 1 { "1 line was".to_owned() } else { format!("{} lines were", self.dropped) };
            push(text, format!("{lines} left out.").as_bytes());
            self.dropped = 0;
        }
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.refilled).as_millis();
        let more = u64::try_from(passed).unwrap_or(u64::MAX).saturating_mul(PER_SECOND) / 1000;
        if more > 0 {
            self.left = self.left.saturating_add(more).min(BURST);
            self.refilled = now;
        }
    }
}

fn push(text: &mut Vec<u8>, line: &[u8]) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    text.extend_from_slice(stamp(now).as_bytes());
    text.push(b' ');
    text.extend_from_slice(line);
    text.push(b'\n');
}

/// PHP and its master begin a line with a time of their own: `[02-Dec-2026 01:02:03 UTC] `.
fn without_stamp(line: &[u8]) -> &[u8] {
    let begin = line.get(..13).unwrap_or_default();
    let is_stamp = !begin.is_empty()
        && begin.iter().zip(b"[00-Aaa-0000 ").all(|(found, like)| match like {
            b'0' => found.is_ascii_digit(),
            b'A' | b'a' => found.is_ascii_alphabetic(),
            sign => found == sign,
        });
    let end = line.iter().take(60).position(|byte| *byte == b']').filter(|_| is_stamp);
    let rest = end.and_then(|end| line.get(end + 1..)).unwrap_or(line);
    if is_stamp { rest.strip_prefix(b" ").unwrap_or(rest) } else { line }
}

/// `2026-12-02T01:02:03.004Z`, of the time since 1970.
fn stamp(since: Duration) -> String {
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

/// The date so many days after 1970 began, counted in years that begin with March: then the day that is not always there is the last one.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines without their times.
    fn said(text: &[u8]) -> Vec<String> {
        String::from_utf8(text.to_vec()).unwrap().lines().map(|line| line[25..].to_owned()).collect()
    }

    #[test]
    fn what_a_program_writes_becomes_lines_with_the_time() {
        let (mut lines, mut text) = (Lines::new(Instant::now()), Vec::new());
        for piece in ["one\ntw", "o\n\n", "[02-Dec-2026 01:02:03 UTC] PHP Fatal error:  x\n", "[note] y\n", "no end"] {
            lines.take(piece.as_bytes(), Instant::now(), &mut text);
        }
        assert_eq!(said(&text), ["one", "two", "", "PHP Fatal error:  x", "[note] y"]);
        lines.end(&mut text);
        assert_eq!(said(&text).last().unwrap(), "no end");
        assert!(text.ends_with(b"Z no end\n"));
    }

    #[test]
    fn a_line_without_end_is_cut_into_lines() {
        let (mut lines, mut text) = (Lines::new(Instant::now()), Vec::new());
        lines.take(&vec![b'x'; 3 * MAX_LINE + 5], Instant::now(), &mut text);
        lines.take(b"\n", Instant::now(), &mut text);
        assert_eq!(said(&text).iter().map(String::len).collect::<Vec<_>>(), [MAX_LINE, MAX_LINE, MAX_LINE, 5]);
    }

    #[test]
    fn of_a_flood_so_much_is_written_as_the_log_takes_and_it_says_what_was_left_out() {
        let begin = Instant::now();
        let (mut lines, mut text) = (Lines::new(begin), Vec::new());
        let flood = format!("{}\n", "x".repeat(99)).repeat(100);
        // An hour, every tenth of a second ten kilobytes and more: 390 MB.
        for tenth in 0..36_000 {
            lines.take(flood.as_bytes(), begin + Duration::from_millis(100 * tenth), &mut text);
        }
        let most = usize::try_from(BURST + 3600 * PER_SECOND).unwrap();
        assert!(text.len() < most + most / 100 && text.len() > most * 9 / 10, "{} of at most {most}", text.len());
        let told = said(&text).into_iter().filter(|line| line.contains("left out")).count();
        assert!((100..2000).contains(&told), "{told} times");
        lines.take(b"the last\n", begin + Duration::from_secs(4000), &mut text);
        let said = said(&text);
        assert!(said[said.len() - 2].ends_with(" lines were left out.") && said[said.len() - 1] == "the last");
        // Too long, until it was rotated.
        let before = text.len();
        lines.has_room = false;
        lines.take(b"more\n", begin + Duration::from_secs(5000), &mut text);
        assert_eq!(text.len(), before);
        lines.has_room = true;
        lines.take(b"and more\n", begin + Duration::from_secs(5001), &mut text);
        assert!(String::from_utf8_lossy(&text[before..]).contains("1 line was left out."));
    }

    #[test]
    fn times_are_written_as_iso_8601_in_utc() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.007Z"),
            (951_827_696, "2000-02-29T12:34:56.007Z"),
            (1_796_173_323, "2026-12-02T01:02:03.007Z"),
            (4_107_542_399, "2100-02-28T23:59:59.007Z"),
            (4_107_542_400, "2100-03-01T00:00:00.007Z"),
        ] {
            assert_eq!(stamp(Duration::from_secs(seconds) + Duration::from_millis(7)), expected);
        }
    }
}
