//! What the server is and what it can carry.

use std::time::{SystemTime, UNIX_EPOCH};

use wire::probe::ProbeReport;

use crate::capability::{self, Installed};
use crate::error::Result;
use crate::host::files::{self, read_text};
use crate::host::{artifacts, database, nft, storage, systemd, usage, web};
use crate::task::Task;
use crate::{dns, pod, upgrade};

/// Looks at the machine; changes nothing.
pub fn probe(task: &Task) -> Result<ProbeReport> {
    let memory = read_text("/proc/meminfo").unwrap_or_default();
    let kib = |key: &str| {
        let line = memory.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let kernel = rustix::system::uname();
    let storage = storage::survey(task);
    let (systemd, nginx, mariadb, nftables) = (systemd::version(task), web::version(task), database::version(task), nft::version(task));
    let installed = Installed {
        nginx: nginx.is_some(),
        mariadb: mariadb.is_some(),
        nftables: nftables.is_some(),
        logrotate: capability::has_logrotate(),
        powerdns: dns::has_programs(),
        zones: dns::is_set_up(),
    };
    let capabilities = capability::states(systemd, installed, &storage);
    // A program that could not be asked any more looks like one that is not there.
    task.check()?;
    Ok(ProbeReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        node_sha256: upgrade::place().and_then(|path| files::sha256(&path)).ok(),
        hostname: kernel.nodename().to_string_lossy().into_owned(),
        os: os_name(),
        kernel: kernel.release().to_string_lossy().into_owned(),
        arch: kernel.machine().to_string_lossy().into_owned(),
        systemd,
        cgroup: usage::version().to_owned(),
        cpus: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        memory_mb: kib("MemTotal:").unwrap_or(0) >> 10,
        memory_free_mb: kib("MemAvailable:").unwrap_or(0) >> 10,
        load_centi: first_number("/proc/loadavg").map_or(0, |load| (load * 100.0) as u32),
        uptime_s: first_number("/proc/uptime").map_or(0, |s| s as u64),
        time_ms: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_millis() as i64),
        storage,
        nginx,
        mariadb,
        nftables,
        capabilities,
        artifacts: artifacts::list(),
        pods: pod::names().map_or(0, |names| names.len()) as u32,
    })
}

fn first_number(path: &str) -> Option<f64> {
    read_text(path)?.split_whitespace().next()?.parse().ok()
}

fn os_name() -> String {
    let text = read_text("/etc/os-release").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or_else(|| "unknown".to_owned(), |name| name.trim_matches('"').to_owned())
}
