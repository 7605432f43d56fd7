//! Builders for tests of this area and of those above it.
#![expect(clippy::unwrap_used, reason = "what cannot be built fails its test")]

mod bench;
mod lost;
mod pebble;
mod pebble_proxy;
mod yard;

pub use bench::{Bench, LIMITS};
pub use lost::step_of;
pub use pebble::Pebble;
pub use pebble_proxy::{PebbleMood, PebbleProxy};
pub use yard::{Yard, links, real};
