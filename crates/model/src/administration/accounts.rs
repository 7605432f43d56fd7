//! Logins: who is signed in, signing in, activation, reset.

use crate::{
    Time,
    ids::{TenantId, UserId},
    permission::{CloudpodsRead, Permission},
};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// Whether a login can be used.
    UserStatus {
        /// Made, but not activated yet.
        Invited = "INVITED",
        /// Can sign in.
        Active = "ACTIVE",
        /// Cannot sign in.
        Disabled = "DISABLED",
    }
}

crate::text_enum! {
    /// What a single-use link is good for.
    LinkPurpose {
        /// Sets the first password of an invited login.
        Activate = "ACTIVATE",
        /// Sets a new password.
        Reset = "RESET",
        /// Makes the first admin.
        Setup = "SETUP",
    }
}

/// Shortest password that is taken, in characters.
pub const PASSWORD_MIN: usize = 12;

/// The signed-in person, as the pages need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Viewer {
    /// The login.
    pub id: UserId,
    /// Its address.
    pub email: String,
    /// Its name; may be empty.
    pub name: String,
    /// Role on the platform side, such as `SUPER_ADMIN`.
    pub platform_role: Option<String>,
    /// What it may do on the platform and in every account, by its role there.
    pub permissions: Vec<String>,
    /// The customer accounts it belongs to.
    pub memberships: Vec<Membership>,
    /// It is staff, and has to set up its second step before it may do anything as such.
    pub second_step_missing: bool,
}

/// A login's place in a customer account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Membership {
    /// The account.
    pub tenant: TenantId,
    /// Its slug, which stands in the portal's addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Role in it, such as `TENANT_OWNER`.
    pub role: String,
    /// What it may do in it, by that role.
    pub permissions: Vec<String>,
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

/// A login in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserView {
    /// The login.
    pub id: UserId,
    /// Its address.
    pub email: String,
    /// Its name; may be empty.
    pub name: String,
    /// Whether it can be used.
    pub status: UserStatus,
    /// Role, in the place the list is about.
    pub role: Option<String>,
    /// Last sign-in.
    pub last_login_at: Option<Time>,
}

/// What a single-use link opens, shown before it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkView {
    /// What it is good for.
    pub purpose: LinkPurpose,
    /// The login it belongs to; nothing for set-up.
    pub email: Option<String>,
    /// Until when it works.
    pub expires_at: Time,
}

/// Where a signed-in person goes first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Home {
    /// A path of this panel.
    pub path: String,
}

impl Home {
    /// Staff go to the dashboard, a member to the first account, anybody else to the plans.
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
    /// The first room of the portal that the role opens.
    pub fn home(&self) -> String {
        if has::<CloudpodsRead>(&self.permissions) { format!("/t/{}", self.slug) } else { format!("/t/{}/invoices", self.slug) }
    }
}

/// How far a right password has led.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entered {
    /// Where to go: signed in.
    pub home: Option<Home>,
    /// What goes on with the code of the second step.
    pub step: Option<String>,
}
