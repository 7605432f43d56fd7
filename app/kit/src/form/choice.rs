//! Choices: checkbox, cards, segmented control.

use crate::{
    classes,
    form::{adopt, field::invalid, field_id, field_key, use_form, values::claim},
    icon::{Icon, Symbol},
};
use leptos::prelude::*;

/// A box to tick. It sends `true` when ticked and nothing otherwise: give the argument `#[server(default)]`.
#[component]
pub fn Checkbox(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// What ticking means.
    #[prop(into)]
    label: String,
    /// One sentence below.
    #[prop(into, optional)]
    help: String,
    /// Ticked at first.
    #[prop(optional)]
    checked: bool,
    /// What it sends when ticked.
    #[prop(into, default = "true".to_owned())]
    value: String,
) -> impl IntoView {
    let id = field_id(&name);
    let refused = invalid(&name);
    let key = field_key(&name).to_owned();
    let checked = claim(&name).map_or(checked, |known| known == value);
    view! {
        <div class="grid grid-cols-[16px_1fr] gap-x-2.25 gap-y-0.5 items-start">
            <input class="choice mt-0.5" type="checkbox" id=id.clone() name=name value=value checked=checked aria-invalid=refused data-field=key/>
            <label class="text-13 cursor-pointer" for=id>{label}</label>
            {(!help.is_empty()).then(|| view! { <p class="col-start-2 text-12 text-3">{help}</p> })}
        </div>
    }
    .into_any()
}

/// A choice among cards or segments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// Its word.
    pub title: String,
    /// What stands at the right of the word, such as a price.
    pub aside: String,
    /// One sentence below.
    pub text: String,
    /// Short lines below, such as limits.
    pub lines: Vec<String>,
    /// Why it cannot be chosen; shown instead of the sentence.
    pub closed: Option<String>,
}

impl Choice {
    /// A choice with its word only.
    pub fn new(value: impl Into<String>, title: impl Into<String>) -> Self {
        Self { value: value.into(), title: title.into(), ..Self::default() }
    }
}

/// The words above a group of choices, and its error.
#[component]
fn Legend(name: String, label: String, #[prop(optional)] hide: bool) -> impl IntoView {
    let form = use_form();
    let error = move || form.and_then(|form| form.field_error(&name));
    view! {
        <legend class=if hide { tw!("sr-only") } else { tw!("mb-1.25 text-13 font-mid text-1") }>{label}</legend>
        <div class="empty:hidden mb-1.25 text-12 font-mid text-failing-text" aria-live="polite">
            {move || error().map(|message| view! {
                <span class="flex gap-1.25"><Icon symbol=Symbol::Alert class="size-3.5 mt-px"/>{message}</span>
            })}
        </div>
    }
    .into_any()
}

const CARD: &str = tw!(
    "block h-full py-3.25 pr-3.5 pl-10 border border-control-line rounded-lg bg-surface cursor-pointer transition-colors duration-fast hover:bg-hover",
    "peer-checked:border-brand peer-checked:bg-brand-soft peer-checked:shadow-chosen",
    "peer-disabled:bg-hover peer-disabled:border-line-firm peer-disabled:text-3 peer-disabled:cursor-not-allowed"
);

/// The inside of a card.
#[component]
fn CardBody(choice: Choice) -> impl IntoView {
    let text = choice.closed.clone().unwrap_or(choice.text);
    view! {
        <span class=CARD>
            <span class="flex flex-wrap items-baseline justify-between gap-x-3 font-bold">
                <span>{choice.title}</span>
                <span class="num font-mid">{choice.aside}</span>
            </span>
            {(!text.is_empty()).then(|| view! { <span class="block mt-0.5 text-2 text-13">{text}</span> })}
            {(!choice.lines.is_empty()).then(|| view! {
                <span class="grid gap-0.75 mt-3 text-2 text-13 num">
                    {choice.lines.into_iter().map(|line| view! { <span>{line}</span> }).collect_view()}
                </span>
            })}
        </span>
    }
    .into_any()
}

/// One of a few, each as a card. `bind` follows the choice.
#[component]
pub fn RadioCards(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// What is chosen; read aloud, and shown unless `hide_label`.
    #[prop(into)]
    label: String,
    /// The cards.
    #[prop(into)]
    options: Signal<Vec<Choice>>,
    /// Holds the chosen value.
    bind: RwSignal<String>,
    /// Cards side by side on wide screens: 1, 2 or 3.
    #[prop(default = 1)]
    columns: u8,
    /// A heading above says it already.
    #[prop(optional)]
    hide_label: bool,
) -> impl IntoView {
    let grid = match columns {
        3 => tw!("grid gap-3 grid-cols-3 phone:grid-cols-1 phone:gap-2"),
        2 => tw!("grid gap-3 grid-cols-2 phone:grid-cols-1 phone:gap-2"),
        _ => tw!("grid gap-2"),
    };
    let key = field_key(&name).to_owned();
    let place = NodeRef::new();
    claim(&name);
    adopt(move || ticked(place, ""), bind);
    view! {
        <fieldset node_ref=place>
            <Legend name=name.clone() label hide=hide_label/>
            <div class=grid>
                {move || options.get().into_iter().enumerate().map(|(at, choice)| {
                    let value = choice.value.clone();
                    let closed = choice.closed.is_some();
                    view! {
                        <label class="relative block">
                            <input
                                class="choice peer absolute left-3.5 top-3.75"
                                type="radio"
                                name=name.clone()
                                value=value.clone()
                                checked=bind.get_untracked() == value
                                disabled=closed
                                data-field=(at == 0).then(|| key.clone())
                                on:change=move |event| bind.set(event_target_value(&event))
                            />
                            <CardBody choice/>
                        </label>
                    }
                }).collect_view()}
            </div>
        </fieldset>
    }
    .into_any()
}

/// Any of a few, each as a card with a box. Sends each ticked value under the name; `bind` holds the ticked values.
#[component]
pub fn CheckCards(
    /// Name of the argument; use `addons[]` for a list.
    #[prop(into)]
    name: String,
    /// What is chosen; read aloud.
    #[prop(into)]
    label: String,
    /// The cards.
    #[prop(into)]
    options: Signal<Vec<Choice>>,
    /// Holds the ticked values.
    bind: RwSignal<Vec<String>>,
) -> impl IntoView {
    let place = NodeRef::new();
    claim(&name);
    adopt(
        move || {
            place.get()?;
            let values = options.with_untracked(|options| options.iter().map(|choice| choice.value.replace(['"', '\\'], "")).collect::<Vec<_>>());
            Some(values.into_iter().filter_map(|value| ticked(place, &format!("[value=\"{value}\"]"))).collect())
        },
        bind,
    );
    view! {
        <fieldset node_ref=place>
            <Legend name=name.clone() label hide=true/>
            <div class="grid gap-2">
                {move || options.get().into_iter().map(|choice| {
                    let value = choice.value.clone();
                    let mine = value.clone();
                    let closed = choice.closed.is_some();
                    view! {
                        <label class="relative block">
                            <input
                                class="choice peer absolute left-3.5 top-3.75"
                                type="checkbox"
                                name=name.clone()
                                value=value.clone()
                                checked=bind.get_untracked().contains(&value)
                                disabled=closed
                                on:change=move |event| bind.update(|ticked| {
                                    ticked.retain(|one| *one != mine);
                                    if event_target_checked(&event) { ticked.push(mine.clone()); }
                                })
                            />
                            <CardBody choice/>
                        </label>
                    }
                }).collect_view()}
            </div>
        </fieldset>
    }
    .into_any()
}

/// One of two to four short words, side by side.
#[component]
pub fn Segmented(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// What is chosen; read aloud.
    #[prop(into)]
    label: String,
    /// Value and word of each.
    options: Vec<(String, String)>,
    /// Holds the chosen value.
    bind: RwSignal<String>,
    /// Smaller, for the head of a panel.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    let size = if small { tw!("h-6 px-2.5 text-12 phone:h-9") } else { tw!("h-7.5 px-3.25 text-13 phone:h-10") };
    let face = classes([
        tw!(
            "flex items-center justify-center rounded text-2 font-mid whitespace-nowrap cursor-pointer peer-hover:text-1",
            "peer-checked:bg-surface peer-checked:text-1 peer-checked:shadow-segment",
            "peer-focus-visible:outline-2 peer-focus-visible:outline-focus peer-focus-visible:outline-offset-1"
        ),
        size,
    ]);
    let place = NodeRef::new();
    claim(&name);
    adopt(move || ticked(place, ""), bind);
    view! {
        <fieldset class="min-w-0" node_ref=place>
            <legend class="sr-only">{label}</legend>
            <div class="inline-flex phone:flex p-0.5 rounded-segment bg-press max-w-full">
                {options.into_iter().map(|(value, word)| {
                    view! {
                        <label class="relative flex-1">
                            <input
                                class="peer absolute inset-0 size-full opacity-0 cursor-pointer"
                                type="radio"
                                name=name.clone()
                                value=value.clone()
                                checked=bind.get_untracked() == value
                                on:change=move |event| bind.set(event_target_value(&event))
                            />
                            <span class=face.clone()>{word}</span>
                        </label>
                    }
                }).collect_view()}
            </div>
        </fieldset>
    }
    .into_any()
}

/// Value of the first input that is ticked in the page and matches the selector.
#[cfg(feature = "hydrate")]
fn ticked(place: NodeRef<leptos::html::Fieldset>, selector: &str) -> Option<String> {
    use wasm_bindgen::JsCast;

    let found = place.get()?.query_selector(&format!("input{selector}:checked")).ok()??;
    Some(found.dyn_into::<web_sys::HtmlInputElement>().ok()?.value())
}

#[cfg(not(feature = "hydrate"))]
fn ticked(_: NodeRef<leptos::html::Fieldset>, _: &str) -> Option<String> {
    None
}
