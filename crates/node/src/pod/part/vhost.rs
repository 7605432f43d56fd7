//! A site's virtual host with its certificate, and the gate that shows its visitors a neutral page.

use std::path::PathBuf;

use wire::plan::Change;
use wire::spec::{PodState, SiteSpec, Stack};

use crate::error::Result;
use crate::host::web::{self, VhostChange};
use crate::host::{files, names::PodNames};
use crate::render::vhost::{Vhost, vhost};
use crate::task::Task;

use super::certificate::Certificate;
use super::{Inspector, Managed, PartStatus};
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
    /// The file, and whether it is in use.
    pub status: PartStatus,
}

/// The virtual host of a site as it should be.
pub fn wanted(names: &PodNames, site: &SiteSpec) -> Result<(Vhost, Managed)> {
    let wanted = vhost(names, site, web::ipv6())?;
    let file = Managed::new(names.vhost(&site.name), wanted.text.clone());
    Ok((wanted, file))
}

impl<'a> Site<'a> {
    /// Compares the file, and asks nginx whether it uses it.
    pub fn inspect(cx: &Inspector<'a>, site: &'a SiteSpec) -> Result<Self> {
        let (wanted, file) = wanted(cx.names, site)?;
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
        Ok(Self { site, wanted, file, gate, is_suspended, gate_status, certificate, status })
    }

    /// As lines of the plan.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        let domains = self.site.domains.iter().map(|d| d.as_str()).collect::<Vec<_>>().join(", ");
        let gate = if self.is_suspended { "closed" } else { "open" };
        let both = [self.status.change("virtual host", domains), self.gate_status.change("visitors", gate)];
        self.certificate.change().into_iter().chain(both)
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

    /// Puts the certificate beside the one in use, where nginx will look for it.
    pub fn write_certificate(&self) -> Result<()> {
        self.certificate.write()
    }

    /// Removes certificates that the virtual host in place does not name: the one of before, or a new one that nginx has refused.
    pub fn remove_other_certificates(&self, names: &PodNames) -> Result<()> {
        self.certificate.remove_others(names, &self.file.path, &self.site.name)
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
