//! Tax on sales.
//!
//! - One function decides ([`decide`]): checkout, renewals and changes of plan ask it, and the invoice stores what it said.
//! - The rate is the standard one on the tax point: the day of the invoice, or the first day of the period for renewals.
//! - A seller in the EU charges customers in their own country its rate, consumers in another EU country that country's (One Stop Shop) or,
//!   where so configured, their own, and customers outside the EU none. A business in another EU country with a confirmed VAT number accounts
//!   for the tax itself (reverse charge), if the seller has a VAT number too.
//! - Customers outside the EU whose card is from a country in the EU are charged as consumers there, unless they have a confirmed VAT number.
//! - A seller elsewhere charges customers in their own country the configured rate, and others none.
//! - Each invoice keeps evidence of the customer's place ([`evidence`]).
//! - Regions with rates of their own (the Canary Islands, Madeira, Corsica and the like) are not told apart.

pub(crate) mod evidence;
#[cfg(test)]
mod peers;
mod queries;
mod rates;
#[cfg(test)]
mod tests;
mod vat_number;

pub use vat_number::VatNumber;

use db::PlatformRead;
use engine::{Services, settings::Settings};
use model::{
    Time,
    billing::tax::{CountryRate, TaxOverview, TaxTreatment},
    country,
    permission::BillingRead,
};

/// What an invoice says about tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaxDecision {
    /// Hundredths of a percent.
    pub rate_bp: i32,
    /// Why this rate.
    pub treatment: TaxTreatment,
    /// What the law wants on the invoice; may be empty.
    pub note: String,
}

impl TaxDecision {
    /// With the note that belongs to the treatment.
    pub fn new(settings: &Settings, treatment: TaxTreatment, rate_bp: i32) -> Self {
        Self { rate_bp, treatment, note: note(settings, treatment) }
    }
}

/// Whether this country's rates stand in the table; the seller's own rate must be configured otherwise.
pub fn is_in_table(country: &str) -> bool {
    rates::contains(country)
}

/// How sales are taxed, for staff.
pub fn overview(services: &Services, _tx: &mut impl PlatformRead<BillingRead>) -> TaxOverview {
    let (settings, now) = (&services.settings, services.now());
    let home = &settings.seller.country;
    let rate = |rate: &rates::Rate| CountryRate {
        country: rate.country.to_owned(),
        rate_bp: rate.rate_bp,
        since: rate.from.and_time(chrono::NaiveTime::MIN).and_utc(),
    };
    TaxOverview {
        seller_country: home.clone(),
        seller_number: settings.seller.tax_number.clone(),
        has_vat_number: VatNumber::parse(&settings.seller.tax_number, home).is_ok(),
        is_in_eu: is_in_table(home),
        own_rate_bp: decide(settings, home, None, now).rate_bp,
        charges_own_rate_in_eu: settings.eu_consumers_at_own_rate,
        rates: rates::on(now.date_naive()).map(rate).collect(),
    }
}

/// The tax for a customer in this country, with this VAT number if it was confirmed, on this tax point.
pub(crate) fn decide(settings: &Settings, country: &str, confirmed_vat_number: Option<&str>, tax_point: Time) -> TaxDecision {
    let day = tax_point.date_naive();
    let home = settings.seller.country.as_str();
    let own_rate = rates::standard(home, day).or(settings.tax_rate_bp).unwrap_or_default();
    let has_both_numbers = confirmed_vat_number.is_some() && VatNumber::parse(&settings.seller.tax_number, home).is_ok();
    let (treatment, rate_bp) = match rates::standard(country, day) {
        _ if rates::territory(country) == rates::territory(home) => (TaxTreatment::Domestic, own_rate),
        None => (TaxTreatment::OutsideScope, 0),
        Some(_) if !rates::contains(home) => (TaxTreatment::OutsideScope, 0),
        Some(_) if has_both_numbers => (TaxTreatment::ReverseCharge, 0),
        Some(_) if settings.eu_consumers_at_own_rate => (TaxTreatment::SellerRate, own_rate),
        Some(rate) => (TaxTreatment::OneStopShop, rate),
    };
    TaxDecision::new(settings, treatment, rate_bp)
}

/// As [`decide`], with the country of the customer's card as well. Without a confirmed VAT number, an address outside the EU alone makes no sale
/// of an EU seller free of tax: when the card is from a country in the EU, its consumers' tax applies.
pub(crate) fn decide_with_card(
    settings: &Settings,
    country: &str,
    confirmed_vat_number: Option<&str>,
    card_country: Option<&str>,
    tax_point: Time,
) -> TaxDecision {
    let decision = decide(settings, country, confirmed_vat_number, tax_point);
    match card_country {
        Some(card) if decision.treatment == TaxTreatment::OutsideScope && confirmed_vat_number.is_none() && rates::contains(card) => {
            decide(settings, card, None, tax_point)
        }
        _ => decision,
    }
}

fn note(settings: &Settings, treatment: TaxTreatment) -> String {
    match treatment {
        TaxTreatment::Domestic | TaxTreatment::OneStopShop | TaxTreatment::SellerRate => String::new(),
        TaxTreatment::ReverseCharge => {
            "Reverse charge: the customer accounts for the VAT (Articles 44 and 196 of Council Directive 2006/112/EC).".to_owned()
        }
        TaxTreatment::OutsideScope if rates::contains(&settings.seller.country) => {
            "No VAT: the place of supply is outside the European Union (Articles 44 and 58 of Council Directive 2006/112/EC).".to_owned()
        }
        TaxTreatment::OutsideScope => format!("No tax: the place of supply is outside {}.", country::name(&settings.seller.country)),
    }
}
