//! Subscriptions: list.

use super::server_fns::list_subscriptions;
use app_kit::prelude::*;
use model::billing::subscriptions::{SubscriptionStatus, SubscriptionView};

fn status(status: SubscriptionStatus) -> (State, &'static str) {
    match status {
        SubscriptionStatus::Active => (State::Ok, "Active"),
        SubscriptionStatus::Cancelled => (State::Stopped, "Cancelled"),
    }
}

/// `/admin/subscriptions`
#[component]
pub fn SubscriptionsPage() -> impl IntoView {
    type C = Col<SubscriptionView>;
    let columns = vec![
        C::name("Product", |row| (format!("/admin/products/{}", row.product_code), row.product_name.clone(), "")),
        C::state("Status", |row| status(row.status)),
        C::link("Customer", |row| (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone())),
        C::text("CloudPod", |row| row.pod_name.clone().unwrap_or_else(|| "None".to_owned())),
        C::number("Price", |row| format!("{} {}", row.price, row.cycle.per())),
        C::day("Renews", |row| row.renews_at),
    ];
    view! {
        <PageHead title="Subscriptions" note=|| "Recurring plans and add-ons, with their CloudPods."/>
        <Listing
            path="/admin/subscriptions" label="Subscriptions" data=fetch_list(list_subscriptions) columns key=|row| row.id.to_string()
            states=vec![("ACTIVE", "Active"), ("CANCELLED", "Cancelled")] verb="started" at=|row| row.started_at
            empty=("No subscriptions yet", "Subscriptions appear here after the first order.")
        />
    }
    .into_any()
}
