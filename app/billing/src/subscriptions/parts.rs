//! What the page of a subscription shows.

use super::server_fns::{CancelOwnSubscription, CancelSubscription, KeepOwnSubscription, KeepSubscription, UnscheduleChange, UnscheduleOwnChange};
use super::{change::ChangeButton, end::EndButton, reactivate::ReactivateButton};
use app_kit::{prelude::*, time::day};
use model::{
    Time,
    billing::{
        coupons::SubscriptionCoupon,
        payments::PaymentMethodView,
        products::BillingCycle,
        subscriptions::{Cancellation, ScheduledChange, SubscriptionDetail, SubscriptionItem, SubscriptionStatus, SubscriptionView, Upcoming},
    },
    ids::{InvoiceId, SubscriptionId},
    money::Money,
    permission::{SubscriptionsDelete, SubscriptionsWrite},
};

/// Status of a subscription; one that will end says so.
pub(super) fn status(subscription: &SubscriptionView) -> (State, &'static str) {
    match subscription.status {
        SubscriptionStatus::Active | SubscriptionStatus::Trialing if subscription.cancel_at.is_some() => (State::Warning, "Cancelling"),
        SubscriptionStatus::Trialing => (State::Ok, "Trial"),
        SubscriptionStatus::Active => (State::Ok, "Active"),
        SubscriptionStatus::PastDue => (State::Failing, "Past due"),
        SubscriptionStatus::Suspended => (State::Failing, "Suspended"),
        SubscriptionStatus::Cancelled => (State::Stopped, "Cancelled"),
    }
}

/// What can be done with it.
#[component]
pub(super) fn Actions(detail: Live<SubscriptionDetail>, scope: Scope) -> impl IntoView {
    let viewer = use_viewer();
    let holds = |platform: bool| match &scope {
        Scope::Platform if platform => viewer.as_ref().is_some_and(|viewer| viewer.holds::<SubscriptionsDelete>()),
        Scope::Platform => viewer.as_ref().is_some_and(|viewer| viewer.holds::<SubscriptionsWrite>()),
        Scope::Tenant(slug) => !platform && viewer.as_ref().is_some_and(|viewer| viewer.holds_in::<SubscriptionsWrite>(slug)),
    };
    let (may_change, may_end) = (holds(false), holds(true));
    detail.show(
        |detail| {
            let subscription = &detail.subscription;
            let has_ended = subscription.status == SubscriptionStatus::Cancelled;
            let can_act = !has_ended || detail.reactivate_until.is_some();
            can_act.then(|| (has_ended, (subscription.id, subscription.product_name.clone(), detail.cancellation, subscription.cancel_at)))
        },
        move |found| {
            let scope = scope.clone();
            found.map(|(has_ended, (id, product, cancellation, cancel_at))| {
                if has_ended {
                    return may_change.then(|| view! { <ReactivateButton id product scope/> }).into_any();
                }
                view! {
                    {may_change.then(|| match cancel_at {
                        Some(_) => view! { <Keep id scope=scope.clone()/> }.into_any(),
                        None => view! { <ChangeButton id product=product.clone() scope=scope.clone()/><Cancel id product=product.clone() cancellation scope=scope.clone()/> }.into_any(),
                    })}
                    {may_end.then(|| view! { <EndButton id product/> })}
                }
                .into_any()
            })
        },
    )
}

#[component]
fn Cancel(id: SubscriptionId, product: String, cancellation: Option<Cancellation>, scope: Scope) -> impl IntoView {
    let what = match cancellation {
        Some(Cancellation { ends_at, data_kept_until: Some(until) }) => format!(
            "Everything keeps running until {}. Then its CloudPods go offline. Their data is kept until {} and deleted afterwards. You can undo this until the subscription ends.",
            day(ends_at),
            day(until),
        ),
        Some(Cancellation { ends_at, data_kept_until: None }) => {
            format!("Everything keeps running until {}. Then the domain is not renewed. You can undo this until the subscription ends.", day(ends_at))
        }
        None => "The period that was paid is over. Pay the open invoice first; then the subscription can be cancelled.".to_owned(),
    };
    let ask = Ask::new(format!("Cancel {product}?"), what).label("Cancel subscription").dismiss("Keep subscription");
    match scope {
        Scope::Platform => view! { <ActionButton call=CancelSubscription { id } label="Cancel subscription" ask/> }.into_any(),
        Scope::Tenant(slug) => view! { <ActionButton call=CancelOwnSubscription { slug, id } label="Cancel subscription" ask/> }.into_any(),
    }
}

#[component]
fn Keep(id: SubscriptionId, scope: Scope) -> impl IntoView {
    match scope {
        Scope::Platform => view! { <ActionButton call=KeepSubscription { id } label="Keep subscription" kind=Kind::Primary/> }.into_any(),
        Scope::Tenant(slug) => {
            view! { <ActionButton call=KeepOwnSubscription { slug, id } label="Keep subscription" kind=Kind::Primary/> }.into_any()
        }
    }
}

/// What is overdue and what follows, with the way to pay; or when it ends.
#[component]
pub(super) fn StatusNotice(detail: Live<SubscriptionDetail>, scope: Scope) -> impl IntoView {
    detail.show(
        |detail| {
            let open =
                detail.invoices.iter().rev().find(|invoice| invoice.open.minor > 0).map(|invoice| (invoice.id, invoice.number.clone(), invoice.open));
            let at = |wanted: Upcoming| detail.upcoming.iter().find(|(_, step)| *step == wanted).map(|(at, _)| *at);
            let ends = (at(Upcoming::Termination), detail.reactivate_until);
            (detail.subscription.status, open, at(Upcoming::Suspension), ends, detail.subscription.cancel_at)
        },
        move |(status, open, suspends, (terminates, reactivate_until), end): (
            SubscriptionStatus,
            Option<(InvoiceId, String, Money)>,
            Option<Time>,
            (Option<Time>, Option<Time>),
            Option<Time>,
        )| {
            let unpaid = open.as_ref().map(|(_, number, amount)| format!("{amount} of invoice {number} is overdue.")).unwrap_or_default();
            let words = match (status, suspends, terminates, end) {
                (SubscriptionStatus::PastDue, Some(at), ..) => format!("{unpaid} Its CloudPods are suspended on {} if it stays unpaid.", day(at)),
                (SubscriptionStatus::Suspended, _, Some(at), _) => {
                    format!("{unpaid} Its CloudPods are offline. The subscription is terminated on {} if it stays unpaid.", day(at))
                }
                (SubscriptionStatus::PastDue | SubscriptionStatus::Suspended, _, _, Some(at)) => {
                    format!("{unpaid} The subscription ends on {}.", day(at))
                }
                (SubscriptionStatus::Active | SubscriptionStatus::Trialing, _, _, Some(at)) => {
                    format!("Ends on {}. Until then everything keeps running.", day(at))
                }
                (SubscriptionStatus::Cancelled, ..) => {
                    let until = reactivate_until?;
                    let first =
                        open.as_ref().map(|(_, number, amount)| format!(" {amount} of invoice {number} must be paid first.")).unwrap_or_default();
                    format!(
                        "Ended. Its CloudPods are offline. Their data is kept until {}, and you can reactivate the subscription until then.{first}",
                        day(until)
                    )
                }
                (SubscriptionStatus::Trialing, ..) => "Free trial. Nothing is charged before the next period begins.".to_owned(),
                _ => return None,
            };
            let is_good = matches!(status, SubscriptionStatus::Active | SubscriptionStatus::Trialing);
            let path = open.filter(|_| !is_good).map(|(id, ..)| scope.path(&format!("invoices/{id}")));
            let action = move || path.clone().map(|path| view! { <LinkButton href=path size=Size::Small>"Open invoice"</LinkButton> });
            let notice = if is_good { Notice::Maintenance } else { Notice::Failing };
            Some(view! { <Banner notice boxed=true action>{words}</Banner> })
        },
    )
}

/// The change that is scheduled, with the way to take it back.
#[component]
pub(super) fn ScheduledNotice(detail: Live<SubscriptionDetail>, scope: Scope) -> impl IntoView {
    detail.show(
        |detail| detail.scheduled.clone().map(|scheduled| (detail.subscription.id, scheduled)),
        move |scheduled: Option<(SubscriptionId, ScheduledChange)>| {
            let scope = scope.clone();
            scheduled.map(|(id, change)| {
                let words = format!(
                    "Changes to {} on {}. That period costs {} with VAT ({}).",
                    change.products.join(", "),
                    day(change.at),
                    change.total,
                    change.cycle.per(),
                );
                let action = move || match scope.clone() {
                    Scope::Platform => view! { <ActionButton call=UnscheduleChange { id } label="Cancel change" size=Size::Small/> }.into_any(),
                    Scope::Tenant(slug) => {
                        view! { <ActionButton call=UnscheduleOwnChange { slug, id } label="Cancel change" size=Size::Small/> }.into_any()
                    }
                };
                view! { <Banner notice=Notice::Maintenance boxed=true action>{words}</Banner> }
            })
        },
    )
}

const fn total_label(cycle: BillingCycle) -> &'static str {
    match cycle {
        BillingCycle::Monthly => "Total per month",
        BillingCycle::Yearly => "Total per year",
    }
}

/// The plan and its add-ons, and what they cost.
#[component]
pub(super) fn Items(detail: Live<SubscriptionDetail>) -> impl IntoView {
    let sums = |detail: &SubscriptionDetail| {
        ((detail.items.clone(), detail.coupon.clone()), detail.net, detail.tax_rate_bp, detail.tax, detail.total, detail.subscription.cycle)
    };
    view! {
        <Panel title="Items">
            {detail.show(sums, |((items, coupon), net, rate_bp, tax, total, cycle): ((Vec<SubscriptionItem>, Option<SubscriptionCoupon>), Money, i32, Money, Money, _)| view! {
                <Sum label="Items">
                    {items.into_iter().map(|item| view! {
                        <SumRow label=item.product_name note=format!("{} × {}", item.quantity, item.price) amount=item.net.to_string()/>
                    }).collect_view()}
                    {coupon.map(|coupon| view! {
                        <SumRow label=format!("Coupon {}", coupon.label()) amount=Money::new(-coupon.discount.minor, coupon.discount.currency).to_string()/>
                    })}
                    <SumRow label="Subtotal" amount=net.to_string() kind=SumKind::Part/>
                    <SumRow label=crate::tax_label(rate_bp) amount=tax.to_string()/>
                    <SumRow label=total_label(cycle) amount=total.to_string() kind=SumKind::Total/>
                </Sum>
            })}
        </Panel>
    }
}

const fn upcoming_label(step: Upcoming) -> &'static str {
    match step {
        Upcoming::Invoice => "The next invoice is issued",
        Upcoming::Charge => "The invoice is due and charged to the saved card",
        Upcoming::Retry => "The charge is tried again",
        Upcoming::Renewal => "The next period begins",
        Upcoming::PlanChange => "The scheduled change is made",
        Upcoming::PriceChange => "The new price takes effect",
        Upcoming::Suspension => "CloudPods are suspended if the invoice is still unpaid",
        Upcoming::Termination => "The subscription is terminated if the invoice is still unpaid",
        Upcoming::End => "The subscription ends",
    }
}

/// What happens next.
#[component]
pub(super) fn Schedule(detail: Live<SubscriptionDetail>) -> impl IntoView {
    view! {
        <Panel title="What happens next" flush=true>
            {detail.show(|detail| detail.upcoming.clone(), |steps: Vec<(Time, Upcoming)>| {
                if steps.is_empty() {
                    return view! { <p class="px-panel py-3 text-13 text-2">"Nothing. This subscription has ended."</p> }.into_any();
                }
                view! {
                    <Feed>{steps.into_iter().map(|(at, step)| view! {
                        <li class="grid grid-cols-[96px_minmax(0,1fr)] gap-3 px-panel py-2 border-t border-line first:border-t-0">
                            <span class="text-3 text-12 leading-5">{day(at)}</span><span class="min-w-0">{upcoming_label(step)}</span>
                        </li>
                    }).collect_view()}</Feed>
                }.into_any()
            })}
        </Panel>
    }
}

/// The card that is charged.
#[component]
pub(super) fn Method(detail: Live<SubscriptionDetail>, staff: bool) -> impl IntoView {
    view! {
        <Panel title="Payment method">
            {detail.show(|detail| detail.method.clone(), move |method: Option<PaymentMethodView>| match method {
                Some(card) => view! { <p class="text-13">{card.label()}<span class="block text-3">{format!("Expires {:02}/{}", card.expires_month, card.expires_year)}</span></p> }.into_any(),
                None if staff => view! { <p class="text-13 text-2">"No usable card. Invoices must be paid manually."</p> }.into_any(),
                None => view! { <p class="text-13 text-2">"No usable card. Pay the next invoice with a card to save it."</p> }.into_any(),
            })}
        </Panel>
    }
}
