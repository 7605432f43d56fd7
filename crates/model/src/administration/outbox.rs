//! Mail that mPanel has sent, keeps or still tries to send.

use crate::{Time, ids::MailId};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// State of a mail.
    MailStatus {
        /// Waits to be sent.
        Queued = "QUEUED",
        /// Taken by the mail server.
        Sent = "SENT",
        /// Kept here, because no mail server is configured.
        Kept = "KEPT",
        /// Given up.
        Failed = "FAILED",
    }
}

/// A mail in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MailRow {
    /// The mail.
    pub id: MailId,
    /// Which template.
    pub template: String,
    /// To whom.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its state.
    pub status: MailStatus,
    /// How often sending was tried.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: Time,
    /// When it was sent.
    pub sent_at: Option<Time>,
}

/// A mail, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MailView {
    /// As in the list.
    pub mail: MailRow,
    /// The text part.
    pub text: String,
}
