//! Sends emails over SMTP.

use super::{Mail, MailError, Mailer};
use async_trait::async_trait;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Attachment, Mailbox, MultiPart, header::ContentType},
    transport::smtp::Error as SmtpError,
};
use std::time::Duration;

/// An SMTP server. Connections are pooled.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl SmtpMailer {
    /// `smtps://user:password@mail.example:465`, or `smtp://mail.example:587?tls=required` for STARTTLS;
    /// without `tls` a plain `smtp://` is not encrypted.
    ///
    /// # Errors
    /// [`MailError::Never`] if the URL is invalid. The message does not repeat it, because it may contain a password.
    pub fn from_url(url: &str) -> Result<Self, MailError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| MailError::Never("invalid SMTP URL; expected smtps://user:password@host:port".to_owned()))?;
        Ok(Self { transport: builder.timeout(Some(Duration::from_secs(30))).build() })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = message(mail)?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| outcome(&error))
    }
}

/// 5xx is permanent; everything else (4xx, connection, TLS, timeout) is temporary.
fn outcome(error: &SmtpError) -> MailError {
    if error.is_permanent() { MailError::Never(error.to_string()) } else { MailError::Later(error.to_string()) }
}

/// The MIME message: text and HTML as alternatives, beside them a file if there is one, and a Message-ID that is the same for every attempt.
pub(super) fn message(mail: &Mail) -> Result<Message, MailError> {
    let from = mailbox(&mail.from)?;
    // A line break would start another header. lettre encodes it, but our subjects never contain one.
    if mail.subject.chars().any(char::is_control) {
        return Err(MailError::Never("the subject has control characters".to_owned()));
    }
    let letter = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    let body = match &mail.attachment {
        None => letter,
        Some(file) => {
            let kind = ContentType::parse(file.content_type).map_err(|error| MailError::Never(error.to_string()))?;
            MultiPart::mixed().multipart(letter).singlepart(Attachment::new(file.name.clone()).body(file.body.clone(), kind))
        }
    };
    let id = format!("<{}@{}>", mail.id.0.simple(), from.email.domain());
    Message::builder()
        .from(from)
        .to(Mailbox::new(None, address(&mail.to)?))
        .subject(&mail.subject)
        .message_id(Some(id))
        .date_now()
        .multipart(body)
        .map_err(|error| MailError::Never(error.to_string()))
}

fn mailbox(text: &str) -> Result<Mailbox, MailError> {
    if text.chars().any(char::is_control) {
        return Err(MailError::Never("the sender has control characters".to_owned()));
    }
    text.parse().map_err(|_| MailError::Never("the sender is not an email address".to_owned()))
}

fn address(text: &str) -> Result<Address, MailError> {
    text.parse().map_err(|_| MailError::Never("the recipient is not an email address".to_owned()))
}

#[cfg(test)]
#[path = "lettre_mailer_tests.rs"]
mod tests;
