//! Users: the signed-in viewer, sign-in, activation, password reset.

use crate::{
    Time,
    hosting::suspensions::SuspensionReason,
    ids::{TenantId, UserId},
    permission::{CloudpodsRead, Permission},
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A user.
        UserId,
        /// A signed-in browser.
        SessionId,
    }
    permissions {
        /// View your own profile: sessions, 2FA, accounts.
        AccountRead "account:read" read [];
        /// Sign out your own sessions, confirm 2FA setup.
        AccountWrite "account:write" write covers AccountRead [];
        /// Change your password and 2FA, leave an account.
        AccountManage "account:manage" step_up covers AccountRead [];
    }
    audit {
        /// The setup link for the first admin was created.
        SetupLinkMade = "SETUP_LINK_MADE",
        /// The first admin was created with the setup link.
        PlatformSetUp = "PLATFORM_SET_UP",
        /// A user was created.
        UserCreated = "USER_CREATED",
        /// A user was activated by an emailed link.
        UserActivated = "USER_ACTIVATED",
        /// A password was reset by an emailed link.
        PasswordReset = "PASSWORD_RESET",
        /// A password reset was requested.
        PasswordResetRequested = "PASSWORD_RESET_REQUESTED",
        /// A user signed in.
        SignedIn = "SIGNED_IN",
        /// A user signed out.
        SignedOut = "SIGNED_OUT",
        /// A sign-in failed.
        SignInRefused = "SIGN_IN_REFUSED",
        /// The password was correct and a verification code is required.
        SignInCodeAsked = "SIGN_IN_CODE_ASKED",
        /// A user changed their password.
        PasswordChanged = "PASSWORD_CHANGED",
        /// The password was confirmed for a sensitive operation.
        PasswordConfirmed = "PASSWORD_CONFIRMED",
        /// A password confirmation failed.
        PasswordRefused = "PASSWORD_REFUSED",
        /// A session was signed out.
        SessionEnded = "SESSION_ENDED",
        /// All sessions of a user were ended.
        SessionsEnded = "SESSIONS_ENDED",
        /// A secret was shown: authenticator key or recovery codes.
        SecretShown = "SECRET_SHOWN",
        /// A user turned 2FA on.
        SecondStepAdded = "SECOND_STEP_ADDED",
        /// A user's 2FA was turned off or reset.
        SecondStepRemoved = "SECOND_STEP_REMOVED",
        /// A recovery code was used.
        RecoveryCodeUsed = "RECOVERY_CODE_USED",
    }
}

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
    /// What it may do on the platform and in every account, by its role there.
    pub permissions: Vec<String>,
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
    /// What it may do in it, by that role.
    pub permissions: Vec<String>,
    /// Why the account is suspended: its members see what they owe, and nothing else.
    pub suspended: Option<SuspensionReason>,
}

impl Viewer {
    /// Whether it may do this on the platform. Pages leave out what it may not; the access check decides.
    pub fn holds<P: Permission>(&self) -> bool {
        has::<P>(&self.permissions)
    }

    /// Whether it may do this in the account with this slug, as a member or as staff.
    pub fn holds_in<P: Permission>(&self, slug: &str) -> bool {
        self.holds::<P>() || self.memberships.iter().any(|place| place.slug == slug && has::<P>(&place.permissions))
    }
}

fn has<P: Permission>(permissions: &[String]) -> bool {
    permissions.iter().any(|name| name == P::NAME)
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
        if has::<CloudpodsRead>(&self.permissions) { format!("/t/{}", self.slug) } else { format!("/t/{}/invoices", self.slug) }
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
