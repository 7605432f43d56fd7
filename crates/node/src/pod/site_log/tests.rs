use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use wire::frame::{Decoder, Frame};
use wire::log::{LogCursor, LogLines, LogSearch, MAX_LOG_LINE};

use super::files::Log;
use super::read::{Wanted, after, before};
use super::{send_all, text};
use crate::host::files::unique;
use crate::serve::download::{Credit, Download};
use crate::serve::writer::{MessageSender, write_all};
use crate::task::Task;

const NAME: &str = "main.access.log";

/// A folder with logs that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("mpanel-log{}", unique()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn add(&self, text: &str) {
        fs::OpenOptions::new().append(true).create(true).open(self.0.join(NAME)).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn pack(&self, rotated: u64, text: &str) {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        fs::write(self.0.join(format!("{NAME}-{rotated}.gz")), packer.finish().unwrap()).unwrap();
    }

    /// As logrotate does with `copytruncate`.
    fn rotate(&self, rotated: u64) {
        fs::copy(self.0.join(NAME), self.0.join(format!("{NAME}-{rotated}"))).unwrap();
        self.write(NAME, "");
    }

    fn log(&self) -> Log {
        Log::open(&self.0, NAME).unwrap()
    }

    fn before(&self, place: Option<LogCursor>, search: Option<&str>, limit: u32) -> LogLines {
        before(&task(), &self.log(), place, &wanted(search, limit)).unwrap()
    }

    fn after(&self, place: LogCursor, search: Option<&str>, limit: u32) -> LogLines {
        after(&task(), &self.log(), place, &wanted(search, limit)).unwrap()
    }

    /// Everything that can be reached from the end, and in how many pieces.
    fn all(&self, search: Option<&str>, limit: u32) -> (Vec<String>, usize) {
        let mut found = self.before(None, search, limit);
        let (mut lines, mut pieces) = (found.lines, 1);
        while let Some(older) = found.older {
            found = self.before(Some(older), search, limit);
            lines.splice(0..0, found.lines);
            pieces += 1;
        }
        (lines, pieces)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn task() -> Task {
    Task::new(1, Duration::from_secs(60), MessageSender::new().0)
}

fn wanted(search: Option<&str>, limit: u32) -> Wanted {
    Wanted::new(search.map(|text| LogSearch::new(text).unwrap()).as_ref(), limit)
}

fn numbered(from: u32, to: u32) -> String {
    (from..to).map(|n| format!("line {n}\n")).collect()
}

fn names(from: u32, to: u32) -> Vec<String> {
    (from..to).map(|n| format!("line {n}")).collect()
}

#[test]
fn a_log_is_read_backwards_over_all_its_files_whatever_the_size_of_the_pieces() {
    let folder = Folder::new();
    folder.pack(1_900_000_000, &numbered(0, 10));
    folder.write(&format!("{NAME}-1900000100"), &numbered(10, 20));
    folder.write(NAME, &(numbered(20, 25) + "line that is being wri"));
    // Another site's, and what was rotated another way.
    folder.write("main2.access.log", "other\n");
    folder.write("main.access.log.1", "other\n");
    for limit in [1, 2, 5, 7, 10, 100] {
        assert_eq!(folder.all(None, limit).0, names(0, 25), "{limit}");
    }
    assert_eq!(folder.all(Some("LINE 1"), 3), (["line 1"].map(str::to_owned).into_iter().chain(names(10, 20)).collect(), 4));
    assert_eq!(folder.all(Some("nowhere"), 3), (Vec::new(), 1));
    assert_eq!(folder.before(None, None, 100).older, None);
}

#[test]
fn a_place_is_the_same_place_after_its_file_was_rotated_and_packed() {
    let folder = Folder::new();
    folder.write(NAME, &numbered(0, 10));
    let shown = folder.before(None, None, 4);
    assert_eq!(shown.lines, names(6, 10));
    folder.rotate(1_900_000_000);
    folder.add(&numbered(10, 12));
    assert_eq!(folder.before(shown.older, None, 3).lines, names(3, 6));
    let followed = folder.after(shown.newer, None, 100);
    assert_eq!((followed.lines, followed.skipped), (names(10, 12), false));
    folder.add(&numbered(12, 13));
    folder.rotate(1_900_000_100);
    folder.add(&numbered(13, 15));
    fs::remove_file(folder.0.join(format!("{NAME}-1900000000"))).unwrap();
    folder.pack(1_900_000_000, &numbered(0, 10));
    let followed = folder.after(followed.newer, None, 100);
    assert_eq!((followed.lines, followed.skipped), (names(12, 15), false));
    assert_eq!(folder.before(shown.older, None, 100).lines, names(0, 6));
    // The file is gone with its time.
    fs::remove_file(folder.0.join(format!("{NAME}-1900000000.gz"))).unwrap();
    let gone = LogCursor { file: 1_900_000_000, after: 0, offset: 7 };
    assert_eq!((folder.before(Some(gone), None, 100).lines, folder.before(Some(gone), None, 100).older), (Vec::new(), None));
}

#[test]
fn lines_are_followed_whole_and_of_a_flood_the_last_ones() {
    let folder = Folder::new();
    let begin = folder.before(None, None, 10);
    assert_eq!((begin.lines.len(), begin.older), (0, None), "a log that does not exist yet is empty");
    folder.add("one\ntw");
    let first = folder.after(begin.newer, None, 10);
    assert_eq!(first.lines, ["one"]);
    folder.add("o\nthree\n");
    let second = folder.after(first.newer, Some("o"), 10);
    assert_eq!((second.lines, second.skipped), (vec!["two".to_owned()], false));
    folder.add(&numbered(0, 1_000_000));
    let flood = folder.after(second.newer, None, 10);
    assert_eq!((flood.lines, flood.skipped), (names(999_990, 1_000_000), true));
    assert_eq!(folder.after(flood.newer, None, 10).lines.len(), 0);
    // An application that empties its log begins again.
    folder.write(NAME, "again\n");
    assert_eq!(folder.after(flood.newer, None, 10).lines, ["again"]);
}

#[test]
fn one_answer_reads_so_much_and_goes_on_from_there() {
    let folder = Folder::new();
    folder.write(NAME, &("the first one\n".to_owned() + &"x".repeat(99).chars().chain(['\n']).collect::<String>().repeat(100_000)));
    let found = folder.before(None, Some("first"), 10);
    assert!(found.lines.is_empty() && found.older.is_some(), "10 MB are not read at once");
    assert_eq!(folder.all(Some("first"), 10), (vec!["the first one".to_owned()], 3));
    let quotes = "\"".repeat(4000) + "\n";
    folder.write(NAME, &quotes.repeat(500));
    let found = folder.before(None, None, 500);
    assert!(serde_json::to_vec(&found).unwrap().len() < wire::frame::MAX_JSON - 1000, "it fits into a message");
    assert_eq!(folder.all(None, 500).0.len(), 500);
}

#[test]
fn a_log_is_sent_whole_the_oldest_line_first_and_as_text() {
    let folder = Folder::new();
    folder.pack(1_900_000_000, &numbered(0, 20_000));
    folder.write(&format!("{NAME}-1900000100"), "a\x1b[31m\n");
    folder.write(NAME, "the last one");
    let (out, outbox) = MessageSender::new();
    let to = Download::new(7, Arc::new(Credit::new(u64::MAX)), out);
    let sent = thread::spawn(move || {
        let mut bytes = Vec::new();
        write_all(&outbox, &mut bytes);
        bytes
    });
    let length = send_all(&task(), &folder.log(), &to).unwrap();
    drop(to);
    let (mut decoder, mut text) = (Decoder::new(), Vec::new());
    decoder.push(&sent.join().unwrap());
    while let Some(Frame::Chunk { id: 7, bytes }) = decoder.pop().unwrap() {
        text.extend(bytes);
    }
    assert_eq!(text.len() as u64, length);
    assert_eq!(String::from_utf8(text).unwrap(), numbered(0, 20_000) + "a\\x1b[31m\nthe last one\n");
}

#[test]
fn a_link_in_the_place_of_a_log_is_not_followed_and_what_is_no_file_not_opened() {
    let folder = Folder::new();
    folder.write("secret", "root:x\n");
    symlink(folder.0.join("secret"), folder.0.join(NAME)).unwrap();
    let said = before(&task(), &folder.log(), None, &wanted(None, 10)).unwrap_err();
    assert_eq!(said.message, "main.access.log is not a file");
    assert!(folder.log().reader(0).is_err());
    fs::remove_file(folder.0.join(NAME)).unwrap();
    fs::create_dir(folder.0.join(NAME)).unwrap();
    assert!(before(&task(), &folder.log(), None, &wanted(None, 10)).is_err());
}

#[test]
fn what_is_more_than_text_is_written_out_and_long_lines_are_cut() {
    assert_eq!(text::line(b"a\tb\x1b[31m\x00\x7f\xff \xc2\x9b \xe2\x80\xae\r\n"), "a\tb\\x1b[31m\\x00\\x7f\u{fffd} \\u{9b} \\u{202e}");
    assert_eq!(text::line("\u{e9}\u{20ac}".as_bytes()), "\u{e9}\u{20ac}");
    let long = text::line("\u{20ac}".repeat(5000).as_bytes());
    assert_eq!((long.chars().count(), long.chars().last()), (MAX_LOG_LINE + 1, Some('\u{2026}')));
    assert_eq!(text::whole("\u{20ac}".repeat(5000).as_bytes()).chars().count(), 5000);
}

#[test]
fn a_packed_file_is_unpacked_only_as_long_as_somebody_waits_for_it() {
    let folder = Folder::new();
    folder.pack(1_900_000_000, &numbered(0, 20_000));
    folder.write(NAME, "");
    let stopped = task();
    stopped.cancel();
    assert!(folder.log().tail(&stopped, 0, None, 1 << 20).is_err());
    assert_eq!(folder.log().tail(&task(), 0, None, 1 << 20).unwrap().bytes, numbered(0, 20_000).as_bytes());
}
