//! What pods may reach: one table of rules for all pods of the server, in the kernel before anything of a pod runs.

use std::path::{Path, PathBuf};

use wire::plan::Change;
use wire::spec::{NetworkPolicy, PodSpec};

use crate::error::{Result, refused};
use crate::host::names::{unit_file, wanted_link};
use crate::host::{files, lock, nft, systemd};
use crate::render::{firewall, unit};
use crate::task::Task;

use super::{Managed, PartStatus};
use crate::pod::state;

/// The rules, read with every start of the machine.
const RULES: &str = "/etc/mpanel/network.nft";
/// How the kernel printed the rules after they were loaded: what it prints now is compared with that.
const LOADED: &str = "/var/lib/mpanel/network.loaded";

/// The rules.
pub struct Network {
    /// Files, and what the kernel has.
    pub status: PartStatus,
}

fn wanted(pod: Option<&PodSpec>) -> Result<[Managed; 3]> {
    let others = state::all()?;
    let others =
        others.iter().filter(|state| state.legacy.is_none()).map(|state| &state.spec).filter(|spec| pod.is_none_or(|pod| pod.pod != spec.pod));
    let mut closed: Vec<_> = others.chain(pod).filter(|spec| spec.network == NetworkPolicy::Closed).map(|spec| spec.uid).collect();
    closed.sort();
    Ok([
        Managed::new(PathBuf::from(RULES), firewall::rules(&nft::resolvers(), &closed)),
        Managed::new(unit_file(unit::NETWORK_UNIT), unit::network(Path::new(RULES))?),
        Managed::new(unit_file(unit::NETWORK_AGAIN), unit::network_again(Path::new(RULES))?),
    ])
}

impl Network {
    /// Compares files and kernel. `pod` as it should be; its file may not be written yet.
    pub fn inspect(task: &Task, pod: &PodSpec) -> Result<Self> {
        let files = wanted(Some(pod))?;
        let loaded = nft::list(task)?;
        let is_loaded = loaded.is_some() && files::read_text(LOADED) == loaded;
        let links = std::fs::symlink_metadata(wanted_link(unit::NETWORK_UNIT)).is_ok();
        let status =
            PartStatus::all(files.iter().map(Managed::status).chain([PartStatus::of(loaded.is_some(), is_loaded), PartStatus::of(false, links)]));
        Ok(Self { status })
    }

    /// As a line of the plan.
    pub fn change(&self) -> Change {
        self.status.change("network policy", "nftables: no private networks, no tailnet, no services of the server")
    }

    /// Loads the rules of all pods, this one with them.
    pub fn make(&self, task: &Task, pod: &PodSpec) -> Result<()> {
        if self.status.has_change() { load(task, Some(pod)) } else { Ok(()) }
    }
}

/// Loads the rules as they should be now; another pod may have changed them meanwhile.
fn load(task: &Task, pod: Option<&PodSpec>) -> Result<()> {
    let _lock = lock::take(task, "network")?;
    let files = wanted(pod)?;
    // A unit that is new needs no reload; the firewall's own unit is there already.
    let is_unit_changed = files[1].status() == PartStatus::Differs || files[2].status().has_change();
    for file in files.iter().filter(|file| file.status() != PartStatus::Matches) {
        files::write(&file.path, file.text.as_bytes(), file.mode)?;
    }
    files::link(&wanted_link(unit::NETWORK_UNIT), &format!("../{}", unit::NETWORK_UNIT))?;
    if is_unit_changed {
        systemd::reload_now(task)?;
    }
    // Not by restarting the unit: that would restart all pods.
    nft::load(task, Path::new(RULES))?;
    systemd::start_now(task, unit::NETWORK_UNIT)?;
    let loaded = nft::list(task)?.ok_or_else(|| refused("nftables has not taken the network policy"))?;
    files::write(Path::new(LOADED), loaded.as_bytes(), 0o600)?;
    task.info("Loaded the network policy of pods");
    Ok(())
}

/// After a pod is gone: its user is no longer named.
pub fn forget(task: &Task, pod: &PodSpec) -> Result<()> {
    if pod.network == NetworkPolicy::Closed { load(task, None) } else { Ok(()) }
}
