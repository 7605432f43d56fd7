//! What cancelling a subscription would lead to, shown before anybody cancels.

use app_kit::{prelude::*, time::day};
use model::billing::subscriptions::{Cancellation, SubscriptionDetail};

/// The panel; nothing where it cannot be cancelled.
#[component]
pub(super) fn IfCancelled(detail: Live<SubscriptionDetail>) -> impl IntoView {
    detail.show(
        |detail| detail.cancellation,
        |found: Option<Cancellation>| {
            found.map(|Cancellation { ends_at, data_kept_until }| {
                let ends = format!("Everything keeps running until {}, the end of the period that was paid.", day(ends_at));
                let rest = match data_kept_until {
                    Some(until) => format!("Files and databases are then kept until {}.", day(until)),
                    None => "The domain is not renewed then.".to_owned(),
                };
                view! {
                    <Panel title="If you cancel">
                        <p class="text-13 text-2">{format!("{ends} {rest} You can undo the cancellation until the subscription ends.")}</p>
                    </Panel>
                }
            })
        },
    )
}
