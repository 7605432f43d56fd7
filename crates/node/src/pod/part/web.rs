//! nginx' base configuration, which the virtual hosts of all pods stand on.

use wire::plan::Change;

use crate::error::Result;
use crate::host::{rotation, web};
use crate::task::Task;

use super::{Inspector, PartStatus};

/// The base configuration.
pub struct WebBase {
    /// As it is.
    pub status: PartStatus,
    /// The same of what HTTPS stands on; `None` where no site has a certificate.
    pub tls: Option<PartStatus>,
}

impl WebBase {
    /// Compares its files. Of a pod that is not remembered systemd was not asked: then the timer counts as one that runs.
    pub fn inspect(cx: &Inspector<'_>) -> Self {
        let has_certificate = cx.spec.sites.iter().any(|site| site.certificate.is_some());
        let tls = has_certificate.then(|| PartStatus::of(false, web::is_tls_base_current()));
        let is_timer_good = matches!(cx.unit(rotation::TIMER).active.as_str(), "" | "active");
        Self { status: PartStatus::of(false, web::is_base_current() && is_timer_good), tls }
    }

    /// As lines of the plan.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        let tls = self.tls.map(|status| status.change("https", "base configuration of nginx for HTTPS"));
        std::iter::once(self.status.change("web server", "base configuration of nginx")).chain(tls)
    }

    /// Puts it in place.
    pub fn make(&self, task: &Task) -> Result<()> {
        if self.status.has_change() {
            web::ensure_base(task)?;
        }
        if self.tls.is_some_and(PartStatus::has_change) { web::ensure_tls_base(task) } else { Ok(()) }
    }
}
