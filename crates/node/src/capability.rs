//! What each capability needs, and installing it.

use wire::message::Failure;
use wire::probe::{Capability, CapabilityState, Lack, ProbeReport, Storage};

use crate::fail::{Res, refused};
use crate::host::names::PODS;
use crate::host::run::Run;
use crate::host::{files, lock, storage, web};
use crate::probe;
use crate::task::Task;

/// Older ones lack parts of the sandbox.
const SYSTEMD: u32 = 250;

/// Whether each capability can be used.
pub fn states(systemd: u32, nginx: bool, mariadb: bool, storage: &Storage) -> Vec<CapabilityState> {
    let of = |capability| {
        let missing = lacks(capability, systemd, nginx, mariadb, storage);
        CapabilityState { capability, ready: missing.is_empty(), missing }
    };
    Capability::ALL.into_iter().map(of).collect()
}

fn lacks(capability: Capability, systemd: u32, nginx: bool, mariadb: bool, storage: &Storage) -> Vec<Lack> {
    let mut found = Vec::new();
    let mut lack = |what: &str, remedy: &str, installable| {
        found.push(Lack { what: what.to_owned(), remedy: remedy.to_owned(), installable });
    };
    if systemd < SYSTEMD {
        lack("systemd 250 or newer", "use Debian 12 or newer", false);
    }
    if !storage.enforces_limits {
        match storage.filesystem.as_str() {
            "btrfs" => lack("storage limits", storage::ENABLE, true),
            _ => lack("storage that enforces limits", storage::REMEDY, false),
        }
    }
    if !nginx {
        lack("nginx", "install the WEB capability (apt-get install nginx-light)", true);
    }
    if matches!(capability, Capability::Php | Capability::Wordpress) && !mariadb {
        lack("MariaDB", "install the PHP capability (apt-get install mariadb-server)", true);
    }
    found
}

/// Installs what the capability lacks, as far as that is possible, and looks again.
pub fn install(task: &Task, capability: Capability) -> Res<ProbeReport> {
    let _lock = lock::take(task, "install")?;
    let before = probe::probe(task);
    let packages = packages(capability, &before);
    if !packages.is_empty() {
        apt(task, &["update"])?;
        task.info(format!("installing {}", packages.join(", ")));
        let mut args = vec!["install", "--yes", "--no-install-recommends"];
        args.extend(&packages);
        apt(task, &args)?;
    }
    if before.storage.filesystem == "btrfs" && !before.storage.enforces_limits {
        Run::step("btrfs").args(["quota", "enable", PODS]).ok(task)?;
        task.info(format!("Enabled storage limits on {PODS}"));
    }
    files::make_folder(PODS.as_ref(), 0o755)?;
    let mut services = vec!["nginx"];
    if matches!(capability, Capability::Php | Capability::Wordpress) {
        services.push("mariadb");
    }
    Run::work("systemctl").args(["enable", "--now"]).args(&services).ok(task)?;
    web::make_base(task)?;
    let after = probe::probe(task);
    let state = after.capabilities.iter().find(|state| state.capability == capability);
    match state.and_then(|state| state.missing.first()) {
        None => Ok(after),
        Some(lack) => Err(still_missing(lack)),
    }
}

fn still_missing(lack: &Lack) -> Failure {
    refused(format!("{} is still missing", lack.what)).with_remedy(lack.remedy.clone())
}

fn packages(capability: Capability, probe: &ProbeReport) -> Vec<&'static str> {
    let mut wanted = Vec::new();
    if probe.nginx.is_none() {
        wanted.push("nginx-light");
    }
    if matches!(capability, Capability::Php | Capability::Wordpress) && probe.mariadb.is_none() {
        wanted.push("mariadb-server");
    }
    if !std::path::Path::new("/usr/bin/btrfs").exists() && !std::path::Path::new("/bin/btrfs").exists() {
        wanted.push("btrfs-progs");
    }
    wanted
}

fn apt(task: &Task, args: &[&str]) -> Res<()> {
    let run = Run::whole("apt-get").args(["-q", "-o", "DPkg::Lock::Timeout=120"]).args(args);
    run.env("DEBIAN_FRONTEND", "noninteractive").ok(task).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(filesystem: &str, enforces_limits: bool) -> Storage {
        Storage { path: PODS.into(), filesystem: filesystem.into(), total_mb: 1, free_mb: 1, enforces_limits }
    }

    #[test]
    fn a_server_that_cannot_enforce_limits_is_ready_for_nothing_and_says_what_to_do() {
        for state in states(252, true, true, &storage("ext4", false)) {
            assert!(!state.ready);
            assert!(state.missing[0].remedy.contains("btrfs"), "{state:?}");
            assert!(!state.missing[0].installable);
        }
    }

    #[test]
    fn only_php_and_wordpress_need_the_database() {
        let ready: Vec<bool> = states(252, true, false, &storage("btrfs", true)).iter().map(|s| s.ready).collect();
        assert_eq!(ready, [true, true, false, true, false]);
    }

    #[test]
    fn a_complete_server_is_ready_for_everything() {
        assert!(states(252, true, true, &storage("btrfs", true)).iter().all(|s| s.ready));
        assert!(states(247, true, true, &storage("btrfs", true)).iter().all(|s| !s.ready));
    }
}
