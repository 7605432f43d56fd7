//! Access: roles, members, invitations, sessions, 2FA, and explanations of access decisions.

use super::accounts::{Membership, UserStatus};
use crate::{
    Time,
    ids::{InvitationId, SessionId, UserId},
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// An invitation to a customer account.
        InvitationId,
        /// An API key.
        ApiKeyId,
    }
    permissions {
        /// View users: all of them on the platform, the members of an account.
        UsersRead "users:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN];
        /// Invite members and change their roles.
        UsersWrite "users:write" write covers UsersRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
        /// Remove members.
        UsersDelete "users:delete" step_up covers UsersRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
        /// Sign out other users, disable users, reset 2FA.
        UsersManage "users:manage" step_up covers UsersRead [SUPER_ADMIN, PLATFORM_ADMIN];
        /// Assign platform roles; in an account, ownership.
        UsersAdmin "users:admin" step_up covers UsersRead [SUPER_ADMIN, TENANT_OWNER];
    }
    audit {
        /// A user requested something that their role does not allow.
        AccessRefused = "ACCESS_REFUSED",
        /// A user was disabled.
        UserDisabled = "USER_DISABLED",
        /// A user was enabled.
        UserEnabled = "USER_ENABLED",
        /// A user's platform role was changed.
        PlatformRoleChanged = "PLATFORM_ROLE_CHANGED",
        /// A user joined a customer account.
        TenantUserAdded = "TENANT_USER_ADDED",
        /// A user was invited to a customer account.
        TenantUserInvited = "TENANT_USER_INVITED",
        /// A member's role was changed.
        TenantUserChanged = "TENANT_USER_CHANGED",
        /// A member was removed, or left.
        TenantUserRemoved = "TENANT_USER_REMOVED",
        /// An invitation was revoked.
        InvitationRevoked = "INVITATION_REVOKED",
    }
}

/// A built-in role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// The stored value.
    pub code: &'static str,
    /// `platform` or `tenant`.
    pub scope: &'static str,
    /// Name for people; in customer accounts that of the specification's template.
    pub name: &'static str,
    /// Description for people.
    pub description: &'static str,
}

/// Every built-in role. `permission.rs` has their permissions.
pub const ROLES: &[Role] = &[
    Role { code: "SUPER_ADMIN", scope: "platform", name: "Super admin", description: "Full access, including staff roles." },
    Role { code: "PLATFORM_ADMIN", scope: "platform", name: "Platform admin", description: "Operations, billing and support." },
    Role {
        code: "PLATFORM_SUPPORT",
        scope: "platform",
        name: "Support",
        description: "Read-only access to customers, CloudPods, jobs, and servers.",
    },
    Role { code: "PLATFORM_BILLING", scope: "platform", name: "Billing", description: "Products, subscriptions and invoices." },
    Role { code: "TENANT_OWNER", scope: "tenant", name: "Owner", description: "Full control of the account, including owners." },
    Role { code: "TENANT_ADMIN", scope: "tenant", name: "Admin", description: "Manages everything in the account, including members." },
    Role { code: "TENANT_DEVELOPER", scope: "tenant", name: "Developer", description: "CloudPods and their jobs." },
    Role { code: "TENANT_BILLING", scope: "tenant", name: "Billing", description: "Subscriptions and invoices." },
    Role { code: "TENANT_USER", scope: "tenant", name: "User", description: "Read-only access to CloudPods and jobs." },
];

/// The name of a role for people; an unknown code is returned as it is.
pub fn role_name(code: &str) -> &str {
    ROLES.iter().find(|role| role.code == code).map_or(code, |role| role.name)
}

/// A signed-in browser, as its owner or staff see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// Browser and system, such as "Firefox on Linux".
    pub device: String,
    /// IP address it signed in from.
    pub ip: Option<String>,
    /// When it was created.
    pub created_at: Time,
    /// Last use, to the minute.
    pub last_seen_at: Time,
    /// The session of this request.
    pub current: bool,
}

/// Your profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountView {
    /// Email address.
    pub email: String,
    /// Name; may be empty.
    pub name: String,
    /// When the password was last changed, if known.
    pub password_set_at: Option<Time>,
    /// When 2FA was turned on.
    pub second_step_since: Option<Time>,
    /// Number of unused recovery codes.
    pub recovery_codes: i64,
    /// The staff policy requires 2FA.
    pub second_step_wanted: bool,
    /// Memberships in customer accounts.
    pub memberships: Vec<Membership>,
}

/// Key for an authenticator app; shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecondStepSecret {
    /// Base32 key in groups of four, for typing.
    pub secret: String,
    /// The key as an `otpauth://…` URI.
    pub uri: String,
    /// The URI as a QR code: modules per side, with the quiet zone.
    pub qr_size: i32,
    /// The dark modules as an SVG path.
    pub qr_path: String,
}

/// Keeps the secret out of logs.
impl std::fmt::Debug for SecondStepSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondStepSecret(..)")
    }
}

/// Recovery codes; shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecoveryCodes {
    /// Each can be used once.
    pub codes: Vec<String>,
}

/// Keeps the secrets out of logs.
impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecoveryCodes({})", self.codes.len())
    }
}

/// A member of a customer account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberRow {
    /// The user.
    pub id: UserId,
    /// Email address.
    pub email: String,
    /// Name; may be empty.
    pub name: String,
    /// Whether the user can sign in.
    pub status: UserStatus,
    /// Its role here.
    pub role: String,
    /// When it was created.
    pub joined_at: Time,
    /// Last sign-in.
    pub last_login_at: Option<Time>,
    /// The viewer may change this member's role.
    pub can_change: bool,
    /// The viewer may remove this member.
    pub can_remove: bool,
}

/// A pending invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvitationRow {
    /// The invitation.
    pub id: InvitationId,
    /// Who is invited.
    pub email: String,
    /// The role.
    pub role: String,
    /// Who sent the invitation.
    pub invited_by: String,
    /// When it was created.
    pub created_at: Time,
    /// When its link expires.
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
    /// Pending invitations, newest first, at most 200.
    pub invitations: Vec<InvitationRow>,
    /// Roles that the viewer may assign.
    pub roles: Vec<String>,
}

/// An invitation, as its link shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvitationView {
    /// Name of the account.
    pub tenant_name: String,
    /// Who is invited.
    pub email: String,
    /// The role.
    pub role: String,
    /// Who sent the invitation.
    pub invited_by: String,
    /// When it expires.
    pub expires_at: Time,
    /// What the visitor has to do.
    pub way: InvitationWay,
}

crate::text_enum! {
    /// How an invitation is accepted.
    InvitationWay {
        /// No user has this email: choose a password.
        New = "new",
        /// A user has this email: sign in first.
        SignIn = "sign_in",
        /// Signed in as this user: accept with one click.
        Join = "join",
        /// Signed in as a different user.
        Other = "other",
    }
}

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserRow {
    /// The user.
    pub id: UserId,
    /// Email address.
    pub email: String,
    /// Name; may be empty.
    pub name: String,
    /// Whether the user can sign in.
    pub status: UserStatus,
    /// Platform role.
    pub platform_role: Option<String>,
    /// Number of customer accounts.
    pub accounts: i64,
    /// 2FA is on.
    pub second_step: bool,
    /// Last sign-in.
    pub last_login_at: Option<Time>,
    /// When it was created.
    pub created_at: Time,
}

/// A user with memberships and sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserPage {
    /// The user.
    pub user: UserRow,
    /// Its customer accounts.
    pub memberships: Vec<Membership>,
    /// Its sessions, newest first, at most 100.
    pub sessions: Vec<SessionRow>,
    /// The viewer may sign the user out, disable them and reset their 2FA.
    pub can_manage: bool,
    /// Platform roles that the viewer may assign.
    pub roles: Vec<String>,
}

/// Whether a user has a permission, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessExplanation {
    /// Whether access is granted.
    pub allowed: bool,
    /// One or two sentences.
    pub words: String,
}
