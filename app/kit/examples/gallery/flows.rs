//! The order beside the questions.

use app_kit::prelude::*;

/// The sum of an order.
#[component]
pub(crate) fn OrderSum() -> impl IntoView {
    view! {
        <Panel title="Your order">
            <Sum label="Your order">
                <SumRow label="CloudPod M" note="12 months, 2 CPU, 4 GB, 60 GB" amount="€190.00"/>
                <SumRow label="Backups" note="12 months, daily, kept 30 days" amount="€30.00"/>
                <SumRow label="Subtotal" amount="€220.00" kind=SumKind::Part/>
                <SumRow label="VAT 21 %" note="Netherlands" amount="€46.20"/>
                <SumRow label="Due today" amount="€266.20" kind=SumKind::Total/>
            </Sum>
            <ActionBar><Button kind=Kind::Primary size=Size::Large block=true icon=Symbol::Lock>"Pay €266.20"</Button></ActionBar>
            <p class="mt-3 text-3 text-12">"Card or bank, on the payment page. Full refund within 14 days."</p>
        </Panel>
    }
}

/// The steps of an order; one can go back to its questions.
pub(crate) fn checkout_steps() -> Vec<FlowStep> {
    vec![FlowStep::new("Order").href("#"), FlowStep::new("Payment"), FlowStep::new("Ready")]
}

/// The steps of an order in every state, tabs, and the sum.
#[component]
pub(super) fn Order() -> impl IntoView {
    view! {
        {[Flow::At(0), Flow::At(1), Flow::Failed(1), Flow::At(2), Flow::Done].map(|flow| view! { <Stepper label="Checkout steps" steps=checkout_steps() flow/> })}
        <Tabs label="CloudPods by status" tabs=vec![Tab { count: Some(461), ..Tab::new("All", "#", true) }, Tab { count: Some(425), ..Tab::new("Running", "#", false) }, Tab::new("Failing", "#", false)]/>
        <OrderSum/>
    }
}
