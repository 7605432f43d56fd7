//! Programs of a pod, whatever control group they hide in.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::error::{Result, ResultExt, internal};

/// How long processes may take to vanish after they were killed.
const VANISH: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Kills what still runs as this user, whatever group it hides in, until nothing does.
pub fn end_processes(uid: u32) -> Result<()> {
    let deadline = Instant::now() + VANISH;
    loop {
        let left = processes_of(uid)?;
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(internal(format!("{} processes did not exit", left.len())));
        }
        for pid in left {
            // It may have ended by itself in this moment.
            let _ = kill_process(pid, Signal::KILL);
        }
        thread::sleep(POLL_INTERVAL);
    }
}

fn processes_of(uid: u32) -> Result<Vec<Pid>> {
    let entries = fs::read_dir("/proc").context("reading /proc")?;
    let pid_of = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<i32>().ok();
    let owned = |pid: &i32| fs::metadata(format!("/proc/{pid}")).is_ok_and(|m| m.uid() == uid);
    Ok(entries.flatten().filter_map(pid_of).filter(owned).filter_map(Pid::from_raw).collect())
}
