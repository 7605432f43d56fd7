//! Releases that were live, and the way back to one.

mod roll_back;
pub(in crate::cloudpods) mod settings;

pub use roll_back::{preview_rollback, roll_back};
