//! Jobs as people see them: lists, one job with its log, cancel, retry, and what changed since.

mod list;
mod queries;
mod view;

#[cfg(test)]
mod tests;

pub use engine::saga::{cancel, retry};
pub use list::{Live, about, by_state, get, get_own, list, list_own, live, live_for_buyer, live_own};
