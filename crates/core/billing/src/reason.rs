//! Why staff do something, in their own words.

use engine::{Error, Result};

/// Most characters of a reason.
const MAX_CHARS: usize = 500;

/// The reason as it is kept: one line.
///
/// # Errors
/// On field `reason` when it is missing, too long or more than a line.
pub(crate) fn check(typed: &str) -> Result<&str> {
    let reason = typed.trim();
    if reason.is_empty() || reason.chars().count() > MAX_CHARS || reason.chars().any(char::is_control) {
        return Err(Error::field("reason", format!("Enter a reason of at most {MAX_CHARS} characters on one line.")));
    }
    Ok(reason)
}
