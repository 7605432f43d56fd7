//! What a control group's processes are doing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::confine::PLACE;
use crate::host::files::read_text;

const ROOT: &str = "/sys/fs/cgroup";
/// Numbers of the calls by which a program waits for somebody to connect: `accept` and `accept4`.
const ACCEPT: [&str; 2] = if cfg!(target_arch = "aarch64") { ["202", "242"] } else { ["43", "288"] };

/// The group at this place, in the tree in which systemd keeps its units.
fn folder(place: &str) -> Option<PathBuf> {
    ["", "systemd", "unified"].iter().map(|tree| Path::new(ROOT).join(tree).join(place)).find(|folder| folder.is_dir())
}

/// Units right below the slice at this place that have processes.
pub fn units(slice: &str) -> Vec<String> {
    let Some(folder) = folder(slice) else { return Vec::new() };
    let found = fs::read_dir(folder).into_iter().flatten().flatten();
    let has_processes = |entry: &fs::DirEntry| !processes(&entry.path()).is_empty();
    found.filter(|entry| entry.path().is_dir()).filter(has_processes).filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn processes(folder: &Path) -> Vec<u32> {
    let text = read_text(folder.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

/// Does any process of the unit at this place do something else than wait for a connection, apart from its first one? PHP's workers wait so when
/// they have no request; one that goes on after its visitor has left, or a program that it has started, does not. What writes the site's log waits for
/// them.
pub fn has_busy_workers(unit: &str) -> bool {
    let Some(folder) = folder(unit) else { return false };
    let all = processes(&folder);
    let is_first = |process: &u32| parent(*process).is_some_and(|parent| !all.contains(&parent));
    let is_orphan_beside = all.iter().filter(|process| is_first(process)).count() > 1;
    is_orphan_beside || all.iter().filter(|process| !is_first(process) && !writes_log(**process)).any(|process| is_busy(*process))
}

fn parent(process: u32) -> Option<u32> {
    parse_parent(&read_text(format!("/proc/{process}/stat"))?)
}

/// The fourth field; the second one is a name in brackets that may have brackets in it.
fn parse_parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// This very program, by the name that it has in a pod's sandbox. A tenant's program that takes the name is put to sleep with its site.
fn writes_log(process: u32) -> bool {
    let name = Path::new(PLACE).file_name().and_then(|name| name.to_str());
    read_text(format!("/proc/{process}/comm")).is_some_and(|comm| Some(comm.trim_end()) == name)
}

/// One that has ended meanwhile, or cannot be looked at, is not.
fn is_busy(process: u32) -> bool {
    let call = read_text(format!("/proc/{process}/syscall")).unwrap_or_default();
    call.split_whitespace().next().is_some_and(|number| !ACCEPT.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_of_a_process_is_read_whatever_its_name() {
        assert_eq!(parse_parent("17 (php-fpm8.2) S 1 17 17 0"), Some(1));
        assert_eq!(parse_parent("17 (a) S 9 (b) R 4 17"), Some(4));
        assert_eq!(parse_parent("17"), None);
    }

    #[test]
    fn a_process_that_waits_for_a_connection_is_not_busy() {
        let socket = std::env::temp_dir().join(format!("mpanel-waits-{}.sock", std::process::id()));
        let _ = fs::remove_file(&socket);
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let (begun, began) = std::sync::mpsc::channel();
        let waiter = std::thread::spawn(move || {
            begun.send(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs()).unwrap();
            listener.accept().is_ok()
        });
        let thread = began.recv().unwrap();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while is_busy(thread) {
            assert!(std::time::Instant::now() < end, "it waits");
            std::thread::yield_now();
        }
        std::os::unix::net::UnixStream::connect(&socket).unwrap();
        assert!(waiter.join().unwrap());
        fs::remove_file(&socket).unwrap();
        assert!(is_busy(std::process::id()) || read_text("/proc/self/syscall").is_none(), "this one waits for no connection");
    }
}
