//! Logs of a site, read a piece at a time.
//!
//! A log is a row of files: those that were rotated, which never change, and the one that is written to. A [`LogCursor`] is a place in it that stays
//! the same place when the file it points into is rotated.

use serde::{Deserialize, Serialize};

use crate::text_type::text_type;

text_type!(LogSearch, "search text", check_search, "What lines are to contain: 1 to 200 characters, none of them a control character.");

/// A log of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebLog {
    /// Who asked the web server for what.
    Access,
    /// What went wrong in the web server.
    Error,
    /// What the site's programs have written.
    Application,
}

impl WebLog {
    /// The word in its file's name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Error => "error",
            Self::Application => "application",
        }
    }
}

/// Most lines of one answer.
pub const MAX_LOG_LINES: u32 = 500;
/// Most characters of a line; what is longer is cut.
pub const MAX_LOG_LINE: usize = 4096;

/// A place between two lines of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogCursor {
    /// When the file was rotated, in seconds since 1970; 0 while it was the one that is written to.
    pub file: u64,
    /// The same of the file before it; 0 where there was none. By this the file is found after it was rotated.
    pub after: u64,
    /// How many bytes of the file, unpacked, are before the place.
    pub offset: u64,
}

/// Which lines of a log are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFrom {
    /// The last ones.
    End,
    /// Those directly before a place.
    Before(LogCursor),
    /// Those directly after a place.
    After(LogCursor),
}

/// Lines of a log, the oldest first. They hold no control characters: those are written out, as `\x1b`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLines {
    /// The lines.
    pub lines: Vec<String>,
    /// Where older ones end; nothing once the beginning of the log is reached. There may be none that match.
    pub older: Option<LogCursor>,
    /// Where newer ones begin.
    pub newer: LogCursor,
    /// Lines between the place that was asked for and these were left out, because too many came.
    pub skipped: bool,
}

fn check_search(text: &str) -> Result<(), &'static str> {
    match text.chars().count() {
        1..=200 if !text.chars().any(char::is_control) => Ok(()),
        _ => Err("1 to 200 characters, none of them a control character"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_a_line_of_text_of_at_most_200_characters() {
        for right in ["404", "GET /\u{e9}?a=1&b=\"2\"", &"x".repeat(200)] {
            assert!(LogSearch::new(right).is_ok(), "{right}");
        }
        for wrong in ["", "a\nb", "\u{1b}[31m", "a\0", &"x".repeat(201)] {
            assert!(LogSearch::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
