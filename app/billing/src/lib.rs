//! Area billing: plans and checkout for the public, products, subscriptions, invoices and payments.

pub mod checkout;
pub mod coupons;
pub mod dunning;
pub mod invoices;
pub mod mismatches;
pub mod payment_log;
pub mod payments;
pub mod products;
pub mod profiles;
pub mod revenue;
pub mod subscriptions;

/// The items of this area in the admin's navigation.
pub const NAV: &[app_kit::shell::NavEntry] =
    &[products::NAV, coupons::NAV, subscriptions::NAV, invoices::NAV, payment_log::NAV, revenue::NAV, dunning::NAV, mismatches::NAV];

/// `VAT 19 %`, from hundredths of a percent.
pub(crate) fn tax_label(rate_bp: i32) -> String {
    format!("VAT {}.{:02} %", rate_bp / 100, rate_bp % 100).replace(".00 ", " ")
}
