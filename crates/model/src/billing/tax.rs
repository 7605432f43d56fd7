//! Tax on sales.

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
