//! Outgoing email.

mod lettre_mailer;

pub use lettre_mailer::SmtpMailer;

use async_trait::async_trait;

/// An email to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Id; becomes the Message-ID, so that repeats can be recognized.
    pub id: model::ids::MailId,
    /// Sender.
    pub from: String,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Text part.
    pub text: String,
    /// HTML part.
    pub html: String,
    /// A file that goes with it.
    pub attachment: Option<MailFile>,
}

/// A file that goes with an email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailFile {
    /// Its name.
    pub name: String,
    /// Its content type.
    pub content_type: &'static str,
    /// What is in it.
    pub body: Vec<u8>,
}

/// Why an email was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Temporary failure: retry later.
    #[error("{0}")]
    Later(String),
    /// Permanent failure: do not retry.
    #[error("{0}")]
    Never(String),
}

/// Sends emails.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Sends an email.
    ///
    /// # Errors
    /// [`MailError`] with the server's message, temporary or permanent.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
