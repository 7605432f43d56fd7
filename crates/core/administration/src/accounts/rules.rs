//! What a person types: addresses, names, passwords.

use engine::{Error, Result};
use model::administration::accounts::PASSWORD_MIN;
use model::error::FieldError;
use wire::Email;

/// Longest password that is taken, in characters: longer ones only cost work.
pub const PASSWORD_MAX: usize = 128;

/// The address as it is stored: trimmed and lowercase.
///
/// # Errors
/// On field `email`, when it is none.
pub fn email(typed: &str) -> Result<Email> {
    Email::new(typed.trim().to_ascii_lowercase()).map_err(|_| Error::field("email", "Needs the form name@northpier.example."))
}

/// What is wrong with a new password, on field `password`.
pub fn password_fault(password: &str, email: &str) -> Option<FieldError> {
    let length = password.chars().count();
    let message = if length < PASSWORD_MIN {
        format!("Needs at least {PASSWORD_MIN} characters.")
    } else if length > PASSWORD_MAX {
        format!("Takes at most {PASSWORD_MAX} characters.")
    } else if password.trim().eq_ignore_ascii_case(email) {
        "Needs to be something else than the e-mail address.".to_owned()
    } else {
        return None;
    };
    Some(FieldError { field: "password".to_owned(), message })
}

/// What is wrong with a name, on field `name`. It may be empty.
pub fn name_fault(name: &str) -> Option<FieldError> {
    let message = if name.chars().count() > 200 {
        "Takes at most 200 characters."
    } else if name.chars().any(char::is_control) {
        "Takes letters and signs of one line only."
    } else {
        return None;
    };
    Some(FieldError { field: "name".to_owned(), message: message.to_owned() })
}
