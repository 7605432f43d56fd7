//! Environment variables of a site's programs, carried exactly.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;

use crate::InvalidText;
use crate::text_type::text_type;

text_type!(
    VariableName,
    "variable name",
    check_name,
    "Name of an environment variable: `A-Z`, `0-9`, `_`, no digit first, at most 64; none that mPanel, systemd, the loader or a request sets."
);

/// Most variables of a site.
pub const MAX_VARIABLES: usize = 100;
/// Longest value in bytes.
pub const MAX_VALUE_BYTES: usize = 4096;
/// Most bytes of all names and values of a site.
pub const MAX_ENVIRONMENT_BYTES: usize = 32 << 10;

/// Set by mPanel, by systemd or by PHP for each request, or read by a loader or shell before the site's own program runs.
const RESERVED: [&str; 47] = [
    "BASH_ENV",
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "CREDENTIALS_DIRECTORY",
    "DOCUMENT_ROOT",
    "DOCUMENT_URI",
    "ENV",
    "FCGI_ROLE",
    "FPM_SOCKETS",
    "GATEWAY_INTERFACE",
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "HOME",
    "HTTPS",
    "IFS",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LOGNAME",
    "MAINPID",
    "MANAGERPID",
    "NODE_CHANNEL_FD",
    "NODE_OPTIONS",
    "NOTIFY_SOCKET",
    "PATH",
    "PATH_INFO",
    "PATH_TRANSLATED",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PHP_SELF",
    "PIDFILE",
    "PORT",
    "PWD",
    "QUERY_STRING",
    "REDIRECT_STATUS",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "REQUEST_METHOD",
    "REQUEST_SCHEME",
    "REQUEST_URI",
    "SCRIPT_FILENAME",
    "SCRIPT_NAME",
    "SERVER_ADDR",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "SHELL",
    "USER",
];
/// Beginnings of such names. A visitor's headers arrive as `HTTP_*`.
const RESERVED_PREFIXES: [&str; 6] = ["HTTP_", "LD_", "LISTEN_", "MPANEL_", "SYSTEMD_", "WATCHDOG_"];

fn check_name(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 64 {
        Err("1 to 64 characters")
    } else if !text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') || text.as_bytes()[0].is_ascii_digit() {
        Err("only A to Z, 0 to 9 and _, and no digit first")
    } else if RESERVED.contains(&text) || RESERVED_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
        Err("another name: this one is reserved")
    } else {
        Ok(())
    }
}

/// A variable's value. Has no readable `Debug` and no `Display`. At most 4096 bytes; of control characters only tab and newline, and none of
/// Unicode's noncharacters: systemd carries no others.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VariableValue(String);

impl VariableValue {
    /// Checks the text and hides it.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidText> {
        let text = text.into();
        let refuse = |why| Err(InvalidText { what: "variable value", why });
        if text.len() > MAX_VALUE_BYTES {
            return refuse("at most 4096 bytes");
        }
        if text.chars().any(|c| (c.is_ascii_control() && !matches!(c, '\t' | '\n')) || is_noncharacter(c)) {
            return refuse("text without control characters other than tab and newline");
        }
        Ok(Self(text))
    }

    /// The text itself. Call it only where it is written to its destination.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

impl std::fmt::Debug for VariableValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VariableValue(hidden)")
    }
}

impl TryFrom<String> for VariableValue {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::new(text)
    }
}

impl From<VariableValue> for String {
    fn from(value: VariableValue) -> String {
        value.0
    }
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: VariableName,
    /// Its value.
    pub value: VariableValue,
}

/// The rules for all variables of a site together.
pub fn check(variables: &[Variable]) -> Result<(), InvalidText> {
    let refuse = |why| Err(InvalidText { what: "environment variables", why });
    let mut seen = HashSet::new();
    if variables.len() > MAX_VARIABLES {
        refuse("at most 100")
    } else if variables.iter().map(|one| one.name.as_str().len() + one.value.expose().len()).sum::<usize>() > MAX_ENVIRONMENT_BYTES {
        refuse("at most 32 KiB together")
    } else if !variables.iter().all(|one| seen.insert(&one.name)) {
        refuse("one is named twice")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_change_how_a_program_is_started_are_refused() {
        for right in ["A", "DATABASE_URL", "NODE_ENV", "_X1", "LDAP_HOST", "PATHS"] {
            assert!(VariableName::new(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "a",
            "1A",
            "A B",
            "A=B",
            "A-B",
            "A\n",
            "Ä",
            "PORT",
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "NODE_OPTIONS",
            "PHP_INI_SCAN_DIR",
            "HTTP_PROXY",
            "SCRIPT_FILENAME",
            "NOTIFY_SOCKET",
            &"A".repeat(65),
        ] {
            assert!(VariableName::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_hidden_and_of_a_form_that_is_carried_exactly() {
        for right in ["", " ", "a\nb\t", "'\"$`\\#;%", "\u{e9}\u{202e}\u{1f980}", &"x".repeat(4096)] {
            assert!(VariableValue::new(right).is_ok());
        }
        for wrong in ["a\0b", "\r", "\u{7f}", "\u{ffff}", "\u{fdd0}", &"x".repeat(4097)] {
            assert!(VariableValue::new(wrong).is_err(), "{wrong:?}");
        }
        assert!(!format!("{:?}", VariableValue::new("opensesame").unwrap()).contains("sesame"));
    }

    #[test]
    fn a_site_has_no_more_than_can_be_handed_over() {
        let one =
            |name: String, length: usize| Variable { name: VariableName::new(name).unwrap(), value: VariableValue::new("x".repeat(length)).unwrap() };
        let many = |count: usize, length| (0..count).map(|at| one(format!("V{at}"), length)).collect::<Vec<_>>();
        assert!(check(&many(100, 10)).is_ok() && check(&many(101, 10)).is_err());
        assert!(check(&many(8, 4000)).is_ok() && check(&many(9, 4000)).is_err());
        assert!(check(&[one("A".into(), 1), one("A".into(), 2)]).is_err());
    }
}
