//! Letters to people who are given access.

use engine::mail::Letter;
use serde::Serialize;

/// To somebody who is invited to a customer account.
#[derive(Serialize)]
pub(super) struct Invitation {
    /// Name of the account.
    pub(super) tenant: String,
    /// Who invites.
    pub(super) inviter: String,
    /// As what.
    pub(super) role: String,
    /// The single-use link that accepts.
    pub(super) link: String,
    /// How long the link works, in words.
    pub(super) valid: String,
}

impl Letter for Invitation {
    const TEMPLATE: &'static str = "invitation";
    const TEXT: &'static str = include_str!("templates/invitation.txt");
    const HTML: &'static str = include_str!("templates/invitation.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: you're invited to join {}", self.tenant)
    }
}

/// To somebody who becomes staff and has no login yet.
#[derive(Serialize)]
pub(super) struct Staff {
    /// As what.
    pub(super) role: String,
    /// The single-use link that sets the password.
    pub(super) link: String,
    /// How long the link works, in words.
    pub(super) valid: String,
}

impl Letter for Staff {
    const TEMPLATE: &'static str = "staff";
    const TEXT: &'static str = include_str!("templates/staff.txt");
    const HTML: &'static str = include_str!("templates/staff.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: your staff account")
    }
}
