//! Passwords on their way to a server.

use serde::{Deserialize, Serialize};

use crate::InvalidText;

/// A password. Has no readable `Debug` and no `Display`, so it cannot reach a log by accident.
/// 8 to 200 characters, printable ASCII only (so that every place that stores it agrees on its bytes).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret(String);

impl Secret {
    /// Checks the text and hides it.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidText> {
        let text = text.into();
        if !(8..=200).contains(&text.len()) {
            return Err(InvalidText { what: "password", why: "8 to 200 characters" });
        }
        if !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err(InvalidText { what: "password", why: "only printable ASCII characters" });
        }
        Ok(Self(text))
    }

    /// The text itself. Call it only where it is written to its destination.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True when it is made of letters, digits, `-` and `_` only, as a database password must be.
    pub fn is_plain(&self) -> bool {
        self.0.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl TryFrom<String> for Secret {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::new(text)
    }
}

impl From<Secret> for String {
    fn from(value: Secret) -> String {
        value.0
    }
}
