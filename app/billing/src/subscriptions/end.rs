//! Ending a subscription at once, with a preview of what can be credited.

use super::server_fns::{EndSubscription, preview_end};
use app_kit::{prelude::*, time::day};
use model::{billing::subscriptions::EndPreview, ids::SubscriptionId, money::Money};

/// The button that opens the preview.
#[component]
pub(super) fn EndButton(id: SubscriptionId, product: String) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <Button kind=Kind::DangerOutline on:click=move |_| open.set(true)>"End now"</Button>
        <Dialog open title=format!("End {product} now?")>
            <Ending id open/>
        </Dialog>
    }
}

#[component]
fn Ending(id: SubscriptionId, open: RwSignal<bool>) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let preview = fetch(|| (), move |()| async move { preview_end(id).await });
    view! { <Load data=preview view={move |preview: EndPreview| view! { <Confirm id open typed preview/> }}/> }
}

#[component]
fn Confirm(id: SubscriptionId, open: RwSignal<bool>, typed: RwSignal<String>, preview: EndPreview) -> impl IntoView {
    let name = StoredValue::new(preview.product_name.clone());
    let unsure = Signal::derive(move || name.with_value(|name| typed.get().trim() != name));
    let done = Callback::new(move |()| open.set(false));
    let call = EndSubscription { id, confirm_name: String::new(), credit: None, at: Some(preview.at), total: Some(preview.total.minor) };
    let submit = move || view! { <Submit kind=Kind::Danger disabled=unsure>"End subscription"</Submit> };
    let what = match preview.data_kept_until {
        Some(until) => format!("It ends at once. Its CloudPods go offline now; their data is kept until {} and deleted afterwards.", day(until)),
        None => "It ends at once. The domain is no longer renewed. Years that the registry has not delivered are refunded.".to_owned(),
    };
    let label = format!("Type {} to confirm", preview.product_name);
    view! {
        <Form action=call on_done=done refetch=true class=tw!("contents")>
            <DialogBody open submit>
                <p>{what}</p>
                <Credit preview/>
                <Input name="confirm_name" label bind=typed autocomplete="off"/>
            </DialogBody>
        </Form>
    }
}

/// The unused time, and the choice to credit it, which is off by default.
#[component]
fn Credit(preview: EndPreview) -> impl IntoView {
    if preview.total.minor == 0 {
        // Of a domain, what is refunded was said above.
        let none = "Payments are not refunded. There is no unused time to credit.";
        return preview.data_kept_until.map(|_| view! { <p>{none}</p> }).into_any();
    }
    let credit = Money::new(-preview.total.minor, preview.total.currency).to_string();
    let help = format!("{credit} is added to the account credit. Otherwise nothing is credited.");
    view! {
        <Sum label="Unused time">
            {preview.lines.into_iter().map(|line| view! { <SumRow label=line.description note=line.note amount=line.net.to_string()/> }).collect_view()}
            <SumRow label="Subtotal" amount=preview.net.to_string() kind=SumKind::Part/>
            <SumRow label="VAT" amount=preview.tax.to_string()/>
            <SumRow label="Account credit" amount=credit kind=SumKind::Total/>
        </Sum>
        <Checkbox name="credit" label="Credit unused time" help/>
    }
    .into_any()
}
