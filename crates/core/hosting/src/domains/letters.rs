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

/// To the account that a domain is offered to.
#[derive(Serialize)]
pub(super) struct Offered {
    /// The domain.
    pub(super) name: String,
    /// Who offers it.
    pub(super) from: String,
    /// Until which day.
    pub(super) until: String,
    /// Whether several accounts have this email address, so that none of them can accept it.
    pub(super) reaches_nobody: bool,
}

impl Letter for Offered {
    const TEMPLATE: &'static str = "domain_offered";
    const TEXT: &'static str = include_str!("templates/domain_offered.txt");
    const HTML: &'static str = include_str!("templates/domain_offered.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} is offered to your account", self.name)
    }
}

/// To the account whose offer was declined.
#[derive(Serialize)]
pub(super) struct OfferDeclined {
    /// The domain.
    pub(super) name: String,
    /// To whom it was offered, as it was typed.
    pub(super) account: String,
}

impl Letter for OfferDeclined {
    const TEMPLATE: &'static str = "domain_offer_declined";
    const TEXT: &'static str = include_str!("templates/domain_offer_declined.txt");
    const HTML: &'static str = include_str!("templates/domain_offer_declined.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: the transfer of {} was declined", self.name)
    }
}

/// To the account whose offer nobody has accepted in time.
#[derive(Serialize)]
pub(super) struct OfferExpired {
    /// The domain.
    pub(super) name: String,
    /// To whom it was offered, as it was typed.
    pub(super) account: String,
}

impl Letter for OfferExpired {
    const TEMPLATE: &'static str = "domain_offer_expired";
    const TEXT: &'static str = include_str!("templates/domain_offer_expired.txt");
    const HTML: &'static str = include_str!("templates/domain_offer_expired.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: the transfer of {} was not accepted", self.name)
    }
}

/// To the account that has given a domain away.
#[derive(Serialize)]
pub(super) struct DomainGiven {
    /// The domain.
    pub(super) name: String,
    /// Who has it now.
    pub(super) to: String,
}

impl Letter for DomainGiven {
    const TEMPLATE: &'static str = "domain_given";
    const TEXT: &'static str = include_str!("templates/domain_given.txt");
    const HTML: &'static str = include_str!("templates/domain_given.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} was transferred to another account", self.name)
    }
}

/// To the account that has received a domain.
#[derive(Serialize)]
pub(super) struct DomainReceived {
    /// The domain.
    pub(super) name: String,
    /// Who had it before.
    pub(super) from: String,
}

impl Letter for DomainReceived {
    const TEMPLATE: &'static str = "domain_received";
    const TEXT: &'static str = include_str!("templates/domain_received.txt");
    const HTML: &'static str = include_str!("templates/domain_received.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} was transferred to your account", self.name)
    }
}
