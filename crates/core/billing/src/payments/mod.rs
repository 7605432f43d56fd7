//! Payments: saved cards, charges of them, pages that pay an invoice, and transfers that staff record.
//!
//! - A charge is stored before the provider is asked, with the key that the provider knows it by. Whoever finds it pending asks again with the
//!   same key: it is carried out once, whoever died in between.
//! - A charge may wait, for the customer (who confirms it with the bank) or for the provider. It is told of by a message, or found by asking.
//! - A payment goes to its invoice through the ledger. What is too much pays what else the account owes by then, and becomes
//!   credit; nothing is applied twice.

mod cards;
mod charge;
mod collect;
mod customer;
#[cfg(test)]
mod dispute_tests;
mod disputes;
mod expiry;
mod letters;
mod manual;
mod queries;
mod reconcile;
mod refund;
mod returned;
mod session;
mod setup;
#[cfg(test)]
mod stripe_tests;
#[cfg(test)]
pub(crate) mod tests;
mod waiting;

pub use cards::{list, make_default, remove};
pub(crate) use charge::{History, PendingCharge, charge_changed, create_charge, execute_charge, history, pending_of_subscription, unsettled_charge};
pub(crate) use collect::{next_open, takes, to_charge};
pub(crate) use disputes::dispute_changed;
pub use manual::record_transfer;
pub use refund::{refund, refunds};
pub(crate) use refund::{refund_by_itself, refund_changed};
pub(crate) use returned::take_back;
pub(crate) use session::{ReceiveOutcome, declined, paid};
pub use session::{open_payment_page, sandbox_decide, session_page};
pub(crate) use setup::card_saved;
pub use setup::open_card_page;
pub use waiting::confirm_page;
pub(crate) use waiting::{Waiting, give_up, waiting_for};

use crate::{invoices, ledger};
use adapters::payments::Payments;
use db::{AuditEvent, SystemTx};
use engine::{
    Result, Services,
    reconcile::{Reconciler, touch},
};
use model::{
    Time,
    audit_action::AuditAction,
    billing::payments::{PaymentMethodStatus, PaymentMethodView},
    ids::{InvoiceId, PaymentId, PaymentMethodId, TenantId},
    money::Money,
};
use sqlx::PgConnection;

/// Provider of transfers that staff record.
pub(crate) const MANUAL: &str = "manual";

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::SavedCards>();
    modules.reconcilers.add::<waiting::WaitingPayments>();
    modules.reconcilers.add::<refund::PendingRefunds>();
    modules.reconcilers.add::<expiry::CardExpiry>();
    modules.reconcilers.add::<customer::PaymentCustomers>();
}

/// Money that has come in.
pub(crate) struct IncomingPayment<'a> {
    pub tenant: TenantId,
    /// What it is for; a transfer may be for the account.
    pub invoice: Option<InvoiceId>,
    pub provider: &'a str,
    /// The provider's name of the payment; its card is asked for by it.
    pub provider_ref: Option<&'a str>,
    pub amount: Money,
    pub at: Time,
}

/// Stores a payment that was not asked for by a charge: from a payment page, or a transfer. Nothing happens when the provider's payment is
/// known already.
pub(crate) async fn receive(tx: &mut SystemTx, received: &IncomingPayment<'_>) -> Result<Option<PaymentId>> {
    ledger::lock(tx.conn(), received.tenant).await?;
    let Some(id) = queries::insert_received(tx.conn(), received).await? else { return Ok(None) };
    if received.provider != MANUAL && received.provider_ref.is_some() {
        touch(tx.conn(), reconcile::SavedCards::NAME, id.0, received.at).await?;
    }
    apply(tx, received.tenant, id, received.invoice, received.amount, received.at).await?;
    Ok(Some(id))
}

/// Whether the provider's payment was stored before.
pub(crate) async fn is_known(tx: &mut SystemTx, provider: &str, payment_ref: &str) -> Result<bool> {
    Ok(queries::is_known(tx.conn(), provider, payment_ref).await?)
}

/// Puts a payment that succeeded into the ledger, uses it for its invoice, and records it. The account is locked.
async fn apply(tx: &mut SystemTx, tenant: TenantId, payment: PaymentId, invoice: Option<InvoiceId>, amount: Money, at: Time) -> Result<()> {
    let entry = ledger::pay(tx.conn(), tenant, payment, amount, at).await?;
    let mut used = match invoice {
        Some(invoice) => ledger::allocate(tx.conn(), tenant, entry, invoice, at).await?,
        None => 0,
    };
    if used < amount.minor {
        // What was carried, and whatever else the account owes by now.
        for other in invoices::due_of_account(tx.conn(), tenant, amount.currency, at).await? {
            let more = ledger::allocate(tx.conn(), tenant, entry, other, at).await?;
            if more > 0 {
                used += more;
                invoices::note_if_paid(tx, other, at).await?;
            }
        }
    }
    if used < amount.minor && invoice.is_some() {
        // It came twice, or is too large: staff see it on the dashboard.
        queries::set_excess(tx.conn(), payment, amount.minor - used).await?;
    }
    let event = match invoice {
        Some(invoice) => AuditEvent::new(AuditAction::PaymentReceived, "invoice", invoice, queries::invoice_number(tx.conn(), invoice).await?),
        None => AuditEvent::new(AuditAction::PaymentReceived, "tenant", tenant, queries::account_name(tx.conn(), tenant).await?),
    };
    tx.record(event.in_tenant(tenant).after(serde_json::json!({
        "payment": payment,
        "amount": amount.to_string(),
        "to_account_credit": Money::new(amount.minor - used, amount.currency).to_string(),
    })));
    if let Some(invoice) = invoice {
        invoices::note_if_paid(tx, invoice, at).await?;
    }
    Ok(())
}

/// Cards of an account that can be charged, the one to charge first on top.
pub(crate) async fn usable(services: &Services, conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<PaymentMethodId>> {
    let provider = services.part::<dyn Payments>().name();
    let methods = cards::views(queries::methods(conn, tenant, provider).await?);
    Ok(methods.into_iter().filter(|method| method.status == PaymentMethodStatus::Active).map(|method| method.id).collect())
}

/// The card of an account that is charged first.
pub(crate) async fn default_method(services: &Services, conn: &mut PgConnection, tenant: TenantId) -> Result<Option<PaymentMethodView>> {
    let provider = services.part::<dyn Payments>().name();
    Ok(cards::views(queries::methods(conn, tenant, provider).await?).into_iter().find(|method| method.is_default))
}

/// Why the last attempt on an invoice was declined, in the provider's word.
pub(crate) async fn last_decline(conn: &mut PgConnection, invoice: InvoiceId) -> Result<Option<String>> {
    Ok(queries::last_decline(conn, invoice).await?)
}
