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

#[component]
pub(super) fn Order() -> impl IntoView {
    view! {
        <Stages stages=vec![("Order", Some("#".to_owned())), ("Payment", None), ("Provisioning", None)] now=1/>
        <Tabs label="CloudPods by status" tabs=vec![Tab { count: Some(461), ..Tab::new("All", "#", true) }, Tab { count: Some(425), ..Tab::new("Running", "#", false) }, Tab::new("Failing", "#", false)]/>
        <OrderSum/>
    }
}
