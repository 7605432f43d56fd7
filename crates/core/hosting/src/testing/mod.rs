//! Builders for tests of this area and of those above it.
#![expect(clippy::unwrap_used, reason = "what cannot be built fails its test")]

mod bench;
mod pebble;
mod yard;

pub use bench::{Bench, LIMITS};
pub use pebble::Pebble;
pub use yard::{Yard, links, real};
