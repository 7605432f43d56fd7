//! The record of who did what: shown to staff, exported, anchored outside the database, verified.

mod anchor;
mod filter;
mod list;
mod queries;
#[cfg(test)]
mod tests;
mod verify;

pub use anchor::{anchor, run_anchoring};
pub use list::newest;
pub use list::{Export, export, list};
pub use verify::{Verification, verify};
