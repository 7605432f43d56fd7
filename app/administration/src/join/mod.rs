//! Accepting an invitation.

#[cfg(feature = "ssr")]
pub mod pages;
pub mod server_fns;
