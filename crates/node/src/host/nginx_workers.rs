//! nginx's workers around a reload. nginx lets the new ones start for 100 ms before it tells the old ones to leave, and until then any of them takes the next visitor.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::host::files::read_text;

const MASTER: &str = "/run/nginx.pid";
const TICK: Duration = Duration::from_millis(5);

/// Workers that took visitors when asked for; the numbers of their processes.
pub struct Workers(Vec<u32>);

impl Workers {
    /// Those that take visitors now. None when nginx does not run.
    pub fn now() -> Self {
        let master = read_text(MASTER).and_then(|text| text.trim().parse::<u32>().ok());
        let children = master.and_then(|master| read_text(format!("/proc/{master}/task/{master}/children")));
        Self(children.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse().ok()).filter(|pid| takes_visitors(*pid)).collect())
    }

    /// Waits until all of them have left; false when one still takes visitors at the deadline.
    pub fn wait_for_exit(&self, deadline: Instant) -> bool {
        while self.0.iter().any(|pid| takes_visitors(*pid)) {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(TICK);
        }
        true
    }
}

/// A worker that was told to leave says so in its title, and closes its door with that.
fn takes_visitors(pid: u32) -> bool {
    let title = std::fs::read(Path::new("/proc").join(pid.to_string()).join("cmdline")).unwrap_or_default();
    let title = String::from_utf8_lossy(&title);
    title.starts_with("nginx: worker process") && !title.contains("shutting down")
}
