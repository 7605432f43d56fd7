//! Users: the signed-in viewer, sign-in, activation, password reset.

use crate::{
    Time,
    ids::{TenantId, UserId},
    permission::{self, CloudpodsRead},
};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// Whether a user can sign in.
    UserStatus {
        /// Created, but not activated yet.
        Invited = "INVITED",
        /// Can sign in.
        Active = "ACTIVE",
        /// Cannot sign in.
        Disabled = "DISABLED",
    }
}

crate::text_enum! {
    /// Purpose of a single-use link.
    LinkPurpose {
        /// Sets the first password of an invited user.
        Activate = "ACTIVATE",
        /// Sets a new password.
        Reset = "RESET",
        /// Creates the first admin.
        Setup = "SETUP",
    }
}

/// Minimum length of a password, in characters.
pub const PASSWORD_MIN: usize = 12;

/// The signed-in user, as pages need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Viewer {
    /// The user.
    pub id: UserId,
    /// Email address.
    pub email: String,
    /// Name; may be empty.
    pub name: String,
    /// Platform role, such as `SUPER_ADMIN`.
    pub platform_role: Option<String>,
    /// Memberships in customer accounts.
    pub memberships: Vec<Membership>,
    /// Staff who must set up 2FA before they can use their role.
    pub second_step_missing: bool,
}

/// A user's membership in a customer account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Membership {
    /// The account.
    pub tenant: TenantId,
    /// Slug, used in the portal's URLs.
    pub slug: String,
    /// Name.
    pub name: String,
    /// Role in it, such as `TENANT_OWNER`.
    pub role: String,
}

/// A user of an account, in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserView {
    /// The user.
    pub id: UserId,
    /// Email address.
    pub email: String,
    /// Name; may be empty.
    pub name: String,
    /// Whether the user can sign in.
    pub status: UserStatus,
    /// Role in the account or on the platform, depending on the list.
    pub role: Option<String>,
    /// Last sign-in.
    pub last_login_at: Option<Time>,
}

/// A single-use link, before it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkView {
    /// The purpose.
    pub purpose: LinkPurpose,
    /// The user it belongs to; none for setup links.
    pub email: Option<String>,
    /// When it expires.
    pub expires_at: Time,
}

/// Where a user goes after signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LandingPage {
    /// A path of this panel.
    pub path: String,
}

impl LandingPage {
    /// The dashboard for staff, the first account for members, the plans for everybody else.
    pub fn of(viewer: &Viewer) -> Self {
        let path = match viewer.memberships.first() {
            _ if viewer.second_step_missing => "/account".to_owned(),
            _ if viewer.platform_role.is_some() => "/admin".to_owned(),
            Some(place) => place.home(),
            None => "/".to_owned(),
        };
        Self { path }
    }
}

impl Membership {
    /// The first page of the portal that the role can open.
    pub fn home(&self) -> String {
        if permission::holds::<CloudpodsRead>(&self.role) { format!("/t/{}", self.slug) } else { format!("/t/{}/invoices", self.slug) }
    }
}

/// Result of a correct password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignInResponse {
    /// Landing page, when signed in.
    pub home: Option<LandingPage>,
    /// Token for the verification code, when 2FA is on.
    pub step: Option<String>,
}
