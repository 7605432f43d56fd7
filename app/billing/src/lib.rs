//! Area billing: plans and checkout for the public, products, subscriptions, invoices and payments.

pub mod bank_statements;
pub mod checkout;
pub mod coupons;
pub mod domain_prices;
pub mod dunning;
pub mod invoices;
pub mod mismatches;
pub mod overview;
pub mod payment_log;
pub mod payments;
pub mod products;
pub mod profiles;
pub mod registrations;
pub mod revenue;
pub mod subscriptions;
pub mod tax;

/// The items of this area in the admin's navigation.
pub const NAV: &[app_kit::shell::NavEntry] = &[
    products::NAV,
    coupons::NAV,
    subscriptions::NAV,
    invoices::NAV,
    payment_log::NAV,
    bank_statements::NAV,
    revenue::NAV,
    dunning::NAV,
    tax::NAV,
    mismatches::NAV,
];

/// `VAT 19 %`, from hundredths of a percent.
pub(crate) fn tax_label(rate_bp: i32) -> String {
    format!("VAT {}.{:02} %", rate_bp / 100, rate_bp % 100).replace(".00 ", " ")
}

/// How a payment's status is shown.
pub(crate) const fn payment_state(status: model::billing::payments::PaymentStatus) -> app_kit::prelude::State {
    use app_kit::prelude::State;
    use model::billing::payments::PaymentStatus;
    match status {
        PaymentStatus::Pending | PaymentStatus::Processing => State::Working,
        PaymentStatus::ActionRequired => State::Warning,
        PaymentStatus::Succeeded => State::Ok,
        PaymentStatus::Failed | PaymentStatus::Returned => State::Failing,
    }
}
