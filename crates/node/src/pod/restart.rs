//! Starting a pod's programs anew. systemd keeps their sockets open: who comes meanwhile waits. The database ends after the programs that use it, and
//! is there before they are again.

use wire::PodName;
use wire::spec::PodState;
use wire::verb::Restarted;

use crate::error::{Result, missing, refused};
use crate::host::names::PodNames;
use crate::host::{lock, systemd};
use crate::task::Task;

use super::sleep::may_sleep;
use super::state::State;

/// Restarts the services of all sites that are not stopped, and the database instance. What is asleep stays so.
pub fn restart(task: &Task, pod: &PodName) -> Result<Restarted> {
    let names = PodNames::of(pod);
    let _lock = lock::take(task, &names.lock())?;
    let Some(state) = State::load(&names)? else { return Err(missing(format!("the pod {pod} is not on this server"))) };
    if state.held || state.spec.state != PodState::Running {
        return Err(refused(format!("the pod {pod} is not running")));
    }
    let sites = || state.spec.sites.iter().filter(|site| site.runtime.is_some() && !site.stopped);
    let mut units: Vec<String> = sites().map(|site| names.service(&site.name)).collect();
    if !state.spec.databases.is_empty() {
        units.push(names.database_service());
    }
    let mut sleepers: Vec<String> = sites().filter(|site| may_sleep(site)).map(|site| names.service(&site.name)).collect();
    if !sleepers.is_empty() {
        // What sleeps is started anew by whoever comes next. The databases sleep with the sites.
        sleepers.push(names.database_service());
        let found = systemd::show(task, &sleepers)?;
        units.retain(|unit| found.get(unit).is_none_or(|found| found.active != "inactive"));
    }
    systemd::restart_all(task, &units)?;
    if !units.is_empty() {
        task.info(format!("Restarted {}", units.join(", ")));
    }
    Ok(Restarted { units })
}
