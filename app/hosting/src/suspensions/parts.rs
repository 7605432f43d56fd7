//! What the page of a CloudPod shows of its suspensions.

use super::server_fns::{SuspendPod, UnsuspendPod, preview_suspension, preview_unsuspend};
use crate::cloudpods::plan::ServerPlan;
use app_kit::prelude::*;
use model::{
    hosting::{
        cloudpods::{PodStatus, PodView},
        suspensions::{SuspensionReason, SuspensionView},
    },
    ids::CloudPodId,
    permission::CloudpodsManage,
};

fn may_change() -> bool {
    use_viewer().is_some_and(|viewer| viewer.holds::<CloudpodsManage>())
}

/// Why the pod is suspended; staff lift each reason here.
#[component]
pub fn SuspensionNotice(
    /// The pod.
    pod: Live<PodView>,
    /// Show what is for staff.
    staff: bool,
) -> impl IntoView {
    let changes = staff && may_change();
    // An owner can pay without contacting support.
    let invoices = use_scope().path("invoices");
    pod.show(
        |view| (view.pod.id, view.pod.status, view.suspensions.clone()),
        move |(id, status, reasons): (CloudPodId, PodStatus, Vec<SuspensionView>)| {
            (status.is_placed() && !reasons.is_empty()).then(|| {
                let words = if status == PodStatus::Suspended {
                    "Suspended. Visitors see a \u{201c}Temporarily unavailable\u{201d} page; data is kept."
                } else {
                    "Suspension requested. The site is being taken offline; data is kept."
                };
                let is_unpaid = !staff && reasons.iter().any(|one| one.reason == SuspensionReason::NonPayment);
                let is_all = reasons.iter().all(|one| one.reason == SuspensionReason::NonPayment);
                let rest = match (staff, is_unpaid, is_all) {
                    (true, _, _) => "",
                    (false, true, true) => " Pay the open invoice to bring the site back online.",
                    (false, true, false) => " Pay the open invoice, and contact support about the other reasons.",
                    (false, false, _) => " Contact support to bring the site back online.",
                };
                let is_last = reasons.len() == 1;
                let to = invoices.clone();
                let pay = move || is_unpaid.then(|| view! { <LinkButton href=to.clone() size=Size::Small>"Open invoices"</LinkButton> });
                view! {
                    <div class="mb-4">
                        <Banner notice=Notice::Maintenance boxed=true action=pay>{format!("{words}{rest}")}</Banner>
                        <ul class="mt-2 grid gap-2 text-13">
                            {reasons.into_iter().map(|one| view! { <li class="flex flex-wrap items-center gap-3"><Reason id one changes is_last/></li> }).collect_view()}
                        </ul>
                    </div>
                }
            })
        },
    )
}

#[component]
fn Reason(id: CloudPodId, one: SuspensionView, changes: bool, is_last: bool) -> impl IntoView {
    let by = one.actor.map(|actor| format!(" by {actor}")).unwrap_or_default();
    let note = one.note.map(|note| format!(": {note}")).unwrap_or_default();
    view! {
        <span><b class="font-mid">{one.reason.title()}</b>{note}", since "<At at=one.since whole=true/>{by}</span>
        {(changes && one.reason != SuspensionReason::Account).then(|| {
            let reason = one.reason;
            let what = if is_last { "There is no other reason: the site comes back online." } else { "The site stays offline until all other reasons are lifted." };
            let ask = Ask::new(format!("Lift \"{}\"?", reason.title()), what).label("Lift suspension");
            let more = move || is_last.then(|| view! { <ServerPlan plan=fetch(|| (), move |()| preview_unsuspend(id, reason))/> });
            view! { <ActionButton call=UnsuspendPod { id, reason } label="Lift suspension" size=Size::Small ask more/> }
        })}
    }
}

/// The button that suspends a pod, for who may and while a reason is left.
#[component]
pub fn Suspend(
    /// The pod.
    pod: Live<PodView>,
) -> impl IntoView {
    let may = may_change();
    let suspendable = move |view: &PodView| {
        let stands = view.pod.status.is_placed();
        let given = |reason: &SuspensionReason| view.suspensions.iter().any(|one| one.reason == *reason);
        let left: Vec<SuspensionReason> = SuspensionReason::given().filter(|reason| !given(reason)).collect();
        (may && stands && !left.is_empty()).then(|| (view.pod.id, view.pod.name.clone(), left))
    };
    pod.show(suspendable, |found| found.map(|(id, name, left)| view! { <SuspendButton id name left/> }))
}

#[component]
fn SuspendButton(id: CloudPodId, name: String, left: Vec<SuspensionReason>) -> impl IntoView {
    let open = RwSignal::new(false);
    let done = Callback::new(move |()| open.set(false));
    let options: Vec<_> = left.iter().map(|reason| (reason.to_string(), reason.title().to_owned())).collect();
    let first = left.first().copied().unwrap_or(SuspensionReason::Staff);
    let form = StoredValue::new((SuspendPod { id, reason: first, note: String::new() }, options));
    view! {
        <Button on:click=move |_| open.set(true)>"Suspend CloudPod"</Button>
        <Dialog open title=format!("Suspend {name}?")>
            {form.with_value(|(suspend, options)| {
                let options = options.clone();
                view! {
                    <Form action=suspend.clone() on_done=done refetch=true class=tw!("contents")>
                        <DialogBody open submit=|| view! { <Submit kind=Kind::Danger>"Suspend CloudPod"</Submit> }>
                            <p>"Visitors see a \u{201c}Temporarily unavailable\u{201d} page and all processes stop. Files, databases and the plan are kept. The customer\u{2019}s billing address is notified by email."</p>
                            <Select name="reason" label="Reason" options/>
                            <Textarea name="note" label="Note for staff" optional=true/>
                            <ServerPlan plan=fetch(|| (), move |()| preview_suspension(id))/>
                        </DialogBody>
                    </Form>
                }
            })}
        </Dialog>
    }
}
