//! When a site's programs were used last: told by the socket between them and the web server.
//!
//! - The kernel writes into the socket's file when somebody connects (its time of access). What the web server answers by itself, static files
//!   for example, is no use of the programs. No program of a pod reaches this file, and no full disk keeps the kernel from writing.
//! - When it was last seen in use stands in the same file (its time of modification). It is there as long as the socket is, and needs no other place.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

use crate::error::{Result, ResultExt};

/// The kernel's times of files lag behind the clock by as much as one of its ticks: who comes in the moment after a mark must be seen.
const TICK: Duration = Duration::from_millis(20);

/// The times of a socket's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visits {
    connected: (i64, i64),
    marked: (i64, i64),
}

impl Visits {
    /// Of this socket; nothing where there is none.
    pub fn read(socket: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(socket).ok()?;
        Some(Self { connected: (found.atime(), found.atime_nsec()), marked: (found.mtime(), found.mtime_nsec()) })
    }

    /// Did somebody connect since it was marked?
    pub fn are_new(self) -> bool {
        self.connected > self.marked
    }

    /// When it was marked, in seconds since 1970.
    pub fn marked(self) -> u64 {
        u64::try_from(self.marked.0).unwrap_or_default()
    }

    /// Has it been marked, and nobody connected, for as long as this?
    pub fn are_over(self, time: Duration, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        !self.are_new() && now.saturating_sub(self.marked()) >= time.as_secs()
    }

    /// Puts these times back: what came in between was no visit.
    pub fn restore(self, socket: &Path) -> Result<()> {
        set(socket, self.connected, self.marked)
    }
}

/// Notes that this socket was in use until now. The time of access stays: somebody may connect this very moment.
pub fn mark(socket: &Path, now: SystemTime) -> Result<()> {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(TICK);
    let marked = (i64::try_from(since.as_secs()).unwrap_or(i64::MAX), i64::from(since.subsec_nanos()));
    set(socket, (0, UTIME_OMIT), marked)
}

fn set(socket: &Path, connected: (i64, i64), marked: (i64, i64)) -> Result<()> {
    let time = |(tv_sec, tv_nsec)| Timespec { tv_sec, tv_nsec };
    let times = Timestamps { last_access: time(connected), last_modification: time(marked) };
    utimensat(CWD, socket, &times, AtFlags::SYMLINK_NOFOLLOW).context(format_args!("marking {}", socket.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::{UnixListener, UnixStream};

    #[test]
    fn whoever_connects_after_the_mark_is_seen_and_can_be_taken_back() {
        let socket = std::env::temp_dir().join(format!("mpanel-visits-{}.sock", std::process::id()));
        let _ = fs::remove_file(&socket);
        let _listener = UnixListener::bind(&socket).unwrap();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        Visits { connected: (1_000, 0), marked: (1_000, 0) }.restore(&socket).unwrap();
        mark(&socket, at(2_000)).unwrap();
        let before = Visits::read(&socket).unwrap();
        assert!(!before.are_new());
        assert!(before.are_over(Duration::from_secs(60), at(2_061)) && !before.are_over(Duration::from_secs(60), at(2_058)));
        let visitor = UnixStream::connect(&socket).unwrap();
        let after = Visits::read(&socket).unwrap();
        assert!(after.are_new() && !after.are_over(Duration::ZERO, at(u64::from(u32::MAX))));
        before.restore(&socket).unwrap();
        assert_eq!(Visits::read(&socket), Some(before));
        // Who comes the moment after a mark is seen, too.
        mark(&socket, SystemTime::now()).unwrap();
        let _other = UnixStream::connect(&socket).unwrap();
        assert!(Visits::read(&socket).unwrap().are_new());
        drop(visitor);
        fs::remove_file(&socket).unwrap();
        assert_eq!(Visits::read(&socket), None);
    }
}
