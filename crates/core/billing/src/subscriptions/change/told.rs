//! Mail about a change that was to be paid: its invoice once it is made, and the credit note where it is not. The invoice is not mailed before,
//! since it is credited where the payment fails.

use super::{
    super::{
        letters::{ChangeInvoiced, ChangeNotMade},
        queries::{self, Plan},
    },
    AgreedChange,
};
use crate::{
    documents,
    invoices::{self, Issued},
    letters,
};
use db::SystemTx;
use engine::{Result, Services};
use model::{ids::InvoiceId, money::Money};

/// Mails the invoice of a change that was paid and made.
pub(super) async fn made(services: &Services, tx: &mut SystemTx, plan: &Plan, agreed: &AgreedChange, invoice: InvoiceId) -> Result<()> {
    // Its name after the change.
    let present = queries::plan_by_id(tx.conn(), plan.id).await?;
    let product = present.map_or_else(|| plan.product_name.clone(), |present| present.product_name);
    let issued = invoices::as_issued(tx.conn(), invoice).await?.invoice;
    let text = if agreed.reactivates {
        format!("{product} was reactivated. Its CloudPods are being brought back online.")
    } else {
        format!("Your subscription was changed as you confirmed. Its plan is now {product}.")
    };
    let write = |portal: &str| ChangeInvoiced {
        document: documents::attachment(issued.id, &issued.number),
        text,
        product,
        invoice: issued.number.clone(),
        amount: issued.total.to_string(),
        carried: (issued.open.minor > 0).then(|| issued.open.to_string()),
        link: format!("{portal}/invoices/{}", issued.id),
    };
    letters::send(services, tx, plan.tenant_id, write).await?;
    for note in &agreed.credit_notes {
        invoices::send_credit_note(services, tx, *note).await?;
    }
    Ok(())
}

/// Mails that a change was not paid, or could no longer be made once it was; `note` credits its invoice.
pub(super) async fn not_made(
    services: &Services,
    tx: &mut SystemTx,
    plan: &Plan,
    agreed: &AgreedChange,
    invoice: InvoiceId,
    note: &Issued,
    is_paid: bool,
) -> Result<()> {
    let product = &plan.product_name;
    let title = format!("{product} was not {}", if agreed.reactivates { "reactivated" } else { "changed" });
    let why = if is_paid {
        "because this was no longer possible. Your payment was added to your account credit. If you have questions, contact support."
    } else {
        "because the payment was not made. You owe nothing for it."
    };
    let number = invoices::as_issued(tx.conn(), invoice).await?.invoice.number;
    let write = |portal: &str| ChangeNotMade {
        document: documents::attachment(note.id, &note.number),
        text: format!("{title}, {why}"),
        title,
        invoice: number,
        credit_note: note.number.clone(),
        amount: Money::new(-note.total.minor, note.total.currency).to_string(),
        link: format!("{portal}/invoices/{}", note.id),
    };
    letters::send(services, tx, plan.tenant_id, write).await
}
