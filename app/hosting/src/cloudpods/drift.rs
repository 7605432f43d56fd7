//! What is done when a CloudPod differs from its plan.

use super::server_fns::SetDriftPolicy;
use app_kit::prelude::*;
use model::{
    hosting::cloudpods::{DriftPolicy, PodView},
    ids::CloudPodId,
    permission::ServersManage,
};

/// The chosen policy, and its choice for who may.
#[component]
pub fn OnDifferences(pod: Live<PodView>) -> impl IntoView {
    let may = use_viewer().is_some_and(|viewer| viewer.holds::<ServersManage>());
    pod.show(
        |view| view.drift.as_ref().map(|drift| (view.pod.id, drift.policy, drift.default_policy)),
        move |found| {
            found.map(|(id, policy, default)| {
                let words = policy.map_or_else(|| format!("{} (default)", default.title()), |policy| policy.title().to_owned());
                view! {
                    <div class="mt-3 flex flex-wrap items-center gap-3">
                        <span class="text-13">"On differences: "<b class="font-mid">{words}</b></span>
                        {may.then(|| view! { <Change id policy default/> })}
                    </div>
                }
            })
        },
    )
}

#[component]
fn Change(id: CloudPodId, policy: Option<DriftPolicy>, default: DriftPolicy) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <Button size=Size::Small on:click=move |_| open.set(true)>"Change policy"</Button>
        <Dialog open title="When this CloudPod differs from its plan">
            <Choose id policy default open/>
        </Dialog>
    }
}

#[component]
fn Choose(id: CloudPodId, policy: Option<DriftPolicy>, default: DriftPolicy, open: RwSignal<bool>) -> impl IntoView {
    let card = |policy: DriftPolicy| Choice { text: policy.description().to_owned(), ..Choice::new(policy.as_str(), policy.title()) };
    let mut cards = vec![Choice { text: default.description().to_owned(), ..Choice::new("", format!("Default ({})", default.title())) }];
    cards.extend(DriftPolicy::ALL.iter().copied().map(card));
    let chosen = RwSignal::new(policy.map(|policy| policy.to_string()).unwrap_or_default());
    let again = use_refetch();
    let done = Callback::new(move |()| {
        open.set(false);
        again.run(());
    });
    let submit = move || {
        let policy = chosen.with(|chosen| chosen.parse().ok());
        view! { <ActionButton call=SetDriftPolicy { id, policy } label="Save policy" kind=Kind::Primary on_done=done/> }
    };
    view! {
        <DialogBody open submit=move || view! { {submit} }>
            <RadioCards name="policy" label="On differences" options=Signal::stored(cards) bind=chosen hide_label=true/>
        </DialogBody>
    }
}
