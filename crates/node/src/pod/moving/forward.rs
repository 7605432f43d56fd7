//! A pod that has moved away: nothing of it is left but virtual hosts that hand visitors on.

use std::net::{IpAddr, SocketAddr};

use wire::PodName;
use wire::spec::PodState;

use crate::error::{Result, refused};
use crate::host::names::PodNames;
use crate::host::{Host, files, lock, web};
use crate::pod::remove;
use crate::pod::state::State;
use crate::task::Task;

use super::{pause::proxies, remove_copies, wait};

/// Hands those who wait on to the new server, and all who come later; removes everything else of the pod. False when that is done already.
pub fn forward(host: &Host, task: &Task, pod: &PodName, to: IpAddr) -> Result<bool> {
    let (units, sites) = (host.units.reserve(), host.sites.reserve());
    let names = PodNames::of(pod);
    let lock = lock::take(task, &names.lock())?;
    let Some(state) = State::load(&names)? else { return Ok(false) };
    if state.spec.state == PodState::Running && !state.held {
        return Err(refused(format!("the pod {pod} is serving")));
    }
    wait::release(&names, to)?;
    let changes = proxies(&names, &state, &format!("http://{}", SocketAddr::new(to, 80)))?;
    web::swap(host, task, sites, changes)?;
    for site in &state.spec.sites {
        files::remove(&names.gate(&site.name))?;
    }
    // Passwords are asked for on the new server; certificates are still shown here.
    names.passwords_found(None).iter().try_for_each(|path| files::remove(path).map(drop))?;
    task.info(format!("Forwarding visitors to {to}"));
    remove_copies(task, &names)?;
    remove::all_but_the_web(host, task, &names, units, &state)?;
    lock.discard()?;
    Ok(true)
}
