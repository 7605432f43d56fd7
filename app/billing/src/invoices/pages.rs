//! Invoices: the list and document, for staff and customers.

use super::{
    document::InvoiceDocument,
    server_fns::{list_invoices, list_own_invoices, read_invoice, read_own_invoice},
};
use app_kit::prelude::*;
use model::billing::invoices::{InvoiceRow, InvoiceStatus, InvoiceView};

fn status(status: InvoiceStatus) -> (State, &'static str) {
    match status {
        InvoiceStatus::Paid => (State::Ok, "Paid"),
        InvoiceStatus::Open => (State::Warning, "Open"),
        InvoiceStatus::Void => (State::Stopped, "Void"),
    }
}

/// `/admin/invoices` and `/t/:slug/invoices`
#[component]
pub fn InvoicesPage() -> impl IntoView {
    let scope = use_scope();
    let (path, staff, of) = (scope.path("invoices"), scope.is_platform(), scope.clone());
    type C = Col<InvoiceRow>;
    let columns = vec![
        C::name("Number", move |invoice| (scope.path(&format!("invoices/{}", invoice.id)), invoice.number.clone(), "")),
        C::state("Status", |invoice| status(invoice.status)),
        C::link("Customer", |invoice| (format!("/admin/customers/{}", invoice.tenant), invoice.tenant_name.clone())).when(staff),
        C::day("Issued", |invoice| invoice.issued_at),
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
        <PageHead title="Invoices" note=move || staff.then_some("Issued for each payment and never changed afterwards.")/>
        <Listing
            path label="Invoices" data columns key=|invoice| invoice.id.to_string() states verb="issued" at=|invoice| invoice.issued_at
            empty=("No invoices yet", "An invoice is issued for every order.")
        />
    }
    .into_any()
}

/// `/admin/invoices/:id` and `/t/:slug/invoices/:id`
#[component]
pub fn InvoicePage() -> impl IntoView {
    let scope = use_scope();
    let list = scope.path("invoices");
    let data = fetch_one("id", "Invoice not found.", move |id| {
        let scope = scope.clone();
        async move {
            match scope {
                Scope::Platform => read_invoice(id).await,
                Scope::Tenant(slug) => read_own_invoice(slug, id).await,
            }
        }
    });
    view! {
        <Load data view=move |view: InvoiceView| {
            let state = status(view.invoice.status);
            view! {
                <PageHead title=view.invoice.number.clone() parents=vec![Crumb::new("Invoices", list.clone())] state=move || head_badge(state)/>
                <InvoiceDocument view/>
            }
        }/>
    }
    .into_any()
}
