//! Cards that are saved for later charges.

use model::{ids::CardSetupId, money::Currency};
use std::{fmt, str::FromStr};

/// Before the id of a page that saves a card.
const CARD: &str = "card_";

/// A card that the provider has saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedMethod {
    /// The provider's name of it.
    pub provider_ref: String,
    /// Brand: `Visa`.
    pub brand: String,
    /// Last four digits.
    pub last4: String,
    /// Month of expiry, 1 to 12.
    pub expires_month: i32,
    /// Year of expiry.
    pub expires_year: i32,
    /// ISO 3166 code of the country of the bank that gave it, if the provider says it.
    pub country: Option<String>,
}

/// A page that saves a card without a payment.
#[derive(Clone, Debug)]
pub struct SetupRequest {
    /// The page; returned in the webhook.
    pub reference: SetupReference,
    /// The currency that the account is invoiced in.
    pub currency: Currency,
    /// Email address of the account, where the provider does not know it yet.
    pub email: String,
    /// URL that the customer returns to, with a card or without.
    pub return_url: String,
    /// A card that the account has saved; this one is saved beside it.
    pub saved_method: Option<String>,
    /// The present moment, in seconds since 1970.
    pub now: i64,
    /// How long the page is needed, in seconds.
    pub lifetime: i64,
}

/// A page that saves a card, as the provider hands it back: `card_` and its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupReference(pub CardSetupId);

impl fmt::Display for SetupReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CARD}{}", self.0)
    }
}

/// It is no such reference.
#[derive(Debug, thiserror::Error)]
#[error("not a reference")]
pub struct NotASetup;

impl FromStr for SetupReference {
    type Err = NotASetup;

    fn from_str(text: &str) -> Result<Self, NotASetup> {
        text.strip_prefix(CARD).and_then(|id| id.parse().ok()).map(Self).ok_or(NotASetup)
    }
}
