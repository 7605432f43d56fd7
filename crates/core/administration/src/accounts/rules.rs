//! What a person types: addresses, names, passwords.

use engine::{Error, Result};
use model::{administration::accounts::PASSWORD_MIN, error::FieldError};
use wire::Email;

/// Longest password that is taken, in characters: longer ones only cost work.
pub const PASSWORD_MAX: usize = 128;

/// The address as it is stored: trimmed and lowercase.
///
/// # Errors
/// On field `email`, when it is none.
pub fn email(typed: &str) -> Result<Email> {
    Email::new(typed.trim().to_ascii_lowercase()).map_err(|_| Error::field("email", "Enter a valid email address."))
}

/// What is wrong with a new password, on field `password`.
pub fn password_fault(password: &str, email: &str) -> Option<FieldError> {
    let length = password.chars().count();
    let message = if length < PASSWORD_MIN {
        format!("Use at least {PASSWORD_MIN} characters.")
    } else if length > PASSWORD_MAX {
        format!("Use at most {PASSWORD_MAX} characters.")
    } else if password.trim().eq_ignore_ascii_case(email) {
        "Your password can't be your email address.".to_owned()
    } else {
        return None;
    };
    Some(FieldError { field: "password".to_owned(), message })
}

/// What is wrong with a name, on field `name`. It may be empty.
pub fn name_fault(name: &str) -> Option<FieldError> {
    let message = if name.chars().count() > 200 {
        "Use at most 200 characters."
    } else if name.chars().any(char::is_control) {
        "Use a single line of text."
    } else {
        return None;
    };
    Some(FieldError { field: "name".to_owned(), message: message.to_owned() })
}
