//! Keyset pagination: every list has a limit, and pages have cursors instead of numbers.

use serde::{Deserialize, Serialize};

/// Selects a page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageRequest {
    /// Cursor from an earlier page; none for the newest entries.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Status filter, if the list supports it; a stored value.
    #[serde(default)]
    pub state: Option<String>,
    /// Search text, if the list supports it.
    #[serde(default)]
    pub search: Option<String>,
}

/// A page of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Cursor of the next older page, if any.
    pub older: Option<String>,
    /// Cursor of the next newer page, if any.
    pub newer: Option<String>,
}

impl<T> Page<T> {
    /// An empty page.
    pub const fn empty() -> Self {
        Self { rows: Vec::new(), older: None, newer: None }
    }
}
