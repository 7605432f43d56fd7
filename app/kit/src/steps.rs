//! The steps of a job: what is done, what runs and since when, what is to come.

use crate::{
    classes,
    icon::{Icon, Symbol},
    state::State,
    time::{span, use_now},
};
use leptos::prelude::*;
use model::administration::provisioning::{StepStatus, StepView};

/// The steps of a job, in order.
#[component]
pub fn Steps(
    /// The steps.
    #[prop(into)]
    steps: Signal<Vec<StepView>>,
) -> impl IntoView {
    view! {
        <ol class="grid">
            {move || {
                let steps = steps.get();
                let last = steps.len();
                steps.into_iter().enumerate().map(|(at, step)| view! { <StepLine step last=at + 1 == last/> }).collect_view()
            }}
        </ol>
    }
    .into_any()
}

/// "5 done, 1 running, 4 to go"; "2 undone, 2 not begun" when nothing more comes.
pub fn steps_words(steps: &[StepView]) -> String {
    let over = steps.iter().any(|step| matches!(step.status, StepStatus::Failed | StepStatus::Undoing | StepStatus::Undone));
    let count = |wanted: &[StepStatus]| steps.iter().filter(|step| wanted.contains(&step.status)).count();
    let parts = [
        (count(&[StepStatus::Done]), "done"),
        (count(&[StepStatus::Running]), "running"),
        (count(&[StepStatus::Failed]), "failed"),
        (count(&[StepStatus::Undoing]), "rolling back"),
        (count(&[StepStatus::Undone]), "rolled back"),
        (count(&[StepStatus::Waiting]), if over { "not started" } else { "pending" }),
    ];
    parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
}

#[component]
fn StepLine(step: StepView, last: bool) -> impl IntoView {
    let now = use_now();
    let state = State::from(step.status);
    let (disc, symbol) = match state {
        State::Ok => (tw!("p-0.75 border bg-ok-soft border-ok-line text-ok-text"), Symbol::Check),
        State::Failing => (tw!("p-0.75 border bg-failing-soft border-failing-line text-failing-text"), Symbol::X),
        State::Working => (tw!("p-px text-working-mark"), Symbol::StateWorking),
        State::Warning => (tw!("p-0.5 text-warning-mark"), Symbol::StateUndone),
        State::Undone => (tw!("p-0.5 text-3"), Symbol::StateUndone),
        _ => (tw!("p-0.5 text-stopped-mark"), Symbol::StateWaiting),
    };
    let line = if state == State::Ok { tw!("bg-ok-line") } else { tw!("bg-line-firm") };
    let title = match state {
        State::Working => tw!("font-bold"),
        State::Waiting => tw!("text-3"),
        _ => tw!("font-mid"),
    };
    let word = match state {
        State::Ok => "done",
        State::Working => "running",
        State::Failing => "failed",
        State::Warning => "rolling back",
        State::Undone => "rolled back",
        _ => "pending",
    };
    let took = move || match (step.started_at, step.finished_at) {
        (Some(begun), Some(ended)) => span((ended - begun).num_milliseconds()),
        (Some(begun), None) => span((now.get() - begun).num_milliseconds() / 1000 * 1000),
        _ => String::new(),
    };
    let took_class = if state == State::Working {
        tw!("text-working-text font-mid text-12 whitespace-nowrap num")
    } else {
        tw!("text-3 text-12 whitespace-nowrap num")
    };
    let attempt = step.attempt;
    view! {
        <li class=classes([tw!("relative grid grid-cols-[20px_minmax(0,1fr)] gap-2.5"), if last { "" } else { tw!("pb-3.25") }])>
            {(!last).then(|| view! { <span class=classes([tw!("absolute left-2.25 top-5.25 -bottom-px w-[1.5px]"), line]) aria-hidden="true"></span> })}
            <Icon symbol class=classes([tw!("size-5 rounded-full box-border"), disc])/>
            <div class="min-w-0">
                <div class="flex justify-between gap-3 text-13 leading-5">
                    <span class=title>{step.title}<span class="sr-only">", " {word}</span></span>
                    <span class=took_class>{took}</span>
                </div>
                {(attempt > 1).then(|| view! { <p class="text-12 text-2">"Attempt " {attempt}</p> })}
                {step.error.map(|error| view! { <p class="mt-px text-12 text-failing-text wrap-anywhere">{error}</p> })}
            </div>
        </li>
    }
    .into_any()
}
