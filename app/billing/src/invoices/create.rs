//! An invoice that staff write: lines, what they add up to, and the day it is due.

use super::server_fns::{CreateInvoice, PreviewInvoice, preview_invoice};
use app_kit::{prelude::*, time};
use chrono::Duration;
use leptos_router::hooks::use_navigate;
use model::{
    billing::invoices::{DraftLine, InvoiceDraft, InvoicePreview},
    ids::{InvoiceId, TenantId},
};

/// `/admin/customers/:id/new-invoice`
#[component]
pub fn NewInvoicePage() -> impl IntoView {
    let data = fetch_one("id", "Customer not found.", |tenant: TenantId| preview_invoice(InvoiceDraft { tenant, lines: Vec::new() }));
    view! { <Load data view=|blank: InvoicePreview| view! { <Draft blank/> }/> }.into_any()
}

#[component]
fn Draft(blank: InvoicePreview) -> impl IntoView {
    let tenant = blank.tenant;
    let lines = RwSignal::new(Vec::<DraftLine>::new());
    let parents =
        vec![Crumb::new("Customers", "/admin/customers"), Crumb::new(blank.tenant_name.clone(), format!("/admin/customers/{tenant}?tab=billing"))];
    let added = Callback::new(move |one: InvoicePreview| lines.update(|lines| lines.extend(one.draft)));
    let sums = fetch(move || lines.get(), move |lines| preview_invoice(InvoiceDraft { tenant, lines }));
    let empty = DraftLine { quantity: 1, ..DraftLine::default() };
    view! {
        <PageHead title="New invoice" parents note={let name = blank.tenant_name; move || name.clone()}/>
        <Grid>
            <Panel title="Line items">
                {move || lines.with(Vec::is_empty).then(|| view! { <p class="text-13 text-2">"No lines yet."</p> })}
                {move || (!lines.with(Vec::is_empty)).then(|| view! {
                    <Load data=sums keep=true view=move |preview: InvoicePreview| view! { <Preview preview lines/> }/>
                })}
            </Panel>
            <Panel title="Add line">
                <Form action=PreviewInvoice { draft: InvoiceDraft { tenant, lines: vec![empty] } } on_done=added reset=true>
                    <Input name="draft[lines][0][description]" label="Description"/>
                    <Input name="draft[lines][0][quantity]" kind="number" label="Quantity"/>
                    <Input name="draft[lines][0][unit_price]" kind="money" label="Unit price" help="Excl. VAT." suffix=blank.currency.to_string()/>
                    <div><Submit>"Add line"</Submit></div>
                </Form>
            </Panel>
        </Grid>
    }
}

#[component]
fn Preview(preview: InvoicePreview, lines: RwSignal<Vec<DraftLine>>) -> impl IntoView {
    let navigate = use_navigate();
    let issued = Callback::new(move |id: InvoiceId| navigate(&format!("/admin/invoices/{id}"), leptos_router::NavigateOptions::default()));
    let draft = InvoiceDraft { tenant: preview.tenant, lines: preview.draft };
    let today = time::now();
    let day = move |days: i64| today.checked_add_signed(Duration::days(days)).unwrap_or_default().format("%Y-%m-%d").to_string();
    view! {
        <Sum label="Line items">
            {preview.lines.iter().map(|line| view! {
                <SumRow label=line.description.clone() note=format!("{} × {}", line.quantity, line.unit_price) amount=line.net.to_string()/>
            }).collect_view()}
            <SumRow label="Subtotal" amount=preview.net.to_string() kind=SumKind::Part/>
            <SumRow label=crate::tax_label(preview.tax_rate_bp) amount=preview.tax.to_string()/>
            <SumRow label="Total" amount=preview.total.to_string() kind=SumKind::Total/>
        </Sum>
        {(!preview.tax_note.is_empty()).then(|| view! { <p class="text-13 mt-2 wrap-anywhere">{preview.tax_note.clone()}</p> })}
        <div class="mt-2"><Button on:click=move |_| lines.update(|lines| { lines.pop(); })>"Remove last line"</Button></div>
        <div class="mt-4"><Form action=CreateInvoice { draft, due_on: day(14), total: preview.total.minor } on_done=issued>
            <Input name="due_on" kind="date" label="Due" min=day(0) max=day(365)/>
            <p class="text-13 text-2">"Account credit is used first. The invoice is emailed to the customer and can\u{2019}t be changed afterwards."</p>
            <div><Submit>{format!("Issue invoice for {}", preview.total)}</Submit></div>
        </Form></div>
    }
}
