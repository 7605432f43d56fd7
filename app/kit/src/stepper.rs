//! Where one is in a flow of a few pages, such as a checkout: numbered steps in their order. Those behind may lead back.

use crate::{
    classes,
    icon::{Icon, Symbol},
};
use leptos::prelude::*;

/// A step of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowStep {
    word: &'static str,
    href: Option<String>,
}

impl FlowStep {
    /// A step with its word.
    pub const fn new(word: &'static str) -> Self {
        Self { word, href: None }
    }

    /// Once it is done one can go back to it there.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }
}

/// How far a flow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// At this step, counted from 0.
    At(usize),
    /// This step has failed: the flow goes no further.
    Failed(usize),
    /// All steps are done.
    Done,
}

/// Where a step is in its flow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Done,
    Current,
    Failed,
    Ahead,
}

impl Flow {
    fn place(self, step: usize) -> Place {
        match self {
            Flow::At(at) if at == step => Place::Current,
            Flow::Failed(at) if at == step => Place::Failed,
            Flow::At(at) | Flow::Failed(at) if step > at => Place::Ahead,
            _ => Place::Done,
        }
    }
}

/// The steps of a flow, in order. The one that is now is `aria-current`.
#[component]
pub fn Stepper(
    /// What it leads through: "Checkout steps".
    #[prop(into)]
    label: String,
    /// The steps.
    steps: Vec<FlowStep>,
    /// How far it is.
    #[prop(into)]
    flow: Signal<Flow>,
) -> impl IntoView {
    view! {
        <ol class="flex flex-wrap gap-x-5 gap-y-2 text-13 mb-5" aria-label=label>
            {steps.into_iter().enumerate().map(|(at, step)| view! { <StepItem step place=Memo::new(move |_| flow.get().place(at)) number=at + 1/> }).collect_view()}
        </ol>
    }
    .into_any()
}

#[component]
fn StepItem(step: FlowStep, place: Memo<Place>, number: usize) -> impl IntoView {
    let FlowStep { word, href } = step;
    let text = move || match place.get() {
        Place::Done => tw!("flex items-center gap-2 text-2"),
        Place::Current => tw!("flex items-center gap-2 text-1 font-bold"),
        Place::Failed => tw!("flex items-center gap-2 text-failing-text font-bold"),
        Place::Ahead => tw!("flex items-center gap-2 text-3"),
    };
    let disc = move || {
        let colour = match place.get() {
            Place::Done => tw!("border-brand text-brand-text"),
            Place::Current => tw!("border-brand bg-brand text-on-brand"),
            Place::Failed => tw!("border-failing-mark bg-failing-soft text-failing-text"),
            Place::Ahead => tw!("border-control-line"),
        };
        classes([tw!("grid place-items-center size-5.5 border rounded-full text-12 num"), colour])
    };
    let sign = move || match place.get() {
        Place::Done => view! { <Icon symbol=Symbol::Check class="size-3.25"/> }.into_any(),
        Place::Failed => view! { <Icon symbol=Symbol::X class="size-3.25"/> }.into_any(),
        Place::Current | Place::Ahead => number.into_any(),
    };
    let said = move || match place.get() {
        Place::Done => Some(", completed"),
        Place::Failed => Some(", failed"),
        Place::Current | Place::Ahead => None,
    };
    let name = move || match href.clone().filter(|_| place.get() == Place::Done) {
        Some(href) => view! { <a href=href class="text-current">{word}</a> }.into_any(),
        None => word.into_any(),
    };
    view! {
        <li class=text aria-current=move || matches!(place.get(), Place::Current | Place::Failed).then_some("step")>
            <span class=disc>{sign}</span>
            <span>{name}<span class="sr-only">{said}</span></span>
        </li>
    }
    .into_any()
}
