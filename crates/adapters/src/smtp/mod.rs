//! Outgoing mail.

mod lettre_mailer;

pub use lettre_mailer::SmtpMailer;

use async_trait::async_trait;

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its id; becomes the Message-ID, so that a repeat can be seen as one.
    pub id: model::ids::MailId,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Text part.
    pub text: String,
    /// HTML part.
    pub html: String,
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Trying again later can help.
    #[error("{0}")]
    Later(String),
    /// Trying again cannot help.
    #[error("{0}")]
    Never(String),
}

/// A mail server.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Hands a mail over.
    ///
    /// # Errors
    /// Whether trying again can help, and the server's words.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
