//! What each capability needs, and installing it.

use wire::message::Failure;
use wire::probe::{Capability, CapabilityState, MissingRequirement, ProbeReport, Storage};

use crate::error::{Result, refused};
use crate::host::command::Cmd;
use crate::host::names::PODS;
use crate::host::{database, files, lock, storage, web};
use crate::task::Task;
use crate::{dns, probe};

/// Older ones lack parts of the sandbox.
const SYSTEMD: u32 = 250;

/// Programs that are installed.
#[derive(Debug, Clone, Copy)]
pub struct Installed {
    /// The web server.
    pub nginx: bool,
    /// The databases' program.
    pub mariadb: bool,
    /// What the network policy is loaded with.
    pub nftables: bool,
    /// What keeps web logs from filling their pod.
    pub logrotate: bool,
    /// PowerDNS with its backend.
    pub powerdns: bool,
    /// The panel's own instance of it.
    pub zones: bool,
}

/// Is the program there that rotates logs?
pub fn has_logrotate() -> bool {
    std::path::Path::new("/usr/sbin/logrotate").exists()
}

/// Whether each capability can be used.
pub fn states(systemd: u32, found: Installed, storage: &Storage) -> Vec<CapabilityState> {
    let of = |capability| {
        let missing = missing(capability, systemd, found, storage);
        CapabilityState { capability, ready: missing.is_empty(), missing }
    };
    Capability::ALL.into_iter().map(of).collect()
}

fn missing(capability: Capability, systemd: u32, found_programs: Installed, storage: &Storage) -> Vec<MissingRequirement> {
    let mut found = Vec::new();
    let mut lack = |what: &str, remedy: &str, installable| {
        found.push(MissingRequirement { what: what.to_owned(), remedy: remedy.to_owned(), installable });
    };
    if systemd < SYSTEMD {
        lack("systemd 250 or newer", "use Debian 12 or newer", false);
    }
    if capability == Capability::Dns {
        if !found_programs.powerdns {
            lack("PowerDNS", "install the DNS capability (apt-get install pdns-server pdns-backend-sqlite3 sqlite3)", true);
        } else if !found_programs.zones {
            lack("PowerDNS for mPanel", "install the DNS capability", true);
        }
        return found;
    }
    if !storage.enforces_limits {
        match storage.filesystem.as_str() {
            "btrfs" => lack("storage limits", storage::ENABLE, true),
            _ => lack("storage that enforces limits", storage::REMEDY, false),
        }
    }
    if !found_programs.nginx {
        lack("nginx", "install the WEB capability (apt-get install nginx-light)", true);
    }
    if !found_programs.nftables {
        lack("nftables", "install the WEB capability (apt-get install nftables)", true);
    }
    if !found_programs.logrotate {
        lack("logrotate", "install the WEB capability (apt-get install logrotate)", true);
    }
    if matches!(capability, Capability::Php | Capability::Wordpress) && !found_programs.mariadb {
        lack("MariaDB", "install the PHP capability (apt-get install mariadb-server)", true);
    }
    found
}

/// Installs what the capability lacks, as far as that is possible, and looks again.
pub fn install(task: &Task, capability: Capability) -> Result<ProbeReport> {
    let _lock = lock::take(task, "install")?;
    if capability == Capability::Dns {
        dns::install(task, |packages| install_packages(task, packages))?;
    } else {
        install_for_sites(task, capability)?;
    }
    let after = probe::probe(task)?;
    let state = after.capabilities.iter().find(|state| state.capability == capability);
    match state.and_then(|state| state.missing.first()) {
        None => Ok(after),
        Some(lack) => Err(still_missing(lack)),
    }
}

fn install_packages(task: &Task, packages: &[&str]) -> Result<()> {
    apt(task, &["update"])?;
    task.info(format!("installing {}", packages.join(", ")));
    let mut args = vec!["install", "--yes", "--no-install-recommends"];
    args.extend(packages);
    apt(task, &args)
}

fn install_for_sites(task: &Task, capability: Capability) -> Result<()> {
    let before = probe::probe(task)?;
    let packages = packages(capability, &before);
    if !packages.is_empty() {
        install_packages(task, &packages)?;
    }
    if before.storage.filesystem == "btrfs" && !before.storage.enforces_limits {
        Cmd::short("btrfs").args(["quota", "enable", PODS]).run(task)?;
        task.info(format!("Enabled storage limits on {PODS}"));
    }
    files::make_folder(PODS.as_ref(), 0o755)?;
    Cmd::long_running("systemctl").args(["enable", "--now", "nginx"]).run(task)?;
    if matches!(capability, Capability::Php | Capability::Wordpress) {
        database::ensure_template(task)?;
    }
    web::ensure_base(task)
}

fn still_missing(lack: &MissingRequirement) -> Failure {
    refused(format!("{} is still missing", lack.what)).with_remedy(lack.remedy.clone())
}

fn packages(capability: Capability, probe: &ProbeReport) -> Vec<&'static str> {
    let mut wanted = Vec::new();
    if probe.nginx.is_none() {
        wanted.push("nginx-light");
    }
    if !web::sends_brotli() {
        wanted.push("libnginx-mod-http-brotli-static");
    }
    if probe.nftables.is_none() {
        wanted.push("nftables");
    }
    if !has_logrotate() {
        wanted.push("logrotate");
    }
    if matches!(capability, Capability::Php | Capability::Wordpress) && probe.mariadb.is_none() {
        wanted.push("mariadb-server");
    }
    if !std::path::Path::new("/usr/bin/btrfs").exists() && !std::path::Path::new("/bin/btrfs").exists() {
        wanted.push("btrfs-progs");
    }
    wanted
}

fn apt(task: &Task, args: &[&str]) -> Result<()> {
    let run = Cmd::uninterruptible("apt-get").args(["-q", "-o", "DPkg::Lock::Timeout=120"]).args(args);
    run.env("DEBIAN_FRONTEND", "noninteractive").run(task).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(filesystem: &str, enforces_limits: bool) -> Storage {
        Storage { path: PODS.into(), filesystem: filesystem.into(), total_mb: 1, free_mb: 1, enforces_limits }
    }

    const ALL: Installed = Installed { nginx: true, mariadb: true, nftables: true, logrotate: true, powerdns: true, zones: true };

    fn states(systemd: u32, found: Installed, storage: &Storage) -> Vec<CapabilityState> {
        super::states(systemd, found, storage).into_iter().filter(|state| state.capability != Capability::Dns).collect()
    }

    fn dns(found: Installed) -> CapabilityState {
        super::states(252, found, &storage("ext4", false)).into_iter().find(|state| state.capability == Capability::Dns).unwrap()
    }

    #[test]
    fn a_name_server_needs_powerdns_set_up_for_the_panel_and_nothing_of_a_pods_server() {
        let bare = Installed { nginx: false, mariadb: false, nftables: false, logrotate: false, ..ALL };
        assert!(dns(bare).ready);
        let lacks = dns(Installed { powerdns: false, zones: false, ..bare });
        assert!(!lacks.ready && lacks.missing[0].what == "PowerDNS" && lacks.missing[0].installable, "{lacks:?}");
        let lacks = dns(Installed { zones: false, ..bare });
        assert!(!lacks.ready && lacks.missing[0].remedy == "install the DNS capability", "the packages alone make no name server: {lacks:?}");
    }

    #[test]
    fn a_server_that_cannot_enforce_limits_is_ready_for_nothing_and_says_what_to_do() {
        for state in states(252, ALL, &storage("ext4", false)) {
            assert!(!state.ready);
            assert!(state.missing[0].remedy.contains("btrfs"), "{state:?}");
            assert!(!state.missing[0].installable);
        }
    }

    #[test]
    fn only_php_and_wordpress_need_the_database() {
        let ready: Vec<bool> = states(252, Installed { mariadb: false, ..ALL }, &storage("btrfs", true)).iter().map(|s| s.ready).collect();
        assert_eq!(ready, [true, true, false, true, false]);
    }

    #[test]
    fn a_complete_server_is_ready_for_everything() {
        assert!(states(252, ALL, &storage("btrfs", true)).iter().all(|s| s.ready));
        assert!(states(247, ALL, &storage("btrfs", true)).iter().all(|s| !s.ready));
    }

    #[test]
    fn without_a_network_policy_a_server_is_ready_for_nothing() {
        for state in states(252, Installed { nftables: false, ..ALL }, &storage("btrfs", true)) {
            assert!(!state.ready && state.missing[0].what == "nftables" && state.missing[0].installable, "{state:?}");
        }
    }
}
