//! An invoice as a document.

use crate::payment_state;
use app_kit::prelude::*;
use model::{
    billing::{
        invoices::{BankDetails, InvoiceKind, InvoiceLine, InvoiceStatus, InvoiceView, Party},
        payments::PaymentView,
        tax::TaxEvidence,
    },
    country,
    ids::InvoiceId,
    money::Money,
};

/// Buyer, seller, lines and sums, as they were when it was issued.
#[component]
pub fn InvoiceDocument(view: InvoiceView, scope: Scope) -> impl IntoView {
    let invoice = view.invoice.clone();
    let is_credit_note = invoice.kind == InvoiceKind::CreditNote;
    let settled = Money::new(invoice.total.minor - invoice.open.minor - view.credit_used.minor, invoice.total.currency);
    let documents = scope.clone();
    let is_payable = !is_credit_note && invoice.status == InvoiceStatus::Open && invoice.open.minor > 0;
    let bank = view.seller.bank.clone().filter(|_| is_payable);
    let transfer = bank.map(|bank| view! { <Transfer bank reference=invoice.number.clone()/> });
    view! {
        <Facts>
            <Fact label="Issued"><At at=invoice.issued_at date=true/></Fact>
            {match view.corrects.clone() {
                Some((id, number)) => view! { <Fact label="Corrects"><a href=documents.path(&format!("invoices/{id}"))>{number}</a></Fact> }.into_any(),
                None => view! {
                    <Fact label="Due"><At at=invoice.due_at date=true/></Fact>
                    <Fact label="Paid">{match invoice.paid_at { Some(at) => view! { <At at whole=true/> }.into_any(), None if invoice.status == InvoiceStatus::Void => "Credited, nothing to pay".into_any(), None if invoice.status == InvoiceStatus::WrittenOff => "Written off, nothing to pay".into_any(), None => "Not yet".into_any() }}</Fact>
                }.into_any(),
            }}
            <Fact label="Total">{invoice.total.to_string()}</Fact>
            {view.write_off.clone().map(|given_up| view! { <Fact label="Written off">{format!("{}: {}", given_up.amount, given_up.reason)}</Fact> })}
        </Facts>
        <div class="mt-4"><Grid>
            <Stack>
            <Panel title="Line items">
                {is_credit_note.then(|| view! { <p class="text-13 mb-2 wrap-anywhere">{format!("Reason: {}", view.reason)}</p> })}
                <Sum label="Line items">
                    {view.lines.iter().map(|line| view! {
                        <SumRow
                            label=line.description.clone()
                            note=line_note(line)
                            amount=line.net.to_string()
                        />
                    }).collect_view()}
                    <SumRow label="Subtotal" amount=view.net.to_string() kind=SumKind::Part/>
                    <SumRow label=crate::tax_label(view.tax_rate_bp) amount=view.tax.to_string()/>
                    <SumRow label="Total" amount=invoice.total.to_string() kind=SumKind::Total/>
                    {(invoice.status == InvoiceStatus::Open || view.credit_used.minor > 0).then(|| view! {
                        {(view.credit_used.minor > 0).then(|| view! { <SumRow label="Account credit used" amount=minus(view.credit_used) kind=SumKind::Part/> })}
                        {(settled.minor > 0).then(|| view! { <SumRow label="Paid or credited" amount=minus(settled)/> })}
                        <SumRow label="To pay" amount=invoice.open.to_string() kind=SumKind::Total/>
                    })}
                </Sum>
                {(!view.tax_note.is_empty()).then(|| view! { <p class="text-13 mt-2 wrap-anywhere">{view.tax_note.clone()}</p> })}
            </Panel>
            {(!view.payments.is_empty()).then(|| view! { <Payments payments=view.payments.clone()/> })}
            {(!view.credit_notes.is_empty()).then(|| view! { <CreditNotes notes=view.credit_notes.clone() scope/> })}
            </Stack>
            <Stack>
                <Panel title="Buyer"><PartyLines party=view.buyer/></Panel>
                {transfer}
                <Panel title="Seller"><PartyLines party=view.seller/></Panel>
                {(!view.tax_evidence.is_empty()).then(|| view! { <Evidence evidence=view.tax_evidence.clone() treatment=view.tax_treatment.label()/> })}
            </Stack>
        </Grid></div>
    }
}

/// The bank account to transfer the open amount to, and the payment reference.
#[component]
fn Transfer(bank: BankDetails, reference: String) -> impl IntoView {
    let iban = bank.iban_in_groups();
    let BankDetails { holder, bic, .. } = bank;
    let bic = (!bic.is_empty()).then(|| view! { <KeyValue label="BIC">{bic}</KeyValue> });
    view! {
        <Panel title="Pay by bank transfer" note="Enter the reference exactly as shown.">
            <KeyValues>
                <KeyValue label="Account holder">{holder}</KeyValue>
                <KeyValue label="IBAN">{iban}</KeyValue>
                {bic}
                <KeyValue label="Reference">{reference}</KeyValue>
            </KeyValues>
        </Panel>
    }
}

/// How many, and for which time; a credit note is for none.
fn line_note(line: &InvoiceLine) -> String {
    let time = (line.period_start < line.period_end)
        .then(|| format!(", {} to {}", app_kit::time::day(line.period_start), app_kit::time::day(line.period_end)));
    format!("{} × {}{}", line.quantity, line.unit_price, time.unwrap_or_default())
}

fn minus(amount: Money) -> String {
    Money::new(-amount.minor, amount.currency).to_string()
}

#[component]
fn Payments(payments: Vec<PaymentView>) -> impl IntoView {
    type C = Col<PaymentView>;
    let state = |payment: &PaymentView| {
        let why = payment.decline_code.as_ref().map(|code| format!(": {}", code.replace('_', " "))).unwrap_or_default();
        (payment_state(payment.status), format!("{}{why}", payment.status.label()))
    };
    let columns = vec![
        C::title("Payment", |payment| (payment.method.clone(), "")),
        C::state("Status", state),
        C::at("Time", |payment| payment.created_at),
        C::number("Amount", |payment| payment.amount),
    ];
    let rows = Live::new(payments);
    view! { <Panel title="Payments" flush=true><Rows label="Payments" columns key=|payment| payment.id.to_string() rows empty="No payments."/></Panel> }
}

#[component]
fn CreditNotes(notes: Vec<(InvoiceId, String, Money)>, scope: Scope) -> impl IntoView {
    view! {
        <Panel title="Credit notes">
            <Sum label="Credit notes">
                {notes.into_iter().map(|(id, number, total)| view! {
                    <tr>
                        <th scope="row" class="py-1.75 text-left font-normal"><a href=scope.path(&format!("invoices/{id}"))>{number}</a></th>
                        <td class="py-1.75 pl-3 text-right num whitespace-nowrap">{total.to_string()}</td>
                    </tr>
                }).collect_view()}
            </Sum>
        </Panel>
    }
}

/// Why the invoice has its rate, for staff.
#[component]
fn Evidence(evidence: Vec<TaxEvidence>, treatment: &'static str) -> impl IntoView {
    let differs = evidence.iter().any(|piece| evidence.iter().any(|other| other.country != piece.country));
    view! {
        <Panel title="Tax evidence" note=treatment>
            <KeyValues>
                {evidence.into_iter().map(|piece| {
                    let reference = (!piece.reference.is_empty()).then(|| view! { <p>{piece.reference}</p> });
                    view! { <KeyValue label=piece.kind.label()>{country::name(&piece.country).to_owned()}{reference}<p class="text-3"><At at=piece.observed_at whole=true/></p></KeyValue> }
                }).collect_view()}
            </KeyValues>
            {differs.then(|| view! { <p class="text-13 text-2 mt-2">"The countries differ. Tax follows the billing address, or the card where only the address is outside the EU."</p> })}
        </Panel>
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
