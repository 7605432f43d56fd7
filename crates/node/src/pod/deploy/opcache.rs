//! PHP's compiled code after a switch of releases.
//!
//! A release has a folder of its own, so no request meets compiled code of another one. What the ones before have left fills the memory for
//! compiled code, until PHP throws all of it away at a moment of its own. So it is asked to do that with every switch: requests that are at
//! work go on, and the next ones compile what they need.

use wire::spec::{PodSpec, PodState, SiteSpec, Stack};

use crate::error::{Result, internal};
use crate::host::files;
use crate::host::names::PodNames;
use crate::pod::state::State;
use crate::task::Task;

use super::fastcgi;

/// The script, among what a site's programs read of its configuration. The web server names none there.
const NAME: &str = "opcache.php";
const SCRIPT: &str = "<?php if (function_exists('opcache_reset')) { opcache_reset(); }\n";

/// Empties PHP's memory for compiled code where another release is served than before. A site whose PHP does not answer serves its release all
/// the same.
pub fn renew(task: &Task, names: &PodNames, spec: &PodSpec, before: Option<&State>) {
    let Some(before) = before.filter(|_| spec.state == PodState::Running) else { return };
    for site in spec.sites.iter().filter(|site| matches!(site.stack, Stack::Php { .. }) && !site.stopped && is_switched(site, before)) {
        if let Err(failure) = renew_site(task, names, site) {
            task.warn(format!("The compiled code of {} was not renewed: {failure}", site.name));
        }
    }
}

fn is_switched(site: &SiteSpec, before: &State) -> bool {
    let name = |site: &SiteSpec| site.release.as_ref().map(|release| release.name.clone());
    before.spec.sites.iter().any(|old| old.name == site.name && name(old).is_some() && name(old) != name(site))
}

fn renew_site(task: &Task, names: &PodNames, site: &SiteSpec) -> Result<()> {
    files::write(&names.site_config(&site.name).join(NAME), SCRIPT.as_bytes(), 0o644)?;
    let host = site.domains.first().map(ToString::to_string).unwrap_or_default();
    match fastcgi::status(task, &names.socket(&site.name), &format!("/run/pod/{NAME}"), &host)? {
        200 => Ok(()),
        status => Err(internal(format!("PHP answered with {status}"))),
    }
}
