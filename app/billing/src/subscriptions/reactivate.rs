//! Taking back a subscription that has ended: what it costs, before it is confirmed.

use super::{
    change::{Costs, Obstacles},
    server_fns::{ReactivateOwnSubscription, ReactivateSubscription, preview_own_reactivation, preview_reactivation},
};
use app_kit::{prelude::*, time::day};
use model::{billing::subscriptions::ChangePreview, ids::SubscriptionId};

/// The button that opens the preview.
#[component]
pub(super) fn ReactivateButton(id: SubscriptionId, product: String, scope: Scope) -> impl IntoView {
    let open = RwSignal::new(false);
    let again = use_refetch();
    let done = Callback::new(move |()| {
        open.set(false);
        again.run(());
    });
    view! {
        <Button kind=Kind::Primary on:click=move |_| open.set(true)>"Reactivate"</Button>
        <Drawer open title="Reactivate subscription" note=product>
            {let scope = scope.clone(); move || { let scope = scope.clone(); open.get().then(|| view! { <Reactivation id scope done/> }) }}
        </Drawer>
    }
}

#[component]
fn Reactivation(id: SubscriptionId, scope: Scope, done: Callback<()>) -> impl IntoView {
    let of = scope.clone();
    let preview = fetch(
        || (),
        move |()| {
            let of = of.clone();
            async move {
                match of {
                    Scope::Platform => preview_reactivation(id).await,
                    Scope::Tenant(slug) => preview_own_reactivation(slug, id).await,
                }
            }
        },
    );
    view! { <Load data=preview view={move |preview: ChangePreview| view! { <Confirm id scope=scope.clone() preview done/> }}/> }
}

#[component]
fn Confirm(id: SubscriptionId, scope: Scope, preview: ChangePreview, done: Callback<()>) -> impl IntoView {
    if !preview.obstacles.is_empty() {
        return view! { <Obstacles title="This subscription can\u{2019}t be reactivated now" obstacles=preview.obstacles/> }.into_any();
    }
    let (at, total, due, total_then) = (preview.at, preview.total.minor, preview.due.minor, preview.total_then.minor);
    let label = if due > 0 { format!("Pay {} and reactivate", preview.due) } else { "Reactivate".to_owned() };
    let toast = ("Subscription reactivated", "Its CloudPods are being brought back online.".to_owned());
    let button = match scope {
        Scope::Platform => {
            view! { <ActionButton call=ReactivateSubscription { id, at, total, due, total_then } label kind=Kind::Primary on_done=done toast/> }.into_any()
        }
        Scope::Tenant(slug) => {
            view! { <ActionButton call=ReactivateOwnSubscription { slug, id, at, total, due, total_then } label kind=Kind::Primary on_done=done toast/> }
                .into_any()
        }
    };
    let when = match preview.lines.is_empty() {
        true => format!("The current period is already paid and runs until {}.", day(preview.renews_at)),
        false => format!("A new period starts today and runs until {}.", day(preview.renews_at)),
    };
    let (renews_at, then, per, coupon) = (preview.renews_at, preview.total_then, preview.cycle.per(), preview.coupon.clone());
    view! {
        <section class="grid gap-3">
            <p class="text-13 text-2">"Its CloudPods come back online with all their files and databases. "{when}</p>
            <Costs label="Cost of the reactivation" preview/>
            <p class="text-13 text-2">{format!("From {}: {then} {per} with VAT.", day(renews_at))}</p>
            {coupon.map(|coupon| view! { <p class="text-13 text-2">{coupon}</p> })}
            <p class="text-12 text-3">"You are charged exactly what is shown. If anything has changed when you confirm, nothing is charged."</p>
            {button}
        </section>
    }
    .into_any()
}
