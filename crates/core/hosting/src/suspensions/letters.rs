//! Letters to owners of suspended sites.

use engine::mail::Letter;
use serde::Serialize;

/// To the owner of a site that goes offline.
#[derive(Serialize)]
pub(super) struct Suspended {
    /// Domain of the site.
    pub(super) domain: String,
    /// Why, in words.
    pub(super) reason: String,
}

impl Letter for Suspended {
    const TEMPLATE: &'static str = "pod_suspended";
    const TEXT: &'static str = include_str!("templates/pod_suspended.txt");
    const HTML: &'static str = include_str!("templates/pod_suspended.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} is being suspended", self.domain)
    }
}

/// To the owner of a site that comes back.
#[derive(Serialize)]
pub(super) struct Unsuspended {
    /// Domain of the site.
    pub(super) domain: String,
}

impl Letter for Unsuspended {
    const TEMPLATE: &'static str = "pod_unsuspended";
    const TEXT: &'static str = include_str!("templates/pod_unsuspended.txt");
    const HTML: &'static str = include_str!("templates/pod_unsuspended.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: suspension of {} lifted", self.domain)
    }
}
