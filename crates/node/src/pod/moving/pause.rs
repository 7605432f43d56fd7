//! A pod that stops while its visitors wait.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use wire::PodName;
use wire::spec::SiteSpec;

use crate::error::{Result, missing};
use crate::host::names::PodNames;
use crate::host::sockets::InUse;
use crate::host::web::{self, VhostChange};
use crate::host::{Host, lock};
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

/// Waits until no request is in progress on a socket of the pod's sites. Where the kernel does not tell, they may be: they have their time.
fn wait_for_visitors(names: &PodNames, state: &State) {
    let deadline = Instant::now() + DRAIN;
    let sockets: Vec<PathBuf> = state.spec.sites.iter().map(|site| names.socket(&site.name)).collect();
    let mut quiet_since = Instant::now();
    while Instant::now() < deadline && quiet_since.elapsed() < QUIET {
        if InUse::now().map_or(true, |in_use| sockets.iter().any(|socket| in_use.has(socket))) {
            quiet_since = Instant::now();
        }
        thread::sleep(TICK);
    }
}
