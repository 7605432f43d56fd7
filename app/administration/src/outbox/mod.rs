//! Mail that mPanel has sent or keeps.

pub mod pages;
pub mod server_fns;
