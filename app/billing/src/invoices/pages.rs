//! Invoices: the list and document, for staff and customers.

use super::{
    document::InvoiceDocument,
    parts::{Actions, document_status},
    server_fns::{list_invoices, list_own_invoices, read_invoice, read_own_invoice},
};
use crate::payments::refunds::RefundsPanel;
use app_kit::prelude::*;
use model::billing::invoices::{InvoiceKind, InvoiceRow, InvoiceView};

/// `/admin/invoices` and `/t/:slug/invoices`
#[component]
pub fn InvoicesPage() -> impl IntoView {
    let scope = use_scope();
    let (path, staff, of) = (scope.path("invoices"), scope.is_platform(), scope.clone());
    type C = Col<InvoiceRow>;
    let columns = vec![
        C::name("Number", move |invoice| (scope.path(&format!("invoices/{}", invoice.id)), invoice.number.clone(), "")),
        C::state("Status", document_status),
        C::link("Customer", |invoice| (format!("/admin/customers/{}", invoice.tenant), invoice.tenant_name.clone())).when(staff),
        C::day("Issued", |invoice| invoice.issued_at),
        C::day("Due", |invoice| invoice.due_at),
        C::number("Open", |invoice| invoice.open),
        C::number("Total", |invoice| invoice.total),
    ];
    let data = fetch_list(move |request| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => list_invoices(request).await,
                Scope::Tenant(slug) => list_own_invoices(slug, request).await,
            }
        }
    });
    let states = if staff { vec![("PAID", "Paid"), ("OPEN", "Open"), ("VOID", "Void")] } else { Vec::new() };
    view! {
        <PageHead title="Invoices" note=move || staff.then_some("Invoices and credit notes. They are never changed after they are issued.")/>
        <Listing
            path label="Invoices" data columns key=|invoice| invoice.id.to_string() states verb="issued" at=|invoice| invoice.issued_at
            empty=("No invoices yet", "Invoices appear here after the first order.")
        />
    }
    .into_any()
}

/// `/admin/invoices/:id` and `/t/:slug/invoices/:id`
#[component]
pub fn InvoicePage() -> impl IntoView {
    let scope = use_scope();
    let list = scope.path("invoices");
    let of = scope.clone();
    let data = fetch_one("id", "Invoice not found.", move |id| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => read_invoice(id).await,
                Scope::Tenant(slug) => read_own_invoice(slug, id).await,
            }
        }
    });
    view! {
        <Load data view=move |view: InvoiceView| {
            let state = document_status(&view.invoice);
            let refundable = (view.invoice.kind == InvoiceKind::CreditNote && matches!(scope, Scope::Platform)).then_some(view.invoice.id);
            let (shown, of, scope) = (view.clone(), scope.clone(), scope.clone());
            view! {
                <PageHead
                    title=view.invoice.number.clone() parents=vec![Crumb::new("Invoices", list.clone())] state=move || head_badge(state)
                    actions=move || view! { <Actions view=shown.clone() scope=of.clone()/> }
                />
                {refundable.map(|id| view! { <div class="mt-4"><RefundsPanel id/></div> })}
                <InvoiceDocument view scope/>
            }
        }/>
    }
    .into_any()
}
