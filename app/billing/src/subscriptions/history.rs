//! What has happened to a subscription, for staff.

use super::server_fns::read_subscription_history;
use app_kit::prelude::*;
use model::{
    billing::revenue::MovementRow,
    billing::subscriptions::{SubscriptionEvent, SubscriptionHistory, SubscriptionStatus},
    ids::SubscriptionId,
};

/// The events of the record, and the movements of recurring revenue. They are fetched anew when the status has changed.
#[component]
pub(super) fn History(id: SubscriptionId, status: SubscriptionStatus) -> impl IntoView {
    let data = fetch(move || (id, status), |(id, _)| read_subscription_history(id));
    view! {
        <Load data view=|history: SubscriptionHistory| {
            let SubscriptionHistory { events, movements } = history;
            view! {
                <Stack>
                    <Panel title="History" note="From the audit log" flush=true>
                        {events.is_empty().then(|| view! { <p class="p-panel text-13 text-2">"No events yet."</p> })}
                        <Feed>{events.into_iter().map(event).collect_view()}</Feed>
                    </Panel>
                    <Panel title="Revenue movements" note="How it changed monthly recurring revenue, excl. VAT">
                        {movements.is_empty().then(|| view! { <p class="text-13 text-2">"No revenue movements yet."</p> })}
                        {(!movements.is_empty()).then(|| view! { <Sum label="Revenue movements">{movements.into_iter().map(moved).collect_view()}</Sum> })}
                    </Panel>
                </Stack>
            }
        }/>
    }
}

fn moved(movement: MovementRow) -> impl IntoView {
    let amount = if movement.amount.minor > 0 { format!("+{}", movement.amount) } else { movement.amount.to_string() };
    view! { <SumRow label=movement.kind.title() note=full(movement.at) amount/> }
}

fn event(event: SubscriptionEvent) -> AnyView {
    let action = event.action.to_ascii_lowercase().replace('_', " ");
    view! {
        <FeedItem at=event.at>
            <b>{event.actor}</b>": "{action}" "<span class="text-2">{event.product_name}</span>
            {event.changes.into_iter().map(|line| view! { <span class="block text-12 text-3">{line}</span> }).collect_view()}
        </FeedItem>
    }
    .into_any()
}
