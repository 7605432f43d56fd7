//! Pages by key: a list query never runs without a limit, and never counts its way to a page.

use model::page::{Page, PageRequest};
use std::{fmt::Display, str::FromStr};

/// Rows on a page.
pub const PAGE_SIZE: i64 = 50;

/// A cursor that no list has given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid page cursor")]
pub struct BadCursor;

/// The part of a list that is asked for, newest first. Keys grow with time: UUIDv7 or a counted id.
///
/// The query binds [`Keyset::before`], [`Keyset::after`] and [`Keyset::limit`] and looks like this:
/// ```sql
/// select * from (
///   (select .. where $2::uuid is null and ($1::uuid is null or id < $1) order by id desc limit $3)
///   union all
///   (select .. where id > $2 order by id asc limit $3)
/// ) page order by id desc
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyset<K> {
    /// Rows older than this key.
    pub before: Option<K>,
    /// Rows newer than this key, nearest first; then `before` is not set.
    pub after: Option<K>,
    size: i64,
}

impl<K: FromStr + Display + Copy> Keyset<K> {
    /// Reads the cursor of a request.
    ///
    /// # Errors
    /// When the cursor is not one of [`Keyset::page`]'s.
    pub fn from_request(request: &PageRequest) -> Result<Self, BadCursor> {
        let mut keyset = Self { before: None, after: None, size: PAGE_SIZE };
        if let Some(cursor) = request.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
            let (side, key) = cursor.split_once('.').ok_or(BadCursor)?;
            let key = Some(key.parse().map_err(|_| BadCursor)?);
            match side {
                "older" => keyset.before = key,
                "newer" => keyset.after = key,
                _ => return Err(BadCursor),
            }
        }
        Ok(keyset)
    }

    /// Another size, at most 500 rows.
    pub fn with_size(mut self, size: i64) -> Self {
        self.size = size.clamp(1, 500);
        self
    }

    /// What to bind as the limit: one row more than is shown tells whether there is another page.
    pub fn limit(&self) -> i64 {
        self.size + 1
    }

    /// Cuts the rows, newest first, to the page and adds the cursors of its neighbours.
    pub fn page<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> K) -> Page<T> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        if self.after.is_some() && more {
            rows.remove(0);
        }
        rows.truncate(size);
        let older = rows.last().map(|row| format!("older.{}", key(row))).filter(|_| self.after.is_some() || more);
        let newer = match (self.before, self.after) {
            (None, None) => None,
            (_, Some(_)) => rows.first().map(|row| format!("newer.{}", key(row))).filter(|_| more),
            (Some(_), None) => rows.first().map(|row| format!("newer.{}", key(row))),
        };
        Page { rows, older, newer }
    }
}

#[cfg(test)]
mod tests;
