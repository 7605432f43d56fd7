//! What lists and pages of invoices share, and what can be done with one.

use super::server_fns::{CreditInvoice, WriteOffInvoice};
use crate::payments::server_fns::{ConfirmPayment, PayInvoice, RecordTransfer};
use app_kit::{html_only::redirect, prelude::*};
use model::{
    billing::{
        invoices::{InvoiceKind, InvoiceRow, InvoiceStatus, InvoiceView},
        payments::PaymentStatus,
    },
    ids::InvoiceId,
    permission::BillingManage,
};

/// Status of an invoice or a credit note.
pub(crate) fn document_status(row: &InvoiceRow) -> (State, &'static str) {
    match (row.kind, row.status) {
        (InvoiceKind::CreditNote, _) => (State::Stopped, "Credit note"),
        (_, InvoiceStatus::Paid) => (State::Ok, "Paid"),
        (_, InvoiceStatus::Open) => (State::Warning, "Open"),
        (_, InvoiceStatus::Void) => (State::Stopped, "Void"),
        (_, InvoiceStatus::WrittenOff) => (State::Stopped, "Written off"),
    }
}

/// Address of the document as a file.
pub(crate) fn document_href(scope: &Scope, id: InvoiceId) -> String {
    match scope {
        Scope::Platform => format!("/api/admin/billing/invoices/document?id={id}"),
        Scope::Tenant(slug) => format!("/api/tenant/billing/invoices/document?slug={slug}&id={id}"),
    }
}

/// The document as a file.
#[component]
pub(crate) fn Download(row: InvoiceRow, scope: Scope) -> impl IntoView {
    let href = document_href(&scope, row.id);
    view! { <LinkButton href attr:download=format!("{}.pdf", row.number)>"Download PDF"</LinkButton> }
}

/// The buttons of an invoice.
#[component]
pub(crate) fn Actions(view: InvoiceView, scope: Scope) -> impl IntoView {
    let viewer = use_viewer();
    let (id, open) = (view.invoice.id, view.invoice.open);
    if view.invoice.kind == InvoiceKind::CreditNote {
        return ().into_any();
    }
    match scope {
        Scope::Tenant(slug) => {
            let can_pay = open.minor > 0 && viewer.is_some_and(|viewer| viewer.holds_in::<BillingManage>(&slug));
            let done = Callback::new(|url: String| redirect(&url));
            let is_to_confirm = can_pay && view.payments.iter().any(|payment| payment.status == PaymentStatus::ActionRequired);
            let (confirm, pay) = if is_to_confirm { (Kind::Primary, Kind::Secondary) } else { (Kind::Secondary, Kind::Primary) };
            view! {
                {is_to_confirm.then(|| view! { <ActionButton call=ConfirmPayment { slug: slug.clone(), id } label="Confirm payment" kind=confirm on_done=done/> })}
                {can_pay.then(|| view! { <ActionButton call=PayInvoice { slug: slug.clone(), id } label=format!("Pay {open}") kind=pay on_done=done/> })}
            }
            .into_any()
        }
        Scope::Platform if viewer.is_some_and(|viewer| viewer.holds::<BillingManage>()) => {
            let credited = view.credit_notes.iter().fold(0, |sum, (.., total)| sum - total.minor);
            let is_written_off = view.invoice.status == InvoiceStatus::WrittenOff;
            let (is_open, can_credit) = (open.minor > 0, credited < view.invoice.total.minor && !is_written_off);
            view! {
                {is_open.then(|| view! { <Transfer id open=open.to_string()/> })}
                {can_credit.then(|| view! { <Credit id/> })}
                {is_open.then(|| view! { <WriteOffButton id open=open.to_string()/> })}
            }
            .into_any()
        }
        Scope::Platform => ().into_any(),
    }
}

#[component]
fn Transfer(id: InvoiceId, open: String) -> impl IntoView {
    let shown = RwSignal::new(false);
    let done = Callback::new(move |_| shown.set(false));
    let help = StoredValue::new(format!("Leave empty for {open}. What is too much becomes account credit."));
    view! {
        <Button kind=Kind::Primary on:click=move |_| shown.set(true)>"Record transfer"</Button>
        <Dialog open=shown title="Record bank transfer">
            <Form action=RecordTransfer { id, amount: String::new(), reference: String::new() } on_done=done refetch=true class=tw!("contents")>
                <DialogBody open=shown submit=|| view! { <Submit>"Record transfer"</Submit> }>
                    <p>"Records money that has arrived in your bank account. Suspended services come back once the invoice is paid."</p>
                    <Input name="amount" label="Amount" optional=true help=help.get_value()/>
                    <Input name="reference" label="Reference" optional=true help="As it stands on the bank statement."/>
                </DialogBody>
            </Form>
        </Dialog>
    }
}

#[component]
fn Credit(id: InvoiceId) -> impl IntoView {
    let shown = RwSignal::new(false);
    let done = Callback::new(move |_| shown.set(false));
    view! {
        <Button on:click=move |_| shown.set(true)>"Issue credit note"</Button>
        <Dialog open=shown title="Issue credit note">
            <Form action=CreditInvoice { id, net: String::new(), reason: String::new() } on_done=done refetch=true class=tw!("contents")>
                <DialogBody open=shown submit=|| view! { <Submit>"Issue credit note"</Submit> }>
                    <p>"The credit first reduces what is still to pay. The rest becomes account credit, used for the next invoice."</p>
                    <Input name="net" label="Amount without VAT" optional=true help="Leave empty to credit everything that is left."/>
                    <Textarea name="reason" label="Reason"/>
                </DialogBody>
            </Form>
        </Dialog>
    }
}

#[component]
fn WriteOffButton(id: InvoiceId, open: String) -> impl IntoView {
    let shown = RwSignal::new(false);
    let done = Callback::new(move |()| shown.set(false));
    let words = StoredValue::new(format!(
        "Gives up {open}. No more reminders or charges follow. The customer's subscription goes on; cancel it first if it shouldn't. This can't be undone."
    ));
    view! {
        <Button on:click=move |_| shown.set(true)>"Write off invoice"</Button>
        <Dialog open=shown title="Write off invoice">
            <Form action=WriteOffInvoice { id, reason: String::new() } on_done=done refetch=true class=tw!("contents")>
                <DialogBody open=shown submit=|| view! { <Submit>"Write off invoice"</Submit> }>
                    <p>{words.get_value()}</p>
                    <Textarea name="reason" label="Reason" help="Only staff see it."/>
                </DialogBody>
            </Form>
        </Dialog>
    }
}
