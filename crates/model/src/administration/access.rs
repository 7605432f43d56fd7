//! Who may do what: roles, members, invitations, sessions, the second step; and the answer to "why".

use super::accounts::{Membership, UserStatus};
use crate::{
    Time,
    ids::{InvitationId, SessionId, UserId},
};
use serde::{Deserialize, Serialize};

/// A built-in role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// The stored word.
    pub code: &'static str,
    /// `platform` or `tenant`.
    pub scope: &'static str,
    /// How pages call it; for a customer account the name of the specification's template.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
}

/// Every built-in role. What each may do stands in `permission.rs`.
pub const ROLES: &[Role] = &[
    Role { code: "SUPER_ADMIN", scope: "platform", name: "Super admin", about: "Full access, including staff roles." },
    Role { code: "PLATFORM_ADMIN", scope: "platform", name: "Platform admin", about: "Operations, billing and support." },
    Role { code: "PLATFORM_SUPPORT", scope: "platform", name: "Support", about: "Read-only access to customers, CloudPods, jobs, and servers." },
    Role { code: "PLATFORM_BILLING", scope: "platform", name: "Billing", about: "Products, subscriptions and invoices." },
    Role { code: "TENANT_OWNER", scope: "tenant", name: "Owner", about: "Full control of the account, including owners." },
    Role { code: "TENANT_ADMIN", scope: "tenant", name: "Admin", about: "Manages everything in the account, including members." },
    Role { code: "TENANT_DEVELOPER", scope: "tenant", name: "Developer", about: "CloudPods and their jobs." },
    Role { code: "TENANT_BILLING", scope: "tenant", name: "Billing", about: "Subscriptions and invoices." },
    Role { code: "TENANT_USER", scope: "tenant", name: "User", about: "Read-only access to CloudPods and jobs." },
];

/// How pages call a role; an unknown one by its code.
pub fn role_name(code: &str) -> &str {
    ROLES.iter().find(|role| role.code == code).map_or(code, |role| role.name)
}

/// A signed-in browser, as its owner or staff see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// Browser and system in words, such as "Firefox on Linux".
    pub device: String,
    /// Address it signed in from.
    pub ip: Option<String>,
    /// Since when.
    pub created_at: Time,
    /// Last sight, to the minute.
    pub last_seen_at: Time,
    /// It is the one that asks.
    pub current: bool,
}

/// The own login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountView {
    /// Its address.
    pub email: String,
    /// Its name; may be empty.
    pub name: String,
    /// When the password was set last; nothing when that was before it was noted.
    pub password_set_at: Option<Time>,
    /// Since when a code app is the second step.
    pub second_step_since: Option<Time>,
    /// Recovery codes that are left.
    pub recovery_codes: i64,
    /// It has to have a second step, by the policy for staff.
    pub second_step_wanted: bool,
    /// The customer accounts it belongs to.
    pub memberships: Vec<Membership>,
}

/// What a code app needs; shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecondStepSecret {
    /// To be typed, in groups of four.
    pub secret: String,
    /// The same as an address, `otpauth://…`.
    pub uri: String,
    /// The address as a picture: modules along one side, with the quiet border.
    pub qr_size: i32,
    /// Its dark modules as the path of an SVG.
    pub qr_path: String,
}

/// A secret stays out of logs.
impl std::fmt::Debug for SecondStepSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondStepSecret(..)")
    }
}

/// Recovery codes; shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecoveryCodes {
    /// Each works once.
    pub codes: Vec<String>,
}

/// Secrets stay out of logs.
impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecoveryCodes({})", self.codes.len())
    }
}

/// A member of a customer account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberRow {
    /// The login.
    pub id: UserId,
    /// Its address.
    pub email: String,
    /// Its name; may be empty.
    pub name: String,
    /// Whether it can be used.
    pub status: UserStatus,
    /// Its role here.
    pub role: String,
    /// Since when.
    pub joined_at: Time,
    /// Last sign-in.
    pub last_login_at: Option<Time>,
    /// The one who looks may change this member's role.
    pub can_change: bool,
    /// The one who looks may remove this member.
    pub can_remove: bool,
}

/// An invitation that nobody has accepted yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvitationRow {
    /// The invitation.
    pub id: InvitationId,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: String,
    /// By whom.
    pub invited_by: String,
    /// Since when.
    pub created_at: Time,
    /// Until when its link works.
    pub expires_at: Time,
}

/// The members of a customer account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MembersView {
    /// Name of the account.
    pub tenant_name: String,
    /// Its members, oldest first, at most 200.
    pub members: Vec<MemberRow>,
    /// Open invitations, newest first, at most 200.
    pub invitations: Vec<InvitationRow>,
    /// Roles that the one who looks may give; empty when that is none.
    pub roles: Vec<String>,
}

/// What an invitation's link opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvitationView {
    /// Name of the account.
    pub tenant_name: String,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: String,
    /// By whom.
    pub invited_by: String,
    /// Until when it works.
    pub expires_at: Time,
    /// What the visitor has to do.
    pub way: InvitationWay,
}

crate::text_enum! {
    /// How an invitation is accepted.
    InvitationWay {
        /// No login has this address: choose a password.
        New = "new",
        /// A login has it: sign in first.
        SignIn = "sign_in",
        /// Signed in with it: one press.
        Join = "join",
        /// Signed in as somebody else.
        Other = "other",
    }
}

/// A login in staff's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserRow {
    /// The login.
    pub id: UserId,
    /// Its address.
    pub email: String,
    /// Its name; may be empty.
    pub name: String,
    /// Whether it can be used.
    pub status: UserStatus,
    /// Role on the platform.
    pub platform_role: Option<String>,
    /// Customer accounts it belongs to.
    pub accounts: i64,
    /// It has a second step.
    pub second_step: bool,
    /// Last sign-in.
    pub last_login_at: Option<Time>,
    /// Since when.
    pub created_at: Time,
}

/// A login as staff see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserPage {
    /// The login.
    pub user: UserRow,
    /// Its customer accounts.
    pub memberships: Vec<Membership>,
    /// Its sessions, newest first, at most 100.
    pub sessions: Vec<SessionRow>,
    /// The one who looks may end sessions, disable, and take the second step away.
    pub can_manage: bool,
    /// Roles of the platform that the one who looks may give; empty when that is none.
    pub roles: Vec<String>,
}

/// Why somebody may do something, or may not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WhyView {
    /// Whether the door would open.
    pub allowed: bool,
    /// One or two sentences.
    pub words: String,
}
