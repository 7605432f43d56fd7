//! Refunds of a credit note, for staff.

use super::server_fns::{RefundCreditNote, list_refunds};
use app_kit::prelude::*;
use model::{
    billing::payments::{RefundStatus, RefundView, Refunds},
    ids::InvoiceId,
    permission::BillingManage,
};

/// The panel on a credit note's page: what was refunded, and the button for the rest.
#[component]
pub fn RefundsPanel(
    /// The credit note.
    id: InvoiceId,
) -> impl IntoView {
    let data = fetch(|| (), move |()| list_refunds(id));
    view! { <Load data view=move |found: Refunds| view! { <Found id found/> }/> }
}

#[component]
fn Found(id: InvoiceId, found: Refunds) -> impl IntoView {
    type C = Col<RefundView>;
    let may_refund = use_viewer().is_some_and(|viewer| viewer.holds::<BillingManage>());
    let state = |refund: &RefundView| match refund.status {
        RefundStatus::Pending => (State::Working, "In progress".to_owned()),
        RefundStatus::Succeeded => (State::Ok, "Refunded".to_owned()),
        RefundStatus::Failed => (State::Failing, format!("Failed: {}", refund.failure_code.as_deref().unwrap_or("unknown").replace('_', " "))),
    };
    let columns = vec![C::at("Time", |refund| refund.created_at), C::state("Status", state), C::number("Amount", |refund| refund.amount)];
    let number = found.number.clone();
    let button = found.refundable.filter(|_| may_refund).map(|amount| {
        let what = format!("{amount} goes back to the card that paid the invoice, and is no longer account credit. This can't be undone.");
        let ask = Ask::new(format!("Refund {amount}?"), what).typed(number.clone()).label("Refund");
        view! { <ActionButton call=RefundCreditNote { id, confirm_name: String::new() } label=format!("Refund {amount} to card") kind=Kind::DangerOutline ask/> }
    });
    let rows = Live::new(found.refunds);
    view! {
        <Panel title="Refunds to card" flush=true>
            <Rows label="Refunds" columns key=|refund| refund.id.to_string() rows empty="Nothing refunded. The credit is used for the next invoice."/>
            {button.map(|button| view! { <div class="p-4">{button}</div> })}
        </Panel>
    }
}
