//! DNS zones: a PowerDNS instance of the panel's own; the distribution's is masked.

mod api;
mod counts;
mod setup;
mod signing;
mod zone;

pub use counts::counts;
pub use setup::{has_programs, install, is_set_up};
pub use zone::{apply, held_serial, remove};

#[cfg(test)]
mod tests;
