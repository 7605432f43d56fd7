//! Billing profiles: who is invoiced, where, and under which VAT number.

use super::tax::TaxTreatment;
use crate::{Time, ids::TenantId};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {}
    permissions {}
    audit {
        /// A billing profile was changed.
        BillingProfileUpdated = "BILLING_PROFILE_UPDATED",
        /// VIES confirmed a VAT number.
        VatNumberConfirmed = "VAT_NUMBER_CONFIRMED",
        /// VIES does not know a VAT number.
        VatNumberRejected = "VAT_NUMBER_REJECTED",
    }
}

crate::text_enum! {
    /// What is known of a VAT number.
    VatStatus {
        /// VIES has not answered yet.
        Pending = "PENDING",
        /// VIES has confirmed it.
        Confirmed = "CONFIRMED",
        /// VIES does not know it.
        Rejected = "REJECTED",
    }
}

/// What VIES has said about a VAT number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VatCheck {
    /// What is known.
    pub status: VatStatus,
    /// When VIES answered last.
    pub checked_at: Option<Time>,
    /// Consultation number of that answer; may be empty.
    pub consultation: String,
}

/// Who is invoiced from now on. Documents that were issued keep what they say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BillingProfile {
    /// The account.
    pub tenant: TenantId,
    /// Name of the account.
    pub account: String,
    /// Name of the person or company.
    pub name: String,
    /// Postal address, lines separated by line feeds; may be empty.
    pub address: String,
    /// ISO 3166 code.
    pub country: String,
    /// VAT number with its two letters; may be empty.
    pub vat_number: String,
    /// What is known of the number, if there is one.
    pub vat: Option<VatCheck>,
    /// Addresses that invoices and reminders go to.
    pub contacts: Vec<String>,
    /// Tax of an invoice that was issued now, in hundredths of a percent.
    pub tax_rate_bp: i32,
    /// Why this rate.
    pub tax_treatment: TaxTreatment,
}

/// A billing profile as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProfileInput {
    /// Name of the person or company.
    pub name: String,
    /// Postal address.
    pub address: String,
    /// ISO 3166 code.
    pub country: String,
    /// VAT number, with or without its letters; empty for none.
    pub vat_number: String,
    /// Addresses that invoices and reminders go to, one a line.
    pub contacts: String,
}
