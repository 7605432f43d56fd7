//! Letters to owners of suspended sites and accounts.

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

/// To an account that is suspended as a whole.
#[derive(Serialize)]
pub(super) struct AccountSuspended {
    /// Name of the account.
    pub(super) account: String,
    /// Why, in words.
    pub(super) reason: String,
    /// Where its invoices are paid, when that is the reason.
    pub(super) pay: Option<String>,
}

impl Letter for AccountSuspended {
    const TEMPLATE: &'static str = "account_suspended";
    const TEXT: &'static str = include_str!("templates/account_suspended.txt");
    const HTML: &'static str = include_str!("templates/account_suspended.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: the account {} is suspended", self.account)
    }
}

/// To an account whose suspension is lifted.
#[derive(Serialize)]
pub(super) struct AccountUnsuspended {
    /// Name of the account.
    pub(super) account: String,
    /// Its portal.
    pub(super) link: String,
}

impl Letter for AccountUnsuspended {
    const TEMPLATE: &'static str = "account_unsuspended";
    const TEXT: &'static str = include_str!("templates/account_unsuspended.txt");
    const HTML: &'static str = include_str!("templates/account_unsuspended.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: suspension of the account {} lifted", self.account)
    }
}
