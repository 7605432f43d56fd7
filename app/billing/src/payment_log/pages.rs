//! `/admin/payments` and the messages below it.

use super::server_fns::{list_payment_events, list_payments, read_payment_event};
use crate::payment_state;
use app_kit::prelude::*;
use model::billing::{
    payment_log::{PaymentEventRow, PaymentEventStatus, PaymentEventView, PaymentRow},
    payments::PaymentStatus,
};

const PATH: &str = "/admin/payments";
const EVENTS: &str = "/admin/payments/events";

fn status(row: &PaymentRow) -> (State, &'static str) {
    (payment_state(row.status), row.status.label())
}

fn event_status(row: &PaymentEventRow) -> (State, &'static str) {
    match row.status {
        PaymentEventStatus::Received => (State::Waiting, "Received"),
        PaymentEventStatus::Processed => (State::Ok, "Processed"),
        PaymentEventStatus::Ignored => (State::Stopped, "Ignored"),
        PaymentEventStatus::Failed => (State::Failing, "Rejected"),
    }
}

/// `/admin/payments`
#[component]
pub fn PaymentsPage() -> impl IntoView {
    type C = Col<PaymentRow>;
    let columns = vec![
        C::name("Invoice", |row| match (row.invoice, &row.invoice_number) {
            (Some(id), Some(number)) => (format!("/admin/invoices/{id}"), number.clone(), ""),
            _ => (format!("/admin/customers/{}", row.tenant), "Account credit".to_owned(), ""),
        }),
        C::state("Status", status),
        C::link("Customer", |row| (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone())),
        C::text("Method", |row| row.method.clone()),
        C::text("Decline code", |row| row.decline_code.clone().unwrap_or_else(|| "None".to_owned())),
        C::extra("Reference", |row| row.provider_ref.clone().unwrap_or_else(|| "None".to_owned())),
        C::number("Amount", |row| row.amount),
        C::at("Created", |row| row.created_at),
    ];
    view! {
        <PageHead
            title="Payments" note=|| "Payments of all customers, and the attempts that were declined."
            actions=|| view! { <LinkButton href=EVENTS>"Provider events"</LinkButton> }
        />
        <Listing
            path=PATH label="Payments" data=fetch_list(list_payments) columns key=|row| row.id.to_string()
            states=PaymentStatus::ALL.iter().map(|status| (status.as_str(), status.label())).collect() verb="created" at=|row| row.created_at
            empty=("No payments yet", "Payments appear here after the first order.")
        />
    }
    .into_any()
}

/// `/admin/payments/events`
#[component]
pub fn PaymentEventsPage() -> impl IntoView {
    type C = Col<PaymentEventRow>;
    let columns = vec![
        C::name("Event", |row| (format!("{EVENTS}/{}", row.id), row.event_id.clone(), "")),
        C::state("Status", event_status),
        C::text("Type", |row| row.kind.clone()),
        C::text("Reason", |row| row.reason.clone().unwrap_or_else(|| "None".to_owned())),
        C::extra("Provider", |row| row.provider.clone()),
        C::at("Received", |row| row.received_at),
    ];
    view! {
        <PageHead title="Provider events" note=|| "Webhooks of the payment provider, as they were received." parents=vec![Crumb::new("Payments", PATH)]/>
        <Listing
            path=EVENTS label="Provider events" data=fetch_list(list_payment_events) columns key=|row| row.id.to_string()
            states=vec![("PROCESSED", "Processed"), ("IGNORED", "Ignored"), ("FAILED", "Rejected"), ("RECEIVED", "Received")]
            verb="received" at=|row| row.received_at
            empty=("No events yet", "Events appear here when the payment provider sends them.")
        />
    }
    .into_any()
}

/// `/admin/payments/events/:id`
#[component]
pub fn PaymentEventPage() -> impl IntoView {
    let data = fetch_one("id", "Event not found.", read_payment_event);
    view! { <Load data view=|view: PaymentEventView| view! { <Message view/> }/> }.into_any()
}

#[component]
fn Message(view: PaymentEventView) -> impl IntoView {
    let PaymentEventView { event, body } = view;
    let state = event_status(&event);
    view! {
        <PageHead
            title=event.event_id.clone() parents=vec![Crumb::new("Payments", PATH), Crumb::new("Provider events", EVENTS)] state=move || head_badge(state)
        />
        <Facts>
            <Fact label="Provider">{event.provider.clone()}</Fact>
            <Fact label="Type">{event.kind.clone()}</Fact>
            <Fact label="Received"><At at=event.received_at whole=true/></Fact>
            <Fact label="Processed">{match event.processed_at { Some(at) => view! { <At at whole=true/> }.into_any(), None => "Not yet".into_any() }}</Fact>
            <Fact label="Reason">{event.reason.clone().unwrap_or_else(|| "None".to_owned())}</Fact>
        </Facts>
        <div class="mt-4"><Panel title="Message" note="As it was received.">
            <div class="text-12 font-mono whitespace-pre-wrap wrap-anywhere">{body}</div>
        </Panel></div>
    }
}
