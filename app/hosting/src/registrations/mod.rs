//! Domains that are registered here: the list, the page of each, and what leads to them. Ordering and renewing them is billing's.

mod holder;
mod links;
pub mod pages;
mod panels;
mod parts;
pub mod server_fns;

pub use holder::HolderFields;
pub(crate) use links::{Links, Registered};
