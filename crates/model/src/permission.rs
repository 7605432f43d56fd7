//! Every permission: `resource:action`, as in §10 of the specification.
//!
//! A use case takes its permission as a type (`TenantTx<CloudpodsRead>`); its name is also in the table `permissions`.
//! Each is declared by its module.
//! Actions: read, write, delete, manage, admin.

pub(crate) mod list {
    /// Seals `Permission`: a permission defined elsewhere could claim to cover the others.
    pub trait Sealed {}
}

/// A permission as a type. `db` checks it before it opens a transaction.
pub trait Permission: list::Sealed + Send + Sync + 'static {
    /// Name in the table `permissions`.
    const NAME: &'static str;
    /// Whether a transaction authorized by it may write. Without it PostgreSQL makes the transaction read-only.
    const WRITE: bool;
    /// Whether the access check requires a recent password confirmation.
    const STEP_UP: bool;
}

/// A permission that allows writing, and thus a commit.
pub trait WritePermission: Permission {}

/// `P: Covers<Q>`: permission `P` includes `Q`.
pub trait Covers<Q: Permission>: Permission {}

/// A permission with the built-in roles that have it.
pub struct PermissionDef {
    /// `resource:action`.
    pub name: &'static str,
    /// Built-in roles that have it. Empty: every user has it for their own data.
    pub roles: &'static [&'static str],
    /// Whether it requires password confirmation.
    pub step_up: bool,
}

/// Declares permissions: type, name, `read`, `write` or `step_up` (a sensitive write: the access check requires password confirmation), what it
/// covers, and the built-in roles that hold it.
macro_rules! permissions {
    ($($(#[$meta:meta])* $ty:ident $name:literal $kind:ident $(covers $covered:ident)? [$($role:ident),* $(,)?];)*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug)]
            pub struct $ty;
            impl $crate::permission::list::Sealed for $ty {}
            impl $crate::permission::Permission for $ty {
                const NAME: &'static str = $name;
                const WRITE: bool = $crate::permission::permissions!(@is $kind);
                const STEP_UP: bool = $crate::permission::permissions!(@asks $kind);
            }
            impl $crate::permission::Covers<$ty> for $ty {}
            $(impl $crate::permission::Covers<$covered> for $ty {})?
            $crate::permission::permissions!(@$kind $ty);
        )*

        pub(super) const LIST: &[$crate::permission::PermissionDef] = &[$($crate::permission::PermissionDef { name: $name, roles: &[$(stringify!($role)),*], step_up: $crate::permission::permissions!(@asks $kind) }),*];
    };
    (@is read) => { false };
    (@is write) => { true };
    (@is step_up) => { true };
    (@asks read) => { false };
    (@asks write) => { false };
    (@asks step_up) => { true };
    (@read $ty:ident) => {};
    (@step_up $ty:ident) => { impl $crate::permission::WritePermission for $ty {} };
    (@write $ty:ident) => { impl $crate::permission::WritePermission for $ty {} };
}
pub(crate) use permissions;

pub use crate::{
    administration::permissions::*, billing::permissions::*, hosting::permissions::*, overview::permissions::*, security::permissions::*,
};

/// All permissions, by area and module.
pub fn all() -> impl Iterator<Item = &'static PermissionDef> {
    use crate::{administration, billing, hosting, overview, security};
    let areas = [administration::PERMISSIONS, billing::PERMISSIONS, hosting::PERMISSIONS, overview::PERMISSIONS, security::PERMISSIONS];
    areas.into_iter().flatten().copied().flatten()
}
