//! Notices about overdue invoices: each is sent once for an invoice.

use super::{letters, queries};
use db::SystemTx;
use engine::{Result, Services};
use model::{
    Time,
    billing::dunning::DunningNotice,
    ids::{InvoiceId, TenantId},
};
use uuid::Uuid;

/// What a notice is about.
pub(crate) struct NoticeContext<'a> {
    pub tenant: TenantId,
    pub invoice: InvoiceId,
    pub number: &'a str,
    /// What is left to pay.
    pub amount: String,
    /// The plan that is paid for.
    pub product: &'a str,
    pub suspends_at: Time,
    pub terminates_at: Time,
}

/// Sends a notice, unless it was sent before. Answers whether it was sent now.
pub(crate) async fn notify(services: &Services, tx: &mut SystemTx, notice: DunningNotice, about: &NoticeContext<'_>) -> Result<bool> {
    if !queries::insert(tx.conn(), Uuid::now_v7(), about.tenant, about.invoice, notice, services.now()).await? {
        return Ok(false);
    }
    let is_paid = notice == DunningNotice::Reinstated;
    let bank = if is_paid { None } else { queries::bank_of(tx.conn(), about.invoice).await? };
    let write = |portal: &str| letters::Notice {
        title: letters::title(notice, about.number),
        text: letters::text(notice, about),
        invoice: about.number.to_owned(),
        amount: about.amount.clone(),
        is_paid,
        transfer: bank.map(letters::Transfer::to),
        link: format!("{portal}/invoices/{}", about.invoice),
    };
    crate::letters::send(services, tx, about.tenant, write).await?;
    Ok(true)
}
