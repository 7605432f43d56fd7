//! A site's virtual host with its certificate, and the gate that shows its visitors a neutral page.

use std::path::PathBuf;

use wire::plan::Change;
use wire::spec::{Limits, PodState, SiteSpec, Stack};

use crate::error::Result;
use crate::host::web::{self, VhostChange};
use crate::host::{files, names::PodNames};
use crate::render::serving;
use crate::render::vhost::{Vhost, vhost};
use crate::task::Task;

use super::certificate::Certificate;
use super::password::Password;
use super::{Inspector, Managed, PartStatus};
use crate::pod::cache;
use crate::pod::edits::{self, Edit};

/// How one site is served.
pub struct Site<'a> {
    site: &'a SiteSpec,
    wanted: Vhost,
    /// The virtual host's file.
    pub file: Managed,
    gate: PathBuf,
    is_suspended: bool,
    gate_status: PartStatus,
    certificate: Certificate,
    password: Password,
    /// The file, and whether it is in use.
    pub status: PartStatus,
}

/// The virtual host of a site as it should be, in a pod with these limits.
pub fn wanted(names: &PodNames, site: &SiteSpec, limits: &Limits) -> Result<(Vhost, Managed)> {
    let wanted = vhost(names, site, limits, web::ipv6())?;
    let file = Managed::new(names.vhost(&site.name), wanted.text.clone());
    Ok((wanted, file))
}

impl<'a> Site<'a> {
    /// Compares the file, and asks nginx whether it uses it.
    pub fn inspect(cx: &Inspector<'a>, site: &'a SiteSpec) -> Result<Self> {
        let (wanted, file) = wanted(cx.names, site, &cx.spec.limits)?;
        let is_suspended = cx.spec.state == PodState::Suspended || site.stopped;
        let file = cx.managed_vhost(file, is_suspended);
        let status = match (file.status(), site.domains.first()) {
            // One that was changed by hand and is kept so may answer anything there.
            (PartStatus::Matches, Some(domain)) if file.edit != Edit::Kept && !web::serves(domain, &wanted.mark) => PartStatus::Differs,
            (status, _) => status,
        };
        let is_installed = cx.state.is_some_and(|state| state.site(&site.name).installed);
        let is_closed = is_suspended || (matches!(site.stack, Stack::Wordpress { .. }) && !is_installed);
        let gate = cx.names.gate(&site.name);
        let gate_status = PartStatus::of(cx.is_stored, cx.is_stored && gate.exists() == is_closed);
        let certificate = Certificate::inspect(cx.names, site);
        let password = Password::inspect(cx.names, site);
        Ok(Self { site, wanted, file, gate, is_suspended, gate_status, certificate, password, status })
    }

    /// As lines of the plan.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        let domains = self.site.domains.iter().map(|d| d.as_str()).collect::<Vec<_>>().join(", ");
        let gate = if self.is_suspended { "closed" } else { "open" };
        let both = [self.status.change("virtual host", domains), self.gate_status.change("visitors", gate)];
        self.certificate.changes().chain(self.password.change()).chain(both)
    }

    /// Closes the site before it is served, when it is suspended or a visitor could still take its installation.
    pub fn close(&self, is_installed: bool) -> Result<()> {
        let is_closed = self.is_suspended || (matches!(self.site.stack, Stack::Wordpress { .. }) && !is_installed);
        if is_closed && !self.gate.exists() { files::write_soon(&self.gate, b"", 0o644) } else { Ok(()) }
    }

    /// Lets visitors in, once everything of the site is there.
    pub fn open(&self) -> Result<()> {
        if self.is_suspended { Ok(()) } else { files::remove(&self.gate).map(drop) }
    }

    /// Keeps a copy of what is replaced.
    pub fn keep_copies(&self, task: &Task, names: &PodNames) -> Result<()> {
        if self.status.has_change() { edits::keep_copies(task, names, &self.file) } else { Ok(()) }
    }

    /// Puts certificate and password beside those in use, where nginx will look for them.
    pub fn write_secrets(&self) -> Result<()> {
        self.certificate.write()?;
        self.password.write()
    }

    /// Removes certificates and passwords that the virtual host in place does not name: those of before, or new ones that nginx has refused; and
    /// the answers that were kept where none are kept any more.
    pub fn remove_others(&self, task: &Task, names: &PodNames) -> Result<()> {
        self.certificate.remove_others(names, &self.file.path, &self.site.name)?;
        self.password.remove_others(names, &self.file.path, &self.site.name)?;
        self.remove_cache(task, names);
        Ok(())
    }

    /// nginx goes on with the virtual host of before, and its folder, where it has refused the new one. What cannot be removed now is in nobody's
    /// way, and goes with the next change.
    fn remove_cache(&self, task: &Task, names: &PodNames) {
        let is_kept = || files::read_text(&self.file.path).is_none_or(|text| serving::keeps_answers(&text));
        if self.site.settings.micro_cache_seconds.is_some() || is_kept() {
            return;
        }
        if let Err(failure) = cache::remove(task, names, &self.site.name) {
            task.warn(format!("The micro-cache of {} could not be removed: {}", self.site.name, failure.message));
        }
    }

    /// What nginx is to be given.
    pub fn publication(&self) -> Option<VhostChange> {
        let domain = self.site.domains.first().filter(|_| self.status.has_change())?.clone();
        Some(VhostChange { path: self.file.path.clone(), text: Some(self.wanted.text.clone()), domain, mark: self.wanted.mark.clone() })
    }

    /// Says what is served.
    pub fn log(&self, task: &Task) {
        if let (Some(domain), true) = (self.site.domains.first(), self.status.has_change()) {
            task.info(format!("Enabled virtual host {domain}"));
        }
    }
}
