//! What an mPanel that was killed has left behind: its PostgreSQL still runs. We hold the folder's lock, so it is
//! nobody's; it is stopped in order, and nothing that was committed is lost.

use super::{EmbeddedError, cluster::Cluster};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::{
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

/// Stops the PostgreSQL that still runs on this cluster, if there is one.
pub(super) fn stop(cluster: &Cluster) -> Result<(), EmbeddedError> {
    let pid_file = cluster.data().join("postmaster.pid");
    let Some(pid) = read_pid(&pid_file) else {
        return Ok(());
    };
    if !is_postgres_of(pid, cluster.data()) {
        // The number belongs to another process by now, or to none. PostgreSQL would be misled by the file.
        return match fs::remove_file(&pid_file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(EmbeddedError::Io { path: pid_file, source: error }),
            _ => Ok(()),
        };
    }
    tracing::warn!(pid = pid.as_raw_nonzero().get(), "stopping a PostgreSQL that an earlier mPanel left running");
    for (signal, patience) in [(Signal::INT, 30), (Signal::QUIT, 10), (Signal::KILL, 10)] {
        let _ = kill_process(pid, signal); // gone already: the wait below sees it
        if gone(pid, Duration::from_secs(patience)) {
            return Ok(());
        }
    }
    Err(EmbeddedError::NoStart(format!("PostgreSQL with process id {} does not stop", pid.as_raw_nonzero())))
}

/// Waits until the process is no more.
pub(super) fn gone(pid: Pid, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    while test_kill_process(pid).is_ok() {
        if Instant::now() > until {
            return false;
        }
        sleep(Duration::from_millis(10));
    }
    true
}

fn read_pid(file: &Path) -> Option<Pid> {
    Pid::from_raw(fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()?)
}

/// Started as `postgres -D <data>`, by us.
fn is_postgres_of(pid: Pid, data: &Path) -> bool {
    let command = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
    let mut words = command.split(|byte| *byte == 0);
    let program = words.next().unwrap_or_default();
    program.ends_with(b"/postgres") && words.any(|word| word == data.as_os_str().as_encoded_bytes())
}
