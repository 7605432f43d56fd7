//! What the page of a CloudPod shows of its suspensions.

use super::server_fns::{SuspendPod, UnsuspendPod, preview_suspension};
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
    pod.show(
        |view| (view.pod.id, view.pod.status, view.suspensions.clone()),
        move |(id, status, reasons): (CloudPodId, PodStatus, Vec<SuspensionView>)| {
            (status.is_placed() && !reasons.is_empty()).then(|| {
                let words = if status == PodStatus::Suspended {
                    "Suspended. Visitors see a \u{201c}Temporarily unavailable\u{201d} page; data is kept."
                } else {
                    "Suspension requested. The site is being taken offline; data is kept."
                };
                let rest = if staff { "" } else { " Contact support to bring the site back online." };
                view! {
                    <div class="mb-4">
                        <Banner notice=Notice::Maintenance boxed=true>{format!("{words}{rest}")}</Banner>
                        <ul class="mt-2 grid gap-2 text-13">
                            {reasons.into_iter().map(|one| view! { <li class="flex flex-wrap items-center gap-3"><Reason id one changes/></li> }).collect_view()}
                        </ul>
                    </div>
                }
            })
        },
    )
}

#[component]
fn Reason(id: CloudPodId, one: SuspensionView, changes: bool) -> impl IntoView {
    let by = one.actor.map(|actor| format!(" by {actor}")).unwrap_or_default();
    let note = one.note.map(|note| format!(": {note}")).unwrap_or_default();
    view! {
        <span><b class="font-mid">{one.reason.title()}</b>{note}", since "<At at=one.since whole=true/>{by}</span>
        {(changes && one.reason != SuspensionReason::Account).then(|| {
            let ask = Ask::new(format!("Lift \"{}\"?", one.reason.title()), "The site comes back online when no other reason is left.").label("Lift suspension");
            view! { <ActionButton call=UnsuspendPod { id, reason: one.reason } label="Lift suspension" size=Size::Small ask/> }
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
                            <ServerPlan id/>
                        </DialogBody>
                    </Form>
                }
            })}
        </Dialog>
    }
}

/// What will be closed, by the server's own plan.
#[component]
fn ServerPlan(id: CloudPodId) -> impl IntoView {
    let plan = fetch(|| (), move |()| async move { preview_suspension(id).await });
    view! {
        <Load data=plan view={|lines: Vec<String>| (!lines.is_empty()).then(|| view! {
            <section class="grid gap-1">
                <h3 class="font-mid text-1">"Plan of the server"</h3>
                <ul class="grid gap-1 font-mono text-12">{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
            </section>
        })}/>
    }
}
