//! The sandbox's payment page and the result page.

use super::{
    order::{CheckoutSteps, QuoteTable},
    server_fns::{DecidePayment, read_result},
};
use app_kit::{html_only::redirect, prelude::*};
use model::{
    administration::provisioning::{JobPage, JobStatus},
    billing::checkout::{CheckoutStatus, CheckoutView, SandboxChoice},
};
use std::time::Duration;

/// The form of the sandbox payment.
#[component]
pub fn PaymentForm(checkout: CheckoutView, token: String) -> impl IntoView {
    let (open, total) = (checkout.status == CheckoutStatus::Open, checkout.quote.total.to_string());
    let body = if open {
        let decide = DecidePayment { id: checkout.id, token, choice: SandboxChoice::Approve };
        view! {
            <Form action=decide on_done=Callback::new(|path: String| redirect(&path)) class=tw!("grid gap-3 mt-6 max-w-94")>
                <SandboxResult declined="Card declined. Nothing is provisioned." checkout=true/>
                <Submit block=true size=Size::Large>{format!("Continue ({total})")}</Submit>
            </Form>
        }
        .into_any()
    } else {
        view! { <p class="mt-6 text-14" role="status">"This order can no longer be paid: it was already paid, declined, or has expired."</p> }
            .into_any()
    };
    view! {
        <Grid columns=Columns::Order>
            <div class="min-w-0">
                <CheckoutSteps flow=Flow::At(1)/>
                <PublicHead title="Sandbox payment" lead="Test mode: this page replaces the payment provider. You won't be charged."/>
                <Banner notice=Notice::Simulated boxed=true>"No money is charged. Webhooks are signed and delivered like a real provider's."</Banner>
                {body}
            </div>
            <Panel title="Your order" note=checkout.domain.clone()><QuoteTable quote=checkout.quote note=|_: &str| String::new()/></Panel>
        </Grid>
    }
}

/// The simulated results.
#[component]
pub(crate) fn SandboxResult(
    /// What follows a decline.
    declined: &'static str,
    /// With what can be tried on an order only.
    #[prop(optional)]
    checkout: bool,
) -> impl IntoView {
    let choice = RwSignal::new("approve".to_owned());
    let card = |value: &str, title: &str, text: &str| Choice { text: text.to_owned(), ..Choice::new(value, title) };
    let thrice = card("approve_thrice", "Approve and send the webhook three times", "Tests duplicate webhook delivery.");
    let options = [
        card("approve", "Approve", "Payment succeeds. The card is saved for renewals."),
        card("decline", "Decline", declined),
        card("approve_once", "Approve once", "Payment succeeds. Renewals are declined: insufficient funds."),
        card("approve_lost", "Approve, then lose the card", "Payment succeeds. The first renewal is declined for good."),
    ];
    let options: Vec<_> = options.into_iter().chain(checkout.then_some(thrice)).collect();
    view! { <RadioCards name="choice" label="Simulated result" options=Signal::stored(options) bind=choice/> }
}

/// The order after payment: the live job, then the site.
#[component]
pub fn ResultView(checkout: CheckoutView, token: String) -> impl IntoView {
    match (checkout.status, checkout.job.clone()) {
        (CheckoutStatus::Paid, Some(job)) => view! { <ProvisioningView checkout job token/> }.into_any(),
        (CheckoutStatus::Declined, _) => view! {
            <CheckoutSteps flow=Flow::Failed(1)/>
            <PublicHead title="Payment declined" lead="You have not been charged."/>
            <div class="mt-6"><LinkButton href="/checkout" kind=Kind::Primary>"Start a new order"</LinkButton></div>
        }
        .into_any(),
        (CheckoutStatus::Expired, _) => view! {
            <CheckoutSteps flow=Flow::Failed(1)/>
            <PublicHead title="This order has expired" lead="It was not paid in time. You have not been charged."/>
            <div class="mt-6"><LinkButton href="/checkout" kind=Kind::Primary>"Start a new order"</LinkButton></div>
        }
        .into_any(),
        (CheckoutStatus::Open | CheckoutStatus::Paid, _) => view! { <AwaitingPayment/> }.into_any(),
    }
}

/// The payment is not confirmed yet: polls every two seconds.
#[component]
fn AwaitingPayment() -> impl IntoView {
    let refetch = use_refetch();
    Effect::new(move |_| {
        if let Ok(timer) = set_interval_with_handle(move || refetch.run(()), Duration::from_secs(2)) {
            on_cleanup(move || timer.clear());
        }
    });
    view! {
        <CheckoutSteps flow=Flow::At(1)/>
        <PublicHead title="Confirming payment" lead="Waiting for the payment provider. This page updates automatically."/>
    }
}

/// The provisioning job with its live log.
#[component]
fn ProvisioningView(checkout: CheckoutView, job: JobPage, token: String) -> impl IntoView {
    let live = use_live_job(job, Some(token.clone()));
    let status = move || live.view.with(|view| view.job.status);
    let title = move || match status() {
        JobStatus::Done => format!("{} is live", checkout.domain),
        JobStatus::Undone | JobStatus::Stuck => "Provisioning failed".to_owned(),
        _ => format!("Setting up {}", checkout.domain),
    };
    let lead = move || match status() {
        JobStatus::Done => "We loaded the site and it shows your title.".to_owned(),
        JobStatus::Undone => "All changes were rolled back. Your payment is recorded and our team can see this order.".to_owned(),
        JobStatus::Stuck => "Your payment is recorded and our team can see this order.".to_owned(),
        _ => "You can close this page. Setup continues in the background.".to_owned(),
    };
    let flow = move || match status() {
        JobStatus::Done => Flow::Done,
        JobStatus::Undone | JobStatus::Stuck => Flow::Failed(2),
        _ => Flow::At(2),
    };
    let id = checkout.id;
    let site = Resource::new(status, move |_| {
        let token = token.clone();
        async move { read_result(id, token).await.ok().and_then(|result| result.site_url) }
    });
    view! {
        <CheckoutSteps flow=Signal::derive(flow)/>
        <PublicHead title=Signal::derive(title) lead=Signal::derive(lead)/>
        <p class="sr-only" role="status">{move || live.view.with(|view| view.job.step.clone().unwrap_or_else(|| view.job.status.to_string()))}</p>
        <div class="flex flex-wrap items-center gap-3 mt-4 mb-6 empty:hidden">
            <Transition>{move || Suspend::new(async move {
                let url = site.await.filter(|_| status() == JobStatus::Done);
                url.map(|url| view! { <LinkButton href=url kind=Kind::Primary size=Size::Large external=true>"Open site"</LinkButton> })
            })}</Transition>
        </div>
        <Grid columns=Columns::Job>
            <Stack>
                <Panel title="Steps" note=Signal::derive(move || live.view.with(|view| steps_words(&view.steps)))>
                    <Steps steps=Signal::derive(move || live.view.with(|view| view.steps.clone()))/>
                </Panel>
                <Panel title="Your order" note=checkout.invoice_number.clone().map(|number| format!("Invoice {number}, sent to {}", checkout.email)).unwrap_or_default()>
                    <QuoteTable quote=checkout.quote.clone() note=|_: &str| String::new() total="Paid"/>
                </Panel>
            </Stack>
            <LiveLog events=live.events link=live.shown_link()/>
        </Grid>
    }
}
