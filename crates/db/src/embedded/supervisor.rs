//! Keeps PostgreSQL running. A thread of its own, so that it outlives any async runtime and blocks none.

use super::{EmbeddedError, cluster::Cluster, orphan::gone};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    process::{Child, Command},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle, sleep},
    time::{Duration, Instant},
};

/// How long a first start may take, recovery after a power loss included.
const START_PATIENCE: Duration = Duration::from_secs(120);
/// How often the child is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// The thread that watches over PostgreSQL.
pub(super) struct Supervisor {
    pid: Arc<Mutex<Option<u32>>>,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Starts PostgreSQL and waits until it answers.
    pub(super) fn start(cluster: &Cluster) -> Result<Self, EmbeddedError> {
        let pid = Arc::new(Mutex::new(None));
        let (stop, stopped) = mpsc::channel();
        let (say, heard) = mpsc::channel();
        let watched = pid.clone();
        // A command can be started many times; the log behind it is opened once.
        let command = cluster.postgres()?;
        let thread = thread::Builder::new()
            .name("postgresql".to_owned())
            .spawn(move || watch(command, &watched, &stopped, &say))
            .map_err(EmbeddedError::io("postgresql"))?;
        let supervisor = Self { pid, stop: Some(stop), thread: Some(thread) };
        let until = Instant::now() + START_PATIENCE;
        while !cluster.answers() {
            if let Ok(failure) = heard.try_recv() {
                // After a crash, what is left of the old server may hold its memory for a moment: it is tried again.
                if !failure.again || Instant::now() > until {
                    return Err(EmbeddedError::NoStart(format!("{}\n{}", failure.reason, cluster.log_tail())));
                }
            }
            if Instant::now() > until {
                return Err(EmbeddedError::NoStart(format!("no response within {} s\n{}", START_PATIENCE.as_secs(), cluster.log_tail())));
            }
            sleep(Duration::from_millis(20));
        }
        Ok(supervisor)
    }

    pub(super) fn pid(&self) -> Option<u32> {
        *self.pid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops PostgreSQL and the thread.
    pub(super) fn stop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the PostgreSQL supervisor panicked");
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the thread says about a PostgreSQL that ended.
struct Failure {
    reason: String,
    again: bool,
}

/// Starts, watches, starts again with growing pauses, until told to stop.
fn watch(mut command: Command, pid: &Mutex<Option<u32>>, stopped: &mpsc::Receiver<()>, say: &mpsc::Sender<Failure>) {
    let mut pause = Duration::from_millis(100);
    let mut failures = 0;
    loop {
        let started = Instant::now();
        let reason = match command.spawn() {
            Ok(mut child) => {
                *pid.lock().unwrap_or_else(PoisonError::into_inner) = Some(child.id());
                let reason = run(&mut child, stopped);
                *pid.lock().unwrap_or_else(PoisonError::into_inner) = None;
                match reason {
                    Some(reason) => reason,
                    None => return,
                }
            }
            Err(error) => error.to_string(),
        };
        if started.elapsed() > Duration::from_secs(30) {
            (pause, failures) = (Duration::from_millis(100), 0);
        }
        failures += 1;
        tracing::error!(%reason, "PostgreSQL exited; restarting it");
        let _ = say.send(Failure { reason, again: failures < 15 }); // nobody listens after the first start
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => pause = (pause * 2).min(Duration::from_secs(2)),
            _ => return,
        }
    }
}

/// Waits for the end of the child and says why it ended; nothing when it was told to stop.
fn run(child: &mut Child, stopped: &mpsc::Receiver<()>) -> Option<String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.to_string()),
            Ok(None) => {}
            Err(error) => return Some(error.to_string()),
        }
        if !matches!(stopped.recv_timeout(LOOK), Err(RecvTimeoutError::Timeout)) {
            end(child);
            return None;
        }
    }
}

/// Fast shutdown first, then harder. What is committed survives all three.
fn end(child: &mut Child) {
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return;
    };
    for (signal, patience) in [(Signal::INT, 30), (Signal::QUIT, 5), (Signal::KILL, 5)] {
        let _ = kill_process(pid, signal); // gone already: the wait below sees it
        let until = Instant::now() + Duration::from_secs(patience);
        while Instant::now() < until {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            sleep(Duration::from_millis(10));
        }
    }
    gone(pid, Duration::ZERO);
}
