//! Letters about certificates that come near their end.

use engine::mail::Letter;
use serde::Serialize;

/// To the owner of the site, and to staff.
#[derive(Serialize)]
pub(super) struct Expiring {
    /// Main name of the site.
    pub(super) domain: String,
    /// Until when its certificate is valid, in words.
    pub(super) until: String,
    /// What failed.
    pub(super) failure: String,
    /// What to do about it.
    pub(super) remedy: String,
}

impl Letter for Expiring {
    const TEMPLATE: &'static str = "certificate_expiring";
    const TEXT: &'static str = include_str!("templates/certificate_expiring.txt");
    const HTML: &'static str = include_str!("templates/certificate_expiring.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: the certificate of {} could not be renewed", self.domain)
    }
}

/// To the customer who has brought a certificate that ends soon.
#[derive(Serialize)]
pub(super) struct OwnExpiring {
    /// Main name of the site.
    pub(super) domain: String,
    /// Until when its certificate is valid, in words.
    pub(super) until: String,
    /// When it is replaced by one that is issued, in words.
    pub(super) replaced: String,
}

impl Letter for OwnExpiring {
    const TEMPLATE: &'static str = "own_certificate_expiring";
    const TEXT: &'static str = include_str!("templates/own_certificate_expiring.txt");
    const HTML: &'static str = include_str!("templates/own_certificate_expiring.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: your certificate for {} expires soon", self.domain)
    }
}
