//! Tax on sales.

use engine::settings::Settings;

/// Tax rate for a buyer, in hundredths of a percent: buyers in the seller's country pay the tax, others none.
pub(crate) fn rate_bp(settings: &Settings, country: &str) -> i32 {
    if country == settings.seller.country { settings.tax_rate_bp } else { 0 }
}
