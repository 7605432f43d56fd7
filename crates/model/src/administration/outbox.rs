//! Outgoing email.

use crate::{Time, ids::MailId};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// An outgoing email.
        MailId,
    }
    permissions {
        /// View the email log. Its links can sign users in, including admins.
        OutboxRead "outbox:read" read [SUPER_ADMIN];
    }
    audit {
        /// An email was queued.
        MailQueued = "MAIL_QUEUED",
    }
}

crate::text_enum! {
    /// Status of an email.
    MailStatus {
        /// Waiting to be sent.
        Queued = "QUEUED",
        /// Accepted by the SMTP server.
        Sent = "SENT",
        /// Stored only, because no SMTP server is configured.
        Kept = "KEPT",
        /// Failed permanently.
        Failed = "FAILED",
    }
}

/// An email in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MailRow {
    /// The email.
    pub id: MailId,
    /// Name of the template.
    pub template: String,
    /// Recipient.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its status.
    pub status: MailStatus,
    /// Number of attempts to send it.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was created.
    pub created_at: Time,
    /// When it was sent.
    pub sent_at: Option<Time>,
}

/// An email in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MailView {
    /// The same data as in the list.
    pub mail: MailRow,
    /// The text part.
    pub text: String,
    /// Name of the attached file.
    pub attachment: Option<String>,
}
