//! The panels of the overview: documents, profile, next charge, cards and credit.

use crate::{
    invoices::parts::{document_href, document_status},
    payments::{pages::status as card_status, server_fns::AddCard},
    profiles::pages::vat_state,
};
use app_kit::{html_only::redirect, prelude::*, time::day};
use model::{
    billing::{
        invoices::{InvoiceKind, InvoiceStatus},
        overview::{BillingOverview, CreditEntry, CreditSource, DocumentRow, NextCharge},
        payments::PaymentMethodView,
        profiles::BillingProfile,
    },
    country,
    money::{Currency, Money},
    permission::{BillingManage, SubscriptionsRead},
};

/// The account in a portal's address; empty on the platform.
pub(super) fn slug_of(scope: &Scope) -> String {
    match scope {
        Scope::Tenant(slug) => slug.clone(),
        Scope::Platform => String::new(),
    }
}

/// The newest invoices and credit notes, in one list.
#[component]
pub(super) fn Documents(overview: Live<BillingOverview>, scope: Scope) -> impl IntoView {
    type C = Col<DocumentRow>;
    let (pages, list) = (scope.clone(), scope.path("invoices"));
    let columns = vec![
        C::name("Number", move |row| (pages.path(&format!("invoices/{}", row.invoice.id)), row.invoice.number.clone(), "")),
        C::state("Status", document_state),
        C::day("Issued", |row| row.invoice.issued_at),
        C::number("Subtotal", |row| row.net),
        C::number("VAT", |row| row.tax),
        C::number("Total", |row| row.invoice.total),
        C::actions(
            |row| (row.invoice.id, row.invoice.number.clone()),
            move |(id, number)| {
                let href = document_href(&scope, id);
                view! { <a href=href download=format!("{number}.pdf") aria-label=format!("PDF of {number}")>"PDF"</a> }
            },
        ),
    ];
    let rows = overview.map(|overview| overview.documents.clone());
    let foot = move || view! { <span>"Newest first."</span><a href=list.clone()>"All invoices"</a> };
    view! {
        <Panel title="Invoices and credit notes" note="PDF with embedded Factur-X (EN 16931)" flush=true foot>
            <Rows label="Invoices and credit notes" columns key=|row| row.invoice.id.to_string() rows empty="Invoices appear here after the first order."/>
        </Panel>
    }
}

/// A paid invoice says when and at which attempt, an open one when it is due.
fn document_state(row: &DocumentRow) -> (State, String) {
    let invoice = &row.invoice;
    match (invoice.kind, invoice.status, invoice.paid_at) {
        (InvoiceKind::Invoice, InvoiceStatus::Paid, Some(at)) => {
            let attempt = if row.declined > 0 { format!(", {} attempt", ordinal(row.declined + 1)) } else { String::new() };
            (State::Ok, format!("Paid {}{attempt}", day(at)))
        }
        (InvoiceKind::Invoice, InvoiceStatus::Open, _) if row.is_overdue => (State::Failing, format!("Overdue since {}", day(invoice.due_at))),
        (InvoiceKind::Invoice, InvoiceStatus::Open, _) => (State::Waiting, format!("Open, due {}", day(invoice.due_at))),
        _ => {
            let (state, word) = document_status(invoice);
            (state, word.to_owned())
        }
    }
}

/// An ordinal number, such as `2nd`.
fn ordinal(number: i64) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// Who is invoiced.
#[component]
pub(super) fn Profile(overview: Live<BillingOverview>, scope: Scope) -> impl IntoView {
    let href = scope.path("billing-profile");
    let may_change = use_viewer().is_some_and(|viewer| viewer.holds_in::<BillingManage>(&slug_of(&scope)));
    let word = if may_change { "Edit profile" } else { "View profile" };
    let foot = move || view! { <span>"Used on every new invoice. Issued invoices don\u{2019}t change."</span><LinkButton href=href.clone() size=Size::Small>{word}</LinkButton> };
    view! {
        <Panel title="Billing profile" foot>
            {overview.show(|overview| (overview.profile.clone(), overview.currency), |(profile, currency)| view! { <ProfileFacts profile currency/> })}
        </Panel>
    }
}

#[component]
fn ProfileFacts(profile: BillingProfile, currency: Option<Currency>) -> impl IntoView {
    let tax = format!("{}, {}", crate::tax_label(profile.tax_rate_bp), profile.tax_treatment.label());
    let contacts = if profile.contacts.is_empty() { "Account email".to_owned() } else { profile.contacts.join(", ") };
    let address: Vec<String> = profile.address.lines().map(str::to_owned).chain([country::name(&profile.country).to_owned()]).collect();
    let number = profile.vat.map(|check| {
        let (state, word) = vat_state(check.status);
        let number = profile.vat_number.clone();
        view! { <KeyValue label="VAT number"><p>{number}</p><Badge state word note=check.checked_at.map(day).unwrap_or_default()/></KeyValue> }
    });
    let currency = currency.map(|currency| view! { <KeyValue label="Currency">{format!("{currency}, fixed for this account")}</KeyValue> });
    view! {
        <Grid columns=Columns::Pairs>
            <KeyValues>
                <KeyValue label="Name">{profile.name}</KeyValue>
                {number}
                <KeyValue label="Invoices to">{contacts}</KeyValue>
            </KeyValues>
            <KeyValues>
                <KeyValue label="Address">{address.into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}</KeyValue>
                <KeyValue label="VAT">{tax}</KeyValue>
                {currency}
            </KeyValues>
        </Grid>
    }
}

/// What is charged next, and when.
#[component]
pub(super) fn Next(overview: Live<BillingOverview>, scope: Scope) -> impl IntoView {
    let title = overview.text(|overview| match &overview.next {
        Some(next) => format!("Next charge, {}", day(next.due_at)),
        None => "Next charge".to_owned(),
    });
    let href = scope.path("subscriptions");
    let may_see = use_viewer().is_some_and(|viewer| viewer.holds_in::<SubscriptionsRead>(&slug_of(&scope)));
    let aside = move || may_see.then(|| view! { <a href=href.clone()>"Subscriptions"</a> });
    let shown = |overview: &BillingOverview| {
        let card = overview.methods.methods.iter().find(|card| card.is_default).map(PaymentMethodView::label);
        (overview.next.clone(), card, !overview.credit.is_empty(), overview.open_count > 0)
    };
    view! {
        <Panel title aside>
            {overview.show(shown, |(next, card, has_credit, is_open): (Option<NextCharge>, Option<String>, bool, bool)| match next {
                Some(next) => view! { <Charge next card has_credit/> }.into_any(),
                None if is_open => view! { <p class="text-13 text-2">"No upcoming charges besides open invoices."</p> }.into_any(),
                None => view! { <p class="text-13 text-2">"No upcoming charges. No subscription renews."</p> }.into_any(),
            })}
        </Panel>
    }
}

#[component]
fn Charge(next: NextCharge, card: Option<String>, has_credit: bool) -> impl IntoView {
    let rate = next.items.first().map(|item| item.tax_rate_bp);
    let is_one_rate = next.items.iter().all(|item| Some(item.tax_rate_bp) == rate);
    let tax_label = rate.filter(|_| is_one_rate).map_or_else(|| "VAT".to_owned(), crate::tax_label);
    let card = card.unwrap_or_else(|| "No usable card".to_owned());
    let credit = if has_credit { " Account credit is used first." } else { "" };
    let invoices = if next.items.len() == 1 { "The invoice is" } else { "The invoices are" };
    let note = format!("{card}. {invoices} issued on {}.{credit}", day(next.invoiced_at));
    view! {
        <Sum label="Next charge">
            {next.items.into_iter().map(|item| view! { <SumRow label=item.product_name amount=item.net.to_string()/> }).collect_view()}
            <SumRow label=tax_label amount=next.tax.to_string() kind=SumKind::Part/>
            <SumRow label="Total" amount=next.total.to_string() kind=SumKind::Total/>
        </Sum>
        <p class="text-12 text-3 mt-3">{note}</p>
    }
}

/// The saved cards.
#[component]
pub(super) fn Methods(overview: Live<BillingOverview>, scope: Scope) -> impl IntoView {
    type C = Col<PaymentMethodView>;
    let (slug, href) = (slug_of(&scope), scope.path("payment-methods"));
    let may_change = use_viewer().is_some_and(|viewer| viewer.holds_in::<BillingManage>(&slug));
    let columns = vec![
        C::title("Card", |card| (card.label(), format!("Expires {:02}/{}", card.expires_month, card.expires_year))),
        C::state("Status", card_status),
    ];
    let rows = overview.map(|overview| overview.methods.methods.clone());
    let add = move || {
        let slug = slug.clone();
        overview.show(
            |overview| overview.methods.can_add,
            move |can_add| {
                (can_add && may_change).then(|| {
                    let done = Callback::new(|url: String| redirect(&url));
                    view! { <ActionButton call=AddCard { slug: slug.clone() } label="Add card" size=Size::Small on_done=done/> }
                })
            },
        )
    };
    let foot = move || view! { <a href=href.clone()>"Manage payment methods"</a> };
    view! {
        <Panel title="Payment methods" flush=true aside=add foot>
            <Rows label="Payment methods" columns key=|card| card.id.to_string() rows empty="No cards saved. The card of your next payment is saved here."/>
        </Panel>
    }
}

/// The account's credit, and what each part of it came from.
#[component]
pub(super) fn Credit(overview: Live<BillingOverview>) -> impl IntoView {
    let scope = use_scope();
    view! {
        <Panel title="Account credit" note="Used before your card is charged.">
            {overview.show(
                |overview| (overview.credit.clone(), overview.methods.credit.clone()),
                move |(entries, sums): (Vec<CreditEntry>, Vec<Money>)| {
                    if sums.is_empty() {
                        return view! { <p class="text-13 text-2">"No credit."</p> }.into_any();
                    }
                    let scope = scope.clone();
                    view! {
                        <Sum label="Account credit">
                            {entries.into_iter().map(|entry| view! { <CreditRow entry scope=scope.clone()/> }).collect_view()}
                            {sums.into_iter().map(|sum| view! { <SumRow label="Available" amount=sum.to_string() kind=SumKind::Total/> }).collect_view()}
                        </Sum>
                    }
                    .into_any()
                },
            )}
        </Panel>
    }
}

#[component]
fn CreditRow(entry: CreditEntry, scope: Scope) -> impl IntoView {
    let source = match entry.source {
        CreditSource::CreditNote => entry.reason,
        CreditSource::Payment if entry.document.is_some() => "Overpayment".to_owned(),
        CreditSource::Payment => "Bank transfer without an invoice".to_owned(),
        CreditSource::Refund => "Refund returned by the bank".to_owned(),
        CreditSource::WriteOff => "Paid after it was written off".to_owned(),
    };
    let name = match entry.document {
        Some((id, number)) => view! { <a href=scope.path(&format!("invoices/{id}"))>{number}</a> }.into_any(),
        None => "Payment".into_any(),
    };
    view! {
        <tr>
            <th scope="row" class="py-1.75 text-left align-top font-normal">
                {name}", "{day(entry.at)}
                <span class="block text-3 text-12 font-normal wrap-anywhere">{source}</span>
            </th>
            <td class="py-1.75 pl-3 text-right align-top num whitespace-nowrap">{entry.amount.to_string()}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::ordinal;

    #[test]
    fn attempts_are_shown_as_ordinal_numbers() {
        let words = [1, 2, 3, 4, 11, 12, 13, 21, 22, 103].map(ordinal);
        assert_eq!(words, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "103rd"]);
    }
}
