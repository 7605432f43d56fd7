//! Letters about domains.

use engine::mail::Letter;
use serde::Serialize;

/// To the account that has proved a domain.
#[derive(Serialize)]
pub(super) struct Verified {
    /// The domain.
    pub(super) name: String,
}

impl Letter for Verified {
    const TEMPLATE: &'static str = "domain_verified";
    const TEXT: &'static str = include_str!("templates/domain_verified.txt");
    const HTML: &'static str = include_str!("templates/domain_verified.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} is verified", self.name)
    }
}

/// To an account that had proved a domain which somebody else has proved since.
#[derive(Serialize)]
pub(super) struct TakenOver {
    /// The domain.
    pub(super) name: String,
    /// Where its record stood.
    pub(super) record: String,
}

impl Letter for TakenOver {
    const TEMPLATE: &'static str = "domain_taken_over";
    const TEXT: &'static str = include_str!("templates/domain_taken_over.txt");
    const HTML: &'static str = include_str!("templates/domain_taken_over.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} is no longer verified for your account", self.name)
    }
}

/// To an account whose CloudPod has lost a name to somebody who has proved to own it.
#[derive(Serialize)]
pub(super) struct Lost {
    /// The name.
    pub(super) name: String,
    /// The CloudPod.
    pub(super) pod: String,
    /// Where the CloudPod is found now, if it was its main domain.
    pub(super) instead: Option<String>,
}

impl Letter for Lost {
    const TEMPLATE: &'static str = "domain_lost";
    const TEXT: &'static str = include_str!("templates/domain_lost.txt");
    const HTML: &'static str = include_str!("templates/domain_lost.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} no longer leads to your CloudPod", self.name)
    }
}
