//! Letters about registered domains.

use engine::mail::Letter;
use serde::Serialize;

/// To the account whose domain is registered now.
#[derive(Serialize)]
pub(super) struct Registered {
    /// The domain.
    pub(super) name: String,
    /// The day until which it is registered.
    pub(super) until: String,
    /// What has happened: `is registered`.
    pub(super) what: &'static str,
}

impl Letter for Registered {
    const TEMPLATE: &'static str = "domain_registered";
    const TEXT: &'static str = include_str!("templates/domain_registered.txt");
    const HTML: &'static str = include_str!("templates/domain_registered.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} {}", self.name, self.what)
    }
}

/// To the account for whose domain the registry was asked in vain.
#[derive(Serialize)]
pub(super) struct Refused {
    /// The domain.
    pub(super) name: String,
    /// What it could not be: `registered`.
    pub(super) asked: &'static str,
    /// Why.
    pub(super) reason: String,
}

impl Letter for Refused {
    const TEMPLATE: &'static str = "domain_refused";
    const TEXT: &'static str = include_str!("templates/domain_refused.txt");
    const HTML: &'static str = include_str!("templates/domain_refused.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} could not be {}", self.name, self.asked)
    }
}

/// To the account whose domain's registration is about to end.
#[derive(Serialize)]
pub(super) struct Expiring {
    /// The domain.
    pub(super) name: String,
    /// In how many days: `7 days`.
    pub(super) within: String,
    /// The day.
    pub(super) day: String,
    /// Whether it is renewed by itself once its invoice is paid.
    pub(super) auto_renew: bool,
}

impl Letter for Expiring {
    const TEMPLATE: &'static str = "domain_expiring";
    const TEXT: &'static str = include_str!("templates/domain_expiring.txt");
    const HTML: &'static str = include_str!("templates/domain_expiring.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} expires in {}", self.name, self.within)
    }
}

/// To the account whose domain is deleted, because its year is not paid.
#[derive(Serialize)]
pub(super) struct Deletion {
    /// The domain.
    pub(super) name: String,
    /// The day.
    pub(super) day: String,
    /// Whether its renewal can be paid.
    pub(super) auto_renew: bool,
}

impl Letter for Deletion {
    const TEMPLATE: &'static str = "domain_deletion";
    const TEXT: &'static str = include_str!("templates/domain_deletion.txt");
    const HTML: &'static str = include_str!("templates/domain_deletion.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} is deleted on {}", self.name, self.day)
    }
}

/// To staff: the registry has renewed a domain that nobody has paid for.
#[derive(Serialize)]
pub(super) struct UnpaidRenewal {
    /// The domain.
    pub(super) name: String,
    /// When it is deleted.
    pub(super) day: String,
    /// Its page.
    pub(super) link: String,
}

impl Letter for UnpaidRenewal {
    const TEMPLATE: &'static str = "domain_unpaid";
    const TEXT: &'static str = include_str!("templates/domain_unpaid.txt");
    const HTML: &'static str = include_str!("templates/domain_unpaid.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: the registry has renewed {}, and nobody has paid", self.name)
    }
}

/// To the account whose domain another registrar has asked for.
#[derive(Serialize)]
pub(super) struct Leaving {
    /// The domain.
    pub(super) name: String,
}

impl Letter for Leaving {
    const TEMPLATE: &'static str = "domain_leaving";
    const TEXT: &'static str = include_str!("templates/domain_leaving.txt");
    const HTML: &'static str = include_str!("templates/domain_leaving.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: another registrar has asked for {}", self.name)
    }
}
