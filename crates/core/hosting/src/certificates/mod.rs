//! Certificates of sites: issued when the names of a site lead here, renewed in time, without anybody's help.
//!
//! - A certificate counts once visitors were seen to get it: over TLS, from outside, verified as a browser does. Before that a site keeps the one
//!   it has; visitors over HTTP are sent to HTTPS afterwards, and then for good.
//! - A working certificate is never dropped. A failed renewal changes nothing on the server; it is told 14, 7, 3 and 1 days before the end.
//! - A certificate that a customer brings goes the same way. It is never replaced before its last three days; then one is issued, so that the
//!   site stays reachable.
//! - For one that a customer buys, the key can be made here (CSR). It stays here, sealed: the certificate comes back without it.
//! - Browsers insist on HTTPS (HSTS) only where a customer wants it and all names are redirected. Turned off, they are told to forget it.
//! - What a CA has issued is kept until it is in use: a site that could not be verified costs no second certificate.
//! - Where the CAA records of a name forbid the CA to issue, nothing is ordered, and it is said which record at which name does.
//! - A name that does not lead here yet, or that the CA does not reach over HTTP, is proved by DNS where its zone is kept here. Such a certificate is
//!   in use once the server was seen to show it at its own address: it is there before the name leads here.
//! - Of what a CA issues in a week for the platform's own domain, no account gets more than its share; what is renewed is not counted.
//! - Without a CA in the configuration nothing is looked at and nothing is offered.

mod budget;
mod caa;
mod jobs;
mod leads_here;
mod letters;
mod list;
mod platform;
mod queries;
mod reconcile;
mod request;
mod rules;
mod secrets;
#[cfg(test)]
mod tests;
mod wildcards;

pub use list::{are_issued, get, get_own, list, list_own, of_own_pod, of_pod};
pub use platform::{PanelName, ShownPanelCertificate, can_share, challenge_answers, issue_platform, list_platform, panel_certificate};
pub use request::{create_csr, install, issue, issue_own, set_hsts};
pub use wildcards::{check_setup, set_wildcard};

use engine::reconcile::Reconciler;

/// Name of the reconciler, for those who ask for a look at a site.
pub(crate) const RECONCILER: &str = reconcile::Certificates::NAME;

/// Registers what this module always has: jobs that wait end also after the CA is gone from the configuration.
pub(crate) fn register(modules: &mut engine::Modules) {
    modules.sagas.add::<jobs::IssueSsl>();
    modules.sagas.add::<jobs::RenewSsl>();
    modules.sagas.add::<jobs::InstallSsl>();
    modules.sagas.add::<jobs::SetHsts>();
    modules.sealed.push(("certificates", |services| Box::pin(secrets::reseal(services))));
}

/// Names of a site whose visitors get the second of two certificates (PEM).
pub(crate) fn names_apart(first: &str, second: &str, names: &[String]) -> Vec<String> {
    let covers = |chain: &str| adapters::acme::read_chain(chain).map(|issued| issued.names).unwrap_or_default();
    let (first, second) = (covers(first), covers(second));
    names.iter().filter(|name| rules::is_apart(name, &first, &second)).cloned().collect()
}

/// Registers what issues and renews certificates, where a CA is configured.
pub fn register_issuing(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::Certificates>();
    modules.reconcilers.add::<platform::PlatformCertificates>();
}
