//! Why a registry did not do it.

/// Why a registry did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrarError {
    /// It will not do this, however often it is asked.
    #[error("the registry refused ({code}): {reason}")]
    Refused {
        /// The result code of RFC 5730.
        code: u16,
        /// In the registry's words.
        reason: String,
    },
    /// The name cannot be registered: somebody else has it, or the registry keeps it back.
    #[error("the name is not available: {reason}")]
    NotAvailable {
        /// In the registry's words.
        reason: String,
    },
    /// The registry does not know the object.
    #[error("the registry does not know {name}")]
    NotFound {
        /// What it was asked for.
        name: String,
    },
    /// The registry does not respond or is out of order, or our account there is, and nothing of what it was asked is done.
    #[error("the registry does not respond: {reason}")]
    Temporary {
        /// In words.
        reason: String,
    },
    /// The session ended before the answer came: the registry may have done what it was asked.
    #[error("the registry's answer was lost: {reason}")]
    SessionLost {
        /// In words.
        reason: String,
    },
}

impl RegistrarError {
    /// Whether the same request may succeed later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Temporary { .. } | Self::SessionLost { .. })
    }

    /// In words for a result code that is not a success.
    pub(super) fn of_result(code: u16, reason: String, name: &str) -> Self {
        match code {
            2302 => Self::NotAvailable { reason },
            2303 => Self::NotFound { name: name.to_owned() },
            // The registry says of these itself that nothing was done; 2502 is its limit of sessions. 2104, no credit there, and 2200 and 2501, not
            // let in, are about our account: they say nothing about the domain, and end when somebody has put the account in order.
            2104 | 2200 | 2400 | 2500..=2502 => Self::Temporary { reason },
            _ => Self::Refused { code, reason },
        }
    }
}
