//! Invoices: lists and document, for staff and customers.

use super::{
    document::{InvoiceDocument, InvoiceLineRow, head, state},
    server_fns::{list_invoices, list_own_invoices, read_invoice, read_own_invoice},
};
use app_kit::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{
    billing::invoices::{InvoiceRow, InvoiceView},
    error::{ApiError, ErrorCode},
    ids::InvoiceId,
};

const EMPTY: (&str, &str) = ("No invoices yet", "An invoice is issued for every order.");

fn not_found_error() -> app_kit::error::AppError {
    ApiError::new(ErrorCode::NotFound, "Invoice not found.").into()
}

/// `/admin/invoices`
#[component]
pub fn InvoicesPage() -> impl IntoView {
    let data = fetch_list(list_invoices);
    view! {
        <PageHead title="Invoices" note=|| "Issued for each payment and never changed afterwards."/>
        <Listing
            path="/admin/invoices" label="Invoices" data head=head(true) states=vec![("PAID", "Paid"), ("OPEN", "Open"), ("VOID", "Void")]
            verb="issued" at=|row: &InvoiceRow| row.issued_at empty=EMPTY
            row=|row: InvoiceRow| { let href = format!("/admin/invoices/{}", row.id); view! { <InvoiceLineRow row href for_staff=true/> } }
        />
    }
    .into_any()
}

/// `/admin/invoices/:id`
#[component]
pub fn InvoicePage() -> impl IntoView {
    let params = use_params_map();
    let data = fetch(
        move || params.read().get("id").and_then(|id| id.parse::<InvoiceId>().ok()),
        |id| async move { read_invoice(id.ok_or_else(not_found_error)?).await },
    );
    view! { <Load data view=|view: InvoiceView| document(view, "/admin/invoices".to_owned())/> }.into_any()
}

/// `/t/:slug/invoices`
#[component]
pub fn OwnInvoicesPage() -> impl IntoView {
    let params = use_params_map();
    let slug = move || params.read_untracked().get("slug").unwrap_or_default();
    let data = fetch_list(move |request| list_own_invoices(slug(), request));
    view! {
        <PageHead title="Invoices"/>
        <Listing
            path=format!("/t/{}/invoices", slug()) label="Invoices" data head=head(false)
            verb="issued" at=|row: &InvoiceRow| row.issued_at empty=EMPTY
            row=move |row: InvoiceRow| { let href = format!("/t/{}/invoices/{}", slug(), row.id); view! { <InvoiceLineRow row href for_staff=false/> } }
        />
    }
    .into_any()
}

/// `/t/:slug/invoices/:id`
#[component]
pub fn OwnInvoicePage() -> impl IntoView {
    let params = use_params_map();
    let slug = move || params.read().get("slug").unwrap_or_default();
    let data = fetch(
        move || (slug(), params.read().get("id").and_then(|id| id.parse::<InvoiceId>().ok())),
        |(slug, id)| async move { read_own_invoice(slug, id.ok_or_else(not_found_error)?).await },
    );
    view! { <Load data view=move |view: InvoiceView| document(view, format!("/t/{}/invoices", slug()))/> }.into_any()
}

fn document(view: InvoiceView, list: String) -> impl IntoView {
    let status = view.invoice.status;
    let title = view.invoice.number.clone();
    view! {
        <PageHead title parents=vec![Crumb::new("Invoices", list)] state=move || state(status, true)/>
        <InvoiceDocument view/>
    }
}
