//! What staff do about an invoice that a customer has not paid.

use super::server_fns::{ChargeSubscription, EndSubscriptionExtension, ExtendSubscriptionDeadline};
use app_kit::{
    prelude::*,
    time::{self, day},
};
use chrono::Duration;
use model::{
    billing::subscriptions::{SubscriptionDetail, SubscriptionStatus},
    ids::SubscriptionId,
    permission::SubscriptionsWrite,
};

/// The buttons, while an invoice is open.
#[component]
pub(super) fn OverdueActions(detail: Live<SubscriptionDetail>) -> impl IntoView {
    let may = use_viewer().is_some_and(|viewer| viewer.holds::<SubscriptionsWrite>());
    detail.show(
        move |detail| {
            let subscription = &detail.subscription;
            let goes_on = may && subscription.status != SubscriptionStatus::Cancelled;
            let is_overdue = matches!(subscription.status, SubscriptionStatus::PastDue | SubscriptionStatus::Suspended);
            let is_open = detail.invoices.iter().any(|invoice| invoice.open.minor > 0);
            goes_on.then(|| (subscription.id, is_overdue && detail.method.is_some(), is_open, detail.extended_until))
        },
        |found| {
            found.map(|(id, can_charge, is_open, extended_until)| {
                view! {
                    {can_charge.then(|| {
                        let what = "The next saved card is charged with the overdue invoice. It counts as one of the attempts in the payment terms.";
                        let ask = Ask::new("Charge the overdue invoice now?", what).label("Charge now");
                        let toast = ("Charge accepted", "The invoice is paid, or its payment is being processed.".to_owned());
                        view! { <ActionButton call=ChargeSubscription { id } label="Charge now" ask toast/> }
                    })}
                    {is_open.then(|| view! { <Extend id/> })}
                    {extended_until.map(|until| {
                        let what = format!("The customer has until {} to pay. If you end the extension, the payment terms apply again: charges, suspensions and terminations that are overdue are carried out now.", day(until));
                        let ask = Ask::new("End the extension?", what).label("End extension");
                        view! { <ActionButton call=EndSubscriptionExtension { id } label="End extension" ask/> }
                    })}
                }
            })
        },
    )
}

#[component]
fn Extend(id: SubscriptionId) -> impl IntoView {
    let open = RwSignal::new(false);
    let done = Callback::new(move |()| open.set(false));
    let day = |days: i64| time::now().checked_add_signed(Duration::days(days)).unwrap_or_default().format("%Y-%m-%d").to_string();
    let until = day(7);
    view! {
        <Button on:click=move |_| open.set(true)>"Extend deadline"</Button>
        <Dialog open title="Extend the payment deadline?">
            <Form action=ExtendSubscriptionDeadline { id, until: until.clone(), reason: String::new() } on_done=done refetch=true class=tw!("contents")>
                <DialogBody open submit=|| view! { <Submit>"Extend deadline"</Submit> }>
                    <p>"Until the end of this day (UTC) no card is charged automatically, and nothing is suspended or terminated for an unpaid invoice. Reminders show the new deadline. CloudPods that are suspended stay offline until the invoice is paid."</p>
                    <Input name="until" kind="date" label="Extend until" min=day(0) max=day(90)/>
                    <Input name="reason" label="Reason"/>
                </DialogBody>
            </Form>
        </Dialog>
    }
}
