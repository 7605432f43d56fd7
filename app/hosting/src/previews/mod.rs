//! Previews of branches, for customers; staff see them on the page of a site's deploys.

pub mod parts;
pub mod server_fns;
