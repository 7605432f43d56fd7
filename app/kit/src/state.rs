//! States: always shape, word and colour together.

use crate::{
    classes,
    icon::{Icon, Symbol},
};
use leptos::prelude::*;
use model::administration::provisioning::{JobStatus, StepStatus};

/// What something is seen to be. The word beside it is the caller's; shape and colour come from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum State {
    /// As it should be. Quiet.
    Ok,
    /// Being worked on.
    Working,
    /// Goes on, but needs a look.
    Warning,
    /// Does not do its work.
    Failing,
    /// Off on purpose.
    Stopped,
    /// Well, and stopped until somebody needs it.
    Asleep,
    /// Has not begun.
    Waiting,
    /// Was done and taken back.
    Undone,
    /// Not known; never shown as the last good value.
    #[default]
    Unknown,
}

impl State {
    /// The shape.
    pub const fn symbol(self) -> Symbol {
        match self {
            State::Ok => Symbol::StateOk,
            State::Working => Symbol::StateWorking,
            State::Warning => Symbol::StateWarning,
            State::Failing => Symbol::StateFailing,
            State::Stopped => Symbol::StateStopped,
            State::Asleep => Symbol::Moon,
            State::Waiting => Symbol::StateWaiting,
            State::Undone => Symbol::StateUndone,
            State::Unknown => Symbol::StateUnknown,
        }
    }

    /// Colour of words in this state.
    pub const fn text(self) -> &'static str {
        match self {
            State::Ok | State::Asleep => tw!("text-ok-text"),
            State::Working => tw!("text-working-text"),
            State::Warning => tw!("text-warning-text"),
            State::Failing => tw!("text-failing-text"),
            State::Stopped | State::Waiting | State::Undone => tw!("text-stopped-text"),
            State::Unknown => tw!("text-unknown-text"),
        }
    }

    /// Colour of the shape.
    pub const fn mark(self) -> &'static str {
        match self {
            State::Ok | State::Asleep => tw!("text-ok-mark"),
            State::Working => tw!("text-working-mark"),
            State::Warning => tw!("text-warning-mark"),
            State::Failing => tw!("text-failing-mark"),
            State::Stopped | State::Waiting | State::Undone => tw!("text-stopped-mark"),
            State::Unknown => tw!("text-unknown-mark"),
        }
    }

    /// Ground and edge of a pill or a box in this state.
    pub const fn ground(self) -> &'static str {
        match self {
            State::Ok | State::Asleep => tw!("bg-ok-soft border-ok-line"),
            State::Working => tw!("bg-working-soft border-working-line"),
            State::Warning => tw!("bg-warning-soft border-warning-line"),
            State::Failing => tw!("bg-failing-soft border-failing-line"),
            State::Stopped | State::Waiting | State::Undone => {
                tw!("bg-stopped-soft border-stopped-line")
            }
            State::Unknown => tw!("bg-unknown-soft border-unknown-line"),
        }
    }

    /// Solid colour of a bar in this state.
    pub const fn fill(self) -> &'static str {
        match self {
            State::Ok | State::Asleep => tw!("fill-ok-mark"),
            State::Working => tw!("fill-working-mark"),
            State::Warning => tw!("fill-warning-mark"),
            State::Failing => tw!("fill-failing-mark"),
            State::Stopped | State::Waiting | State::Undone => tw!("fill-stopped-mark"),
            State::Unknown => tw!("fill-unknown-mark"),
        }
    }
}

impl From<JobStatus> for State {
    fn from(status: JobStatus) -> Self {
        match status {
            JobStatus::Queued => State::Waiting,
            JobStatus::Running => State::Working,
            JobStatus::Unwinding => State::Warning,
            JobStatus::Done => State::Ok,
            JobStatus::Undone => State::Undone,
            JobStatus::Stuck => State::Failing,
        }
    }
}

impl From<StepStatus> for State {
    fn from(status: StepStatus) -> Self {
        match status {
            StepStatus::Waiting => State::Waiting,
            StepStatus::Running => State::Working,
            StepStatus::Done => State::Ok,
            StepStatus::Failed => State::Failing,
            StepStatus::Undoing => State::Warning,
            StepStatus::Undone => State::Undone,
        }
    }
}

/// The word for a job's status.
pub const fn job_label(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Queued => "Queued",
        JobStatus::Running => "Running",
        JobStatus::Unwinding => "Rolling back",
        JobStatus::Done => "Completed",
        JobStatus::Undone => "Rolled back",
        JobStatus::Stuck => "Needs attention",
    }
}

/// A state with its word. `soft` makes it a pill, for the head of a page.
#[component]
pub fn Badge(
    /// The state.
    #[prop(into)]
    state: Signal<State>,
    /// The word, such as "Running".
    #[prop(into)]
    word: Signal<String>,
    /// What stands behind the word, smaller: an age or a reason.
    #[prop(into, optional)]
    note: Signal<String>,
    /// As a pill.
    #[prop(optional)]
    soft: bool,
) -> impl IntoView {
    let badge = move || {
        let state = state.get();
        let colour = if state == State::Ok && !soft { tw!("text-2") } else { state.text() };
        let form = if soft { classes([tw!("h-5.5 pl-1 pr-2 rounded-full border text-12"), state.ground()]) } else { tw!("text-13").to_owned() };
        classes([tw!("inline-flex items-center gap-1 font-mid leading-5 whitespace-nowrap"), colour, &form])
    };
    view! {
        <span class=tw!("inline-flex items-center align-middle gap-x-2 gap-y-0 min-w-0 max-w-full flex-wrap")>
            <span class=badge>
                {move || view! { <Icon symbol=state.get().symbol() class=state.get().mark()/> }}
                {move || word.get()}
            </span>
            {move || {
                let note = note.get();
                (!note.is_empty())
                    .then(|| view! { <span class="text-12 leading-5 text-3 num">{note}</span> })
            }}
        </span>
    }
    .into_any()
}

/// A small word about something that is not a state, such as a plan or a region.
#[component]
pub fn Tag(children: Children) -> impl IntoView {
    view! {
        <span class="inline-flex items-center h-5 px-1.75 border border-line-firm rounded-sm text-2 text-12 whitespace-nowrap">
            {children()}
        </span>
    }
    .into_any()
}

/// State and label of a CloudPod: its status, unless it was seen not to be so.
pub fn pod_label(pod: &model::hosting::cloudpods::PodRow) -> (State, &'static str) {
    use model::hosting::cloudpods::{ObservedState, PodStatus};
    match (pod.status, pod.observed_state) {
        (PodStatus::Running, Some(ObservedState::Broken)) => (State::Failing, "Needs repair"),
        (PodStatus::Running, Some(seen)) if seen != ObservedState::Running => (State::Failing, "Not running"),
        (PodStatus::Running, Some(_)) if pod.asleep_since.is_some() => (State::Asleep, "Asleep"),
        (PodStatus::Suspended, Some(ObservedState::Running)) => (State::Failing, "Suspended, still online"),
        (status, _) => pod_status_label(status),
    }
}

/// State and label of a CloudPod's status.
pub fn pod_status_label(status: model::hosting::cloudpods::PodStatus) -> (State, &'static str) {
    use model::hosting::cloudpods::PodStatus;
    match status {
        PodStatus::Requested => (State::Waiting, "Pending"),
        PodStatus::Provisioning => (State::Working, "Provisioning"),
        PodStatus::Running => (State::Ok, "Running"),
        PodStatus::Failed => (State::Failing, "Failed"),
        PodStatus::Suspending => (State::Working, "Suspending"),
        PodStatus::Suspended => (State::Stopped, "Suspended"),
        PodStatus::Unsuspending => (State::Working, "Unsuspending"),
        PodStatus::Deleting => (State::Working, "Deleting"),
        PodStatus::Held => (State::Stopped, "Pending deletion"),
        PodStatus::Deleted => (State::Stopped, "Deleted"),
    }
}

/// The state of a pod as a badge.
pub fn pod_badge(status: model::hosting::cloudpods::PodStatus) -> impl IntoView {
    let (state, word) = pod_status_label(status);
    view! { <Badge state word/> }.into_any()
}

/// A status in the head of a page.
pub fn head_badge((state, word): (State, &'static str)) -> AnyView {
    view! { <Badge soft=true state word/> }.into_any()
}
