//! Lists are paged by key: never a list without a limit, never a page number.

use serde::{Deserialize, Serialize};

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageRequest {
    /// Cursor that an earlier page gave; nothing for the newest.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Filter on the state, where the list has one; a stored word.
    #[serde(default)]
    pub state: Option<String>,
    /// Text to look for, where the list has a search.
    #[serde(default)]
    pub search: Option<String>,
}

/// A part of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Cursor of the next older part, when there is one.
    pub older: Option<String>,
    /// Cursor of the next newer part, when there is one.
    pub newer: Option<String>,
}

impl<T> Page<T> {
    /// A page with nothing in it.
    pub const fn empty() -> Self {
        Self { rows: Vec::new(), older: None, newer: None }
    }
}
