//! Letters about signing in.

use engine::mail::Letter;
use serde::Serialize;

/// To somebody who cannot sign in.
#[derive(Serialize)]
pub(crate) struct PasswordReset {
    /// The single-use link that sets a new password.
    pub(crate) link: String,
    /// How long the link works, in words.
    pub(crate) valid: String,
}

impl Letter for PasswordReset {
    const TEMPLATE: &'static str = "password_reset";
    const TEXT: &'static str = include_str!("templates/password_reset.txt");
    const HTML: &'static str = include_str!("templates/password_reset.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: reset your password")
    }
}
