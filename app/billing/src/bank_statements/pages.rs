//! `/admin/bank-statements`

use super::server_fns::{AssignBankEntry, IgnoreBankEntry, TakeBackBankEntry, list_bank_entries};
use app_kit::prelude::*;
use model::{
    billing::bank_statements::{BankEntryRow, BankEntryStatus},
    ids::BankEntryId,
    permission::BillingManage,
};

pub(super) const PATH: &str = "/admin/bank-statements";

fn status(row: &BankEntryRow) -> (State, &'static str) {
    let state = match row.status {
        BankEntryStatus::Open => State::Warning,
        BankEntryStatus::Booked => State::Ok,
        BankEntryStatus::Ignored => State::Stopped,
    };
    (state, row.status.label())
}

/// What it was booked for.
fn target(row: &BankEntryRow) -> (String, String) {
    match (row.invoice, row.tenant) {
        (Some(invoice), _) => (format!("/admin/invoices/{invoice}"), row.invoice_number.clone().unwrap_or_default()),
        (None, Some(tenant)) => (format!("/admin/customers/{tenant}"), row.tenant_name.clone().unwrap_or_default()),
        (None, None) => (String::new(), String::new()),
    }
}

/// `/admin/bank-statements`
#[component]
pub fn BankEntriesPage() -> impl IntoView {
    type C = Col<BankEntryRow>;
    let may_manage = use_viewer().is_some_and(|viewer| viewer.holds::<BillingManage>());
    let columns = vec![
        C::title("Paid by", |row| {
            (if row.counterparty.is_empty() { "Unknown".to_owned() } else { row.counterparty.clone() }, row.booked_on.to_string())
        }),
        C::state("Status", status),
        C::text("Reference", |row| row.text.clone()),
        C::of(
            Column::Text,
            "Booked for",
            |row: &BankEntryRow| {
                let suggestion = row.suggestion.as_ref().map(|paid| format!(" It seems to be the one for {paid}.")).unwrap_or_default();
                (target(row), row.note.as_ref().map(|note| format!("{note}{suggestion}")))
            },
            |((href, word), note): ((String, String), Option<String>)| {
                if href.is_empty() { note.unwrap_or_else(|| "Not yet".to_owned()).into_any() } else { view! { <a href=href>{word}</a> }.into_any() }
            },
        ),
        C::extra("Bank account", |row| row.account.clone()),
        C::number("Amount", |row| row.amount),
        C::actions(
            |row| (row.id, row.amount.to_string(), row.status, row.is_return, row.suggestion.clone()),
            |(id, amount, status, is_return, suggestion)| {
                (status != BankEntryStatus::Booked).then(|| {
                    let decide = match is_return {
                        true => view! { <TakeBack id amount=amount.clone() suggestion/> }.into_any(),
                        false => view! { <Assign id amount=amount.clone()/> }.into_any(),
                    };
                    view! {
                        {decide}
                        {(status == BankEntryStatus::Open).then(|| view! { <Ignore id amount/> })}
                    }
                })
            },
        )
        .when(may_manage),
    ];
    let import =
        move || may_manage.then(|| view! { <LinkButton href="/admin/bank-statements/import" kind=Kind::Primary>"Import statement"</LinkButton> });
    view! {
        <PageHead title="Bank statements" note=|| "Bank transfers from imported statements, and the invoices they pay." actions=import/>
        <Listing
            path=PATH label="Bank statement entries" data=fetch_list(list_bank_entries) columns key=|row| row.id.to_string()
            states=BankEntryStatus::ALL.iter().map(|status| (status.as_str(), status.label())).collect() verb="imported" at=|row| row.imported_at
            empty=("No entries yet", "Import a bank statement to book transfers from customers.") fill=import
        />
    }
    .into_any()
}

#[component]
fn Assign(id: BankEntryId, amount: String) -> impl IntoView {
    let open = RwSignal::new(false);
    let done = Callback::new(move |()| open.set(false));
    let title = format!("Assign {amount}");
    view! {
        <Button size=Size::Small on:click=move |_| open.set(true)>"Assign"</Button>
        <Dialog open title>
            <Form action=AssignBankEntry { id, invoice_number: String::new(), customer: String::new() } on_done=done refetch=true class=tw!("contents")>
                <DialogBody open submit=|| view! { <Submit>"Assign payment"</Submit> }>
                    <p>"Enter an invoice or a customer. What is more than the invoice needs pays what else is due, and then becomes account credit."</p>
                    <Input name="invoice_number" label="Invoice number" optional=true/>
                    <Input name="customer" label="Customer" optional=true help="Full name, or the name in the customer's portal address."/>
                </DialogBody>
            </Form>
        </Dialog>
    }
}

#[component]
fn TakeBack(id: BankEntryId, amount: String, suggestion: Option<String>) -> impl IntoView {
    let open = RwSignal::new(false);
    let done = Callback::new(move |()| open.set(false));
    let is_known = suggestion.is_some();
    let help = StoredValue::new(suggestion.map(|paid| format!("Leave it empty for the payment for {paid}.")).unwrap_or_default());
    view! {
        <Button size=Size::Small on:click=move |_| open.set(true)>"Take payment back"</Button>
        <Dialog open title=format!("Take back a payment: {amount}")>
            <Form action=TakeBackBankEntry { id, invoice_number: String::new() } on_done=done refetch=true class=tw!("contents")>
                <DialogBody open submit=|| view! { <Submit>"Take payment back"</Submit> }>
                    <p>"The payment no longer counts, and the invoices that it paid are open again. Overdue ones can lead to a suspension at once."</p>
                    <Input name="invoice_number" label="Invoice number" optional=is_known help=help.get_value()/>
                </DialogBody>
            </Form>
        </Dialog>
    }
}

#[component]
fn Ignore(id: BankEntryId, amount: String) -> impl IntoView {
    let open = RwSignal::new(false);
    let done = Callback::new(move |()| open.set(false));
    view! {
        <Button size=Size::Small on:click=move |_| open.set(true)>"Ignore"</Button>
        <Dialog open title=format!("Ignore {amount}?")>
            <Form action=IgnoreBankEntry { id, reason: String::new() } on_done=done refetch=true class=tw!("contents")>
                <DialogBody open submit=|| view! { <Submit>"Ignore entry"</Submit> }>
                    <p>"It is not a payment of a customer. You can still assign it later."</p>
                    <Input name="reason" label="Reason"/>
                </DialogBody>
            </Form>
        </Dialog>
    }
}
