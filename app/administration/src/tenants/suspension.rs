//! Suspending a customer account, and lifting that.

use super::server_fns::{SuspendCustomer, UnsuspendCustomer};
use app_kit::prelude::*;
use model::{
    administration::tenants::{CustomerView, TenantStatus},
    hosting::suspensions::SuspensionReason,
    ids::TenantId,
    permission::CustomersManage,
};

/// The button for who may: suspends an active account, and lifts the suspension of another one.
#[component]
pub fn SuspensionActions(view: Live<CustomerView>) -> impl IntoView {
    let may = use_viewer().is_some_and(|viewer| viewer.holds::<CustomersManage>());
    view.show(
        move |view| may.then(|| (view.customer.id, view.customer.name.clone(), view.customer.status)),
        |found| {
            found.map(|(id, name, status)| match status {
                TenantStatus::Active => view! { <SuspendAccount id name/> }.into_any(),
                TenantStatus::Suspended => {
                    let ask = Ask::new(
                        format!("Lift the suspension of {name}?"),
                        "CloudPods come back online unless they have another reason to be suspended.",
                    )
                    .label("Lift suspension");
                    view! { <ActionButton call=UnsuspendCustomer { id } label="Lift suspension" kind=Kind::Primary ask/> }.into_any()
                }
                TenantStatus::Closed => ().into_any(),
            })
        },
    )
}

#[component]
fn SuspendAccount(id: TenantId, name: String) -> impl IntoView {
    let open = RwSignal::new(false);
    let done = Callback::new(move |()| open.set(false));
    let options: Vec<_> = SuspensionReason::given().map(|reason| (reason.to_string(), reason.title().to_owned())).collect();
    let options = StoredValue::new(options);
    let reason = RwSignal::new(SuspensionReason::NonPayment.to_string());
    let meanwhile = move || renewals(reason.with(|reason| reason.parse()).unwrap_or(SuspensionReason::NonPayment));
    view! {
        <Button on:click=move |_| open.set(true)>"Suspend account"</Button>
        <Dialog open title=format!("Suspend {name}?")>
            <Form action=SuspendCustomer { id, reason: SuspensionReason::NonPayment } on_done=done refetch=true class=tw!("contents")>
                <DialogBody open submit=|| view! { <Submit kind=Kind::Danger>"Suspend account"</Submit> }>
                    <p>"All CloudPods of the account are suspended. Members can only view subscriptions and pay invoices. The customer\u{2019}s billing address is notified by email."</p>
                    <Select name="reason" label="Reason" options=options.get_value() bind=reason/>
                    <p>{meanwhile}</p>
                </DialogBody>
            </Form>
        </Dialog>
    }
}

/// What happens to the subscriptions meanwhile.
fn renewals(reason: SuspensionReason) -> &'static str {
    match reason {
        SuspensionReason::NonPayment => "A subscription that has an overdue invoice is not renewed until it is paid. The others renew as usual.",
        _ => "Subscriptions renew and are charged as usual. Issue a credit note if the customer should not pay for this time.",
    }
}

/// Why the account is suspended.
#[component]
pub fn AccountSuspended(view: Live<CustomerView>) -> impl IntoView {
    view.show(
        |view| view.customer.suspension_reason,
        |reason| reason.map(|reason| view! { <div class="mb-4"><Banner notice=Notice::Maintenance boxed=true>{format!("Suspended: {}.", reason.title())}</Banner></div> }),
    )
}
