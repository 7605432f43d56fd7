//! How data is shown.

pub mod column;
pub mod diff;
pub mod facts;
pub mod list;
pub mod listing;
pub mod meter;
pub mod money;
pub mod size;
pub mod stats;
pub mod table;
