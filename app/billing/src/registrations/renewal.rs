//! Automatic renewal of a domain: its subscription goes on or ends.

use super::restore::Restore;
use crate::subscriptions::server_fns::{CancelOwnSubscription, KeepOwnSubscription};
use app_kit::prelude::*;
use model::hosting::registrations::{RegistrationStatus, RegistrationView};

/// Whether a domain is renewed by itself, and for whoever may the button that changes it.
#[component]
pub fn Renewal(
    /// The registration.
    view: RegistrationView,
    /// The account, for a viewer who may.
    slug: Option<String>,
) -> impl IntoView {
    let is_over = view.is_subscription_ended && view.row.status == RegistrationStatus::Active;
    if is_over || view.row.status == RegistrationStatus::Redemption {
        return slug.map(|slug| view! { <Restore view slug/> }).into_any();
    }
    let id = view.subscription;
    let action = slug.map(|slug| {
        if view.row.auto_renew {
            let ask = Ask::new(
                "Turn automatic renewal off?",
                "The domain stays yours until it expires. After that it stops working, and anybody can register it later.",
            );
            view! { <ActionButton call=CancelOwnSubscription { slug, id } label="Turn off" ask=ask.label("Turn renewal off")/> }.into_any()
        } else {
            view! { <ActionButton call=KeepOwnSubscription { slug, id } label="Turn on" kind=Kind::Primary/> }.into_any()
        }
    });
    let text = if view.row.auto_renew {
        "Automatic renewal is on. The next year is invoiced 30 days ahead and renewed once it is paid."
    } else {
        "Automatic renewal is off. The domain ends when it expires."
    };
    view! { <Panel title="Renewal"><p class="text-13 text-2 mb-3">{text}</p>{action}</Panel> }.into_any()
}
