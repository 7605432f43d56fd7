//! Sign-in, activation, password reset, setup.

#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub(crate) mod parts;
pub mod server_fns;
