//! The cards of an account, and the sandbox's page that pays an invoice.

use super::server_fns::{AddCard, DecideInvoicePayment, MakeDefaultCard, RemoveCard, list_payment_methods, read_invoice_payment};
use crate::checkout::payment::SandboxResult;
use app_kit::{html_only::redirect, prelude::*};
use leptos_router::hooks::use_query_map;
use model::{
    billing::{
        checkout::SandboxChoice,
        payments::{PaymentMethodStatus, PaymentMethodView, PaymentMethods, PaymentSessionView},
    },
    error::{ApiError, ErrorCode},
    ids::PaymentSessionId,
    money::Money,
    permission::BillingManage,
};

/// Status of a card: charged first, charged when that one is declined, or not any more.
pub(crate) fn status(card: &PaymentMethodView) -> (State, &'static str) {
    match card.status {
        PaymentMethodStatus::Active if card.is_default => (State::Ok, "Default"),
        PaymentMethodStatus::Active => (State::Stopped, "Fallback"),
        PaymentMethodStatus::Failed => (State::Failing, "Declined"),
        PaymentMethodStatus::Removed => (State::Stopped, "Removed"),
    }
}

/// `/t/:slug/payment-methods`
#[component]
pub fn PaymentMethodsPage() -> impl IntoView {
    let Scope::Tenant(slug) = use_scope() else { return ().into_any() };
    let may_change = use_viewer().is_some_and(|viewer| viewer.holds_in::<BillingManage>(&slug));
    let of = slug.clone();
    let data = fetch(|| (), move |()| list_payment_methods(of.clone()));
    let parents = vec![Crumb::new("Billing", format!("/t/{slug}/billing"))];
    view! {
        <PageHead title="Payment methods" parents note=|| "Invoices are charged to the default card when they are due. If it is declined, the next card is tried at the next attempt."/>
        <Load data view={move |found: Live<PaymentMethods>| view! { <Cards found slug=slug.clone() may_change/> }}/>
    }
    .into_any()
}

#[component]
fn Cards(found: Live<PaymentMethods>, slug: String, may_change: bool) -> impl IntoView {
    type C = Col<PaymentMethodView>;
    let adding = slug.clone();
    let columns = vec![
        C::title("Card", |card| (card.label(), "")),
        C::state("Status", status),
        C::text("Expires", |card| format!("{:02}/{}", card.expires_month, card.expires_year)),
        C::day("Saved", |card| card.created_at),
        C::actions(
            |card| (card.id, card.label(), card.status == PaymentMethodStatus::Active && !card.is_default),
            move |(id, label, can_be_default)| {
                let ask = Ask::new(format!("Remove {label}?"), "It is not charged again.").label("Remove card");
                view! {
                    {can_be_default.then(|| view! { <ActionButton call=MakeDefaultCard { slug: slug.clone(), id } label="Make default" size=Size::Small/> })}
                    <ActionButton call=RemoveCard { slug: slug.clone(), id } label="Remove" size=Size::Small ask/>
                }
            },
        )
        .when(may_change),
    ];
    let rows = found.map(|found| found.methods.clone());
    let add = move || {
        let slug = adding.clone();
        found.show(
            |found| found.can_add,
            move |can_add| {
                (can_add && may_change).then(|| {
                    let done = Callback::new(|url: String| redirect(&url));
                    view! { <ActionButton call=AddCard { slug: slug.clone() } label="Add card" size=Size::Small on_done=done/> }
                })
            },
        )
    };
    view! {
        <Grid>
            <Panel title="Cards" flush=true aside=add>
                <Rows label="Cards" columns key=|card| card.id.to_string() rows empty="No cards saved. The card of your next payment is saved here."/>
            </Panel>
            <Panel title="Account credit" note="Used before your card is charged.">
                {found.show(|found| found.credit.clone(), |credit: Vec<Money>| {
                    if credit.is_empty() {
                        view! { <p class="text-13 text-2">"No credit."</p> }.into_any()
                    } else {
                        view! { <p class="text-20 font-bold num">{credit.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")}</p> }.into_any()
                    }
                })}
            </Panel>
        </Grid>
    }
}

/// `/pay/invoice/:id`
#[component]
pub fn PayInvoicePage() -> impl IntoView {
    let (id, query) = (use_param::<PaymentSessionId>("id"), use_query_map());
    let key = move || (id(), query.with(|query| query.get("token")).unwrap_or_default());
    let gone = || ApiError::new(ErrorCode::NotFound, "Payment page not found. Open the invoice to pay it.");
    let page = fetch(key, move |(id, token)| async move { read_invoice_payment(id.ok_or_else(gone)?, token).await });
    view! { <Load data=page view=move |payment: PaymentSessionView| view! { <InvoicePayment payment token=key().1/> }/> }.into_any()
}

#[component]
fn InvoicePayment(payment: PaymentSessionView, token: String) -> impl IntoView {
    let amount = payment.amount.to_string();
    let body = if payment.is_open {
        let decide = DecideInvoicePayment { id: payment.id, token, choice: SandboxChoice::Approve };
        view! {
            <Form action=decide on_done=Callback::new(|path: String| redirect(&path)) class=tw!("grid gap-3 mt-6 max-w-94")>
                <SandboxResult declined="Card declined. The invoice stays open."/>
                <Submit block=true size=Size::Large>{format!("Pay {}", payment.amount)}</Submit>
            </Form>
        }
        .into_any()
    } else {
        view! { <p class="mt-6 text-14" role="status">"This payment page was used or has expired. Open the invoice to pay it."</p> }.into_any()
    };
    view! {
        <Grid columns=Columns::Order>
            <div class="min-w-0">
                <PublicHead title="Sandbox payment" lead="Test mode: this page replaces the payment provider. You won't be charged."/>
                <Banner notice=Notice::Simulated boxed=true>"No money is charged. Webhooks are signed and delivered like a real provider's."</Banner>
                {body}
            </div>
            <Panel title="To pay">
                <Sum label="To pay"><SumRow label=format!("Invoice {}", payment.invoice_number) amount kind=SumKind::Total/></Sum>
            </Panel>
        </Grid>
    }
}
