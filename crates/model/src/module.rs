//! What a module adds to the product's lists stands in the module's own file: its ids, its permissions with the built-in roles that hold them,
//! its audit actions. `module!` declares them, `area!` collects them from the modules of an area; [`crate::ids`], [`crate::permission`] and
//! [`crate::audit_action`] have all of them.

/// Declares the ids, permissions and audit actions of the module in whose file it stands.
macro_rules! module {
    (ids { $($ids:tt)* } permissions { $($permissions:tt)* } audit { $($audit:tt)* }) => {
        /// Ids of this module.
        pub mod ids {
            $crate::ids::ids! { $($ids)* }
        }

        /// Permissions of this module.
        pub mod permissions {
            $crate::permission::permissions! { $($permissions)* }
        }

        pub(super) const PERMISSIONS: &[$crate::permission::PermissionDef] = permissions::LIST;

        $crate::audit_action::actions! { $($audit)* }
    };
}
pub(crate) use module;

/// Collects what the modules of an area declare.
macro_rules! area {
    ($($module:ident),+ $(,)?) => {
        /// Ids of this area.
        pub mod ids {
            $(#[allow(unused_imports, reason = "not every module has ids")] pub use super::$module::ids::*;)+
        }

        /// Permissions of this area.
        pub mod permissions {
            $(#[allow(unused_imports, reason = "not every module has permissions")] pub use super::$module::permissions::*;)+
        }

        pub(crate) const PERMISSIONS: &[&[$crate::permission::PermissionDef]] = &[$($module::PERMISSIONS),+];
        pub(crate) const AUDIT_ACTIONS: &[&[$crate::audit_action::AuditAction]] = &[$($module::AUDIT_ACTIONS),+];
    };
}
pub(crate) use area;
