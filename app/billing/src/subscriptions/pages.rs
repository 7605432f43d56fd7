//! Subscriptions: list.

use super::server_fns::list_subscriptions;
use app_kit::prelude::*;
use model::billing::subscriptions::{SubscriptionStatus, SubscriptionView};

/// `/admin/subscriptions`
#[component]
pub fn SubscriptionsPage() -> impl IntoView {
    let data = fetch_list(list_subscriptions);
    let head = vec![
        (Column::Name, "Product"),
        (Column::State, "Status"),
        (Column::Text, "Customer"),
        (Column::Text, "CloudPod"),
        (Column::Number, "Price"),
        (Column::Number, "Renews"),
    ];
    view! {
        <PageHead title="Subscriptions" note=|| "Recurring plans and add-ons, with their CloudPods."/>
        <Listing
            path="/admin/subscriptions" label="Subscriptions" data head
            states=vec![("ACTIVE", "Active"), ("CANCELLED", "Cancelled")]
            verb="started" at=|row: &SubscriptionView| row.started_at
            empty=("No subscriptions yet", "Subscriptions appear here after the first order.")
            row=|row| view! { <SubscriptionRow row/> }
        />
    }
    .into_any()
}

#[component]
fn SubscriptionRow(row: SubscriptionView) -> impl IntoView {
    let state = match row.status {
        SubscriptionStatus::Active => view! { <Badge state=State::Ok word="Active"/> },
        SubscriptionStatus::Cancelled => view! { <Badge state=State::Stopped word="Cancelled"/> },
    };
    view! {
        <Tr>
            <TdName href=format!("/admin/products/{}", row.product_code) name=row.product_name.clone()/>
            <Td column=Column::State>{state}</Td>
            <Td label="Customer"><a href=format!("/admin/customers/{}", row.tenant)>{row.tenant_name.clone()}</a></Td>
            <Td label="CloudPod">{row.pod_name.clone().unwrap_or_else(|| "None".to_owned())}</Td>
            <Td column=Column::Number label="Price">{row.price.to_string()}" "<span class="text-3">{row.cycle.per()}</span></Td>
            <Td column=Column::Number label="Renews"><At at=row.renews_at date=true/></Td>
        </Tr>
    }
}
