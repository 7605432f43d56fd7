//! The own login: password, second step, sessions, accounts.

pub mod pages;
mod second_step;
pub mod server_fns;
mod sessions;
