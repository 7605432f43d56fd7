//! A pod that stops while its visitors wait.

use std::thread;
use std::time::{Duration, Instant};

use wire::PodName;
use wire::spec::SiteSpec;

use crate::error::{Result, missing};
use crate::host::names::PodNames;
use crate::host::web::{self, VhostChange};
use crate::host::{Host, files, lock};
use crate::pod::state::State;
use crate::pod::{edits, remove};
use crate::render::vhost;
use crate::task::Task;

use super::{send::none_inside, wait};

/// How long requests in progress may take to end before they are broken off: a page of a busy server takes seconds, and new visitors wait
/// only as long as there is one.
const DRAIN: Duration = Duration::from_secs(5);
/// For how long no request must be seen: one that nginx has taken and not handed on yet is seen a moment later.
const QUIET: Duration = Duration::from_millis(300);
const TICK: Duration = Duration::from_millis(10);

/// Lets new visitors wait, those who are served end, and stops everything. An apply brings the pod back, and lets them in. False when it
/// was paused already.
pub fn pause(host: &Host, task: &Task, pod: &PodName) -> Result<bool> {
    let sites = host.sites.reserve();
    let names = PodNames::of(pod);
    let _lock = lock::take(task, &names.lock())?;
    let Some(mut state) = State::load(&names)? else { return Err(missing(format!("the pod {pod} is not on this server"))) };
    if state.held && wait::is_there(&names) {
        return Ok(false);
    }
    // Made since the pod was copied whole, they would keep the rest from being copied: said before anything stops.
    none_inside(task, &names)?;
    wait::start(task, &names)?;
    // Remembered first, so that an interrupted pause is not taken for a running pod.
    state.held = true;
    state.save(&names)?;
    state.spec.sites.iter().try_for_each(|site| edits::keep_if_edited(task, &names, &state, &names.vhost(&site.name)))?;
    web::swap(host, task, sites, proxies(&names, &state, &wait::upstream(&names))?)?;
    wait_for_visitors(&names, &state);
    remove::stop(host, task, &names)?;
    task.info("Visitors wait; all processes are stopped");
    Ok(true)
}

/// The virtual hosts of a pod as ones that hand every visitor on.
pub(super) fn proxies(names: &PodNames, state: &State, upstream: &str) -> Result<Vec<VhostChange>> {
    let one = |site: &SiteSpec| -> Result<Option<VhostChange>> {
        let Some(domain) = site.domains.first().cloned() else { return Ok(None) };
        let wanted = vhost::proxy(names, site, upstream, web::ipv6())?;
        Ok(Some(VhostChange { path: names.vhost(&site.name), text: Some(wanted.text), domain, mark: wanted.mark }))
    };
    state.spec.sites.iter().filter_map(|site| one(site).transpose()).collect()
}

/// Waits until no request is in progress on a socket of the pod's sites.
fn wait_for_visitors(names: &PodNames, state: &State) {
    let deadline = Instant::now() + DRAIN;
    let sockets: Vec<String> = state.spec.sites.iter().map(|site| names.socket(&site.name).display().to_string()).collect();
    let mut quiet_since = Instant::now();
    while Instant::now() < deadline && quiet_since.elapsed() < QUIET {
        if are_in_use(&files::read_text("/proc/net/unix").unwrap_or_default(), &sockets) {
            quiet_since = Instant::now();
        }
        thread::sleep(TICK);
    }
}

/// Rows are `Num RefCount Protocol Flags Type St Inode Path`; state 3 is a connection.
fn are_in_use(table: &str, sockets: &[String]) -> bool {
    table.lines().any(|row| {
        let cells: Vec<&str> = row.split_whitespace().collect();
        cells.get(5) == Some(&"03") && cells.get(7).is_some_and(|path| sockets.iter().any(|socket| socket == path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_told_from_a_socket_that_listens() {
        let table = "Num       RefCount Protocol Flags    Type St Inode Path\n0000: 00000002 00000000 00010000 0001 01 123 /run/pods/a/main.sock\n";
        let connected = format!("{table}0000: 00000003 00000000 00000000 0001 03 124 /run/pods/a/main.sock\n");
        let sockets = ["/run/pods/a/main.sock".to_owned()];
        assert!(!are_in_use(table, &sockets));
        assert!(are_in_use(&connected, &sockets));
        assert!(!are_in_use(&connected, &["/run/pods/b/main.sock".to_owned()]));
    }
}
