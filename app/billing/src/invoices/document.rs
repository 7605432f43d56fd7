//! An invoice as a document.

use app_kit::prelude::*;
use model::{
    billing::invoices::{InvoiceView, Party},
    country,
};

/// Buyer, seller, lines and sums, as they were when it was issued.
#[component]
pub fn InvoiceDocument(view: InvoiceView) -> impl IntoView {
    let invoice = view.invoice.clone();
    let rate = format!("VAT {}.{:02} %", view.tax_rate_bp / 100, view.tax_rate_bp % 100).replace(".00 ", " ");
    view! {
        <Facts>
            <Fact label="Issued"><At at=invoice.issued_at date=true/></Fact>
            <Fact label="Due"><At at=view.due_at date=true/></Fact>
            <Fact label="Paid">{match invoice.paid_at { Some(at) => view! { <At at whole=true/> }.into_any(), None => "Not yet".into_any() }}</Fact>
            <Fact label="Total">{invoice.total.to_string()}</Fact>
        </Facts>
        <div class="mt-4"><Grid>
            <Panel title="Line items">
                <Sum label="Line items">
                    {view.lines.iter().map(|line| view! {
                        <SumRow
                            label=line.description.clone()
                            note=format!("{} × {}, {} to {}", line.quantity, line.unit_price, app_kit::time::day(line.period_start), app_kit::time::day(line.period_end))
                            amount=line.net.to_string()
                        />
                    }).collect_view()}
                    <SumRow label="Subtotal" amount=view.net.to_string() kind=SumKind::Part/>
                    <SumRow label=rate amount=view.tax.to_string()/>
                    <SumRow label="Total" amount=invoice.total.to_string() kind=SumKind::Total/>
                </Sum>
            </Panel>
            <Stack>
                <Panel title="Buyer"><PartyLines party=view.buyer/></Panel>
                <Panel title="Seller"><PartyLines party=view.seller/></Panel>
            </Stack>
        </Grid></div>
    }
}

#[component]
fn PartyLines(party: Party) -> impl IntoView {
    let tax = (!party.tax_number.is_empty()).then(|| format!("Tax ID {}", party.tax_number));
    let lines = [party.name]
        .into_iter()
        .chain(party.address.lines().map(str::to_owned))
        .chain([country::name(&party.country).to_owned(), party.email])
        .chain(tax);
    view! { <div class="text-13">{lines.filter(|line| !line.is_empty()).map(|line| view! { <p class="wrap-anywhere">{line}</p> }).collect_view()}</div> }
}
