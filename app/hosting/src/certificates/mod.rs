//! Certificates of sites, for staff and customers; their state on the page of a CloudPod.

pub mod pages;
pub mod parts;
mod platform;
pub mod server_fns;
mod setup;

/// Whether certificates are issued here: the portal leads to none otherwise.
#[cfg(feature = "ssr")]
pub fn are_issued() -> bool {
    app_auth::services().is_ok_and(|services| core_hosting::certificates::are_issued(&services))
}

/// Whether certificates are issued here, as the layout of the portal tells its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issuing(pub bool);

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::SslRead>("Certificates", "/admin/certificates");
