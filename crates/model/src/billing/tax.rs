//! Tax on sales.

use crate::Time;
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// Why an invoice has its tax rate.
    TaxTreatment {
        /// The customer is in the seller's country.
        Domestic = "DOMESTIC",
        /// A consumer in another EU country, at that country's rate (One Stop Shop).
        OneStopShop = "OSS",
        /// A consumer in another EU country, at the seller's rate.
        SellerRate = "SELLER_RATE",
        /// A business in another EU country, which accounts for the tax itself.
        ReverseCharge = "REVERSE_CHARGE",
        /// The place of supply is outside the seller's tax territory.
        OutsideScope = "OUTSIDE_SCOPE",
    }
}

impl TaxTreatment {
    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            TaxTreatment::Domestic => "Domestic",
            TaxTreatment::OneStopShop => "EU consumer, customer's rate (OSS)",
            TaxTreatment::SellerRate => "EU consumer, seller's rate",
            TaxTreatment::ReverseCharge => "Reverse charge",
            TaxTreatment::OutsideScope => "Outside the scope of tax",
        }
    }
}

crate::text_enum! {
    /// What a piece of evidence of a customer's place is.
    EvidenceKind {
        /// The country of the billing address.
        Address = "ADDRESS",
        /// The country of the bank that gave the card.
        Card = "CARD",
        /// A VAT number that VIES has confirmed.
        VatNumber = "VAT_NUMBER",
        /// The country of the network address that was ordered from.
        Network = "NETWORK",
    }
}

impl EvidenceKind {
    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            EvidenceKind::Address => "Billing address",
            EvidenceKind::Card => "Card",
            EvidenceKind::VatNumber => "VAT number",
            EvidenceKind::Network => "Network address",
        }
    }
}

/// A piece of evidence of a customer's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TaxEvidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// ISO 3166 code.
    pub country: String,
    /// VAT number and VIES' consultation number, where it is those.
    pub reference: String,
    /// When it was so.
    pub observed_at: Time,
}

/// The standard rate of a country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CountryRate {
    /// ISO 3166 code.
    pub country: String,
    /// Hundredths of a percent.
    pub rate_bp: i32,
    /// The first day that it applied on, or the first one of the table.
    pub since: Time,
}

/// How sales are taxed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TaxOverview {
    /// ISO 3166 code of the seller's country.
    pub seller_country: String,
    /// The seller's tax number; may be empty.
    pub seller_number: String,
    /// Whether that is a VAT number of the seller's country, which reverse charge needs.
    pub has_vat_number: bool,
    /// Whether the seller is in the EU.
    pub is_in_eu: bool,
    /// What customers in the seller's country are charged today, in hundredths of a percent.
    pub own_rate_bp: i32,
    /// Consumers in other EU countries are charged the seller's rate, not their country's.
    pub charges_own_rate_in_eu: bool,
    /// Standard rates of the EU's countries today.
    pub rates: Vec<CountryRate>,
}
