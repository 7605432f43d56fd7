//! Accepting an invitation.

pub mod pages;
pub mod server_fns;
