//! Your profile: password, 2FA, sessions, accounts.

pub mod pages;
mod second_step;
pub mod server_fns;
pub(crate) mod sessions;
