//! Letters about invoices that are to be paid.

use super::NoticeContext;
use engine::{mail::Letter, text::day};
use model::billing::{dunning::DunningNotice, invoices::BankDetails};
use serde::Serialize;

/// About an overdue invoice.
#[derive(Serialize)]
pub(super) struct Notice {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) invoice: String,
    pub(super) amount: String,
    pub(super) is_paid: bool,
    /// Where it can be transferred to.
    pub(super) transfer: Option<Transfer>,
    /// The invoice's page.
    pub(super) link: String,
}

/// The seller's bank account, as on the invoice.
#[derive(Serialize)]
pub(super) struct Transfer {
    pub(super) holder: String,
    pub(super) iban: String,
    pub(super) bic: String,
}

impl Transfer {
    pub(super) fn to(bank: BankDetails) -> Self {
        Self { iban: bank.iban_in_groups(), holder: bank.holder, bic: bank.bic }
    }
}

impl Letter for Notice {
    const TEMPLATE: &'static str = "invoice_overdue";
    const TEXT: &'static str = include_str!("templates/notice.txt");
    const HTML: &'static str = include_str!("templates/notice.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {}", self.title)
    }
}

/// What a notice says first.
pub(super) fn title(notice: DunningNotice, number: &str) -> String {
    match notice {
        DunningNotice::PaymentFailed => format!("invoice {number} is overdue"),
        DunningNotice::SuspensionIn7 | DunningNotice::SuspensionIn3 | DunningNotice::SuspensionIn1 => {
            format!("invoice {number} is overdue, your service will be suspended")
        }
        DunningNotice::Suspended => format!("service suspended, invoice {number} is unpaid"),
        DunningNotice::TerminationIn14 | DunningNotice::TerminationIn7 | DunningNotice::TerminationIn1 => {
            format!("invoice {number} is unpaid, your service will be terminated")
        }
        DunningNotice::Terminated => format!("service terminated, invoice {number} is unpaid"),
        DunningNotice::Reinstated => format!("invoice {number} is paid"),
    }
}

/// What a notice says.
pub(super) fn text(notice: DunningNotice, about: &NoticeContext<'_>) -> String {
    let (product, suspends, terminates) = (about.product, day(about.suspends_at), day(about.terminates_at));
    match notice {
        DunningNotice::PaymentFailed => format!(
            "Invoice {} for {product} is due and hasn't been paid. Your service keeps running. If the invoice is still unpaid on {suspends}, the service is suspended.",
            about.number
        ),
        DunningNotice::SuspensionIn7 | DunningNotice::SuspensionIn3 | DunningNotice::SuspensionIn1 => {
            format!(
                "{product} is suspended on {suspends} unless the invoice is paid. Visitors then see a \"Temporarily unavailable\" page; your data is kept."
            )
        }
        DunningNotice::Suspended => {
            format!(
                "{product} is being taken offline. Your data is kept. The service comes back as soon as the invoice is paid. If it is unpaid on {terminates}, the service is terminated and its data is deleted after the grace period."
            )
        }
        DunningNotice::TerminationIn14 | DunningNotice::TerminationIn7 | DunningNotice::TerminationIn1 => {
            format!(
                "{product} is suspended. If the invoice is unpaid on {terminates}, the service is terminated and its data is deleted after the grace period."
            )
        }
        DunningNotice::Terminated => {
            format!("{product} is terminated. Its data is deleted after the grace period. Contact support at once if you want to keep it.")
        }
        DunningNotice::Reinstated => format!("Thank you for your payment. The suspension of {product} for non-payment is lifted."),
    }
}
