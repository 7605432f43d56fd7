//! Fields: label above, help below, error between; all three stay.

use crate::{
    classes,
    form::{adopt, field_id, field_key, use_form, values::claim},
    html_only,
    icon::{Icon, Symbol},
};
use leptos::prelude::*;

pub(crate) const INPUT: &str = tw!(
    "w-full min-w-0 border border-control-line rounded bg-surface text-1 text-13 phone:text-16 appearance-none transition-colors duration-fast",
    "placeholder:text-3 hover:border-text-2",
    "focus-visible:outline-2 focus-visible:outline-focus focus-visible:outline-in-1 focus-visible:border-focus focus-visible:rounded",
    "disabled:bg-hover disabled:text-3 disabled:border-line-firm disabled:cursor-not-allowed",
    "aria-invalid:border-failing-mark aria-invalid:shadow-invalid"
);

/// The frame of a field: label, control, help, error. Use it for a control that the kit does not have.
#[component]
pub fn Field(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// Label, in sentence case.
    #[prop(into)]
    label: String,
    /// One sentence below.
    #[prop(into, optional)]
    help: String,
    /// Marked "optional".
    #[prop(optional)]
    optional: bool,
    /// The control; its id is `f-` and the name.
    children: Children,
) -> impl IntoView {
    let id = field_id(&name);
    let form = use_form();
    let help_id = format!("{id}-help");
    let error_id = format!("{id}-error");
    let error = {
        let name = name.clone();
        move || form.and_then(|form| form.field_error(&name))
    };
    view! {
        <div class="grid gap-1.25 min-w-0 content-start">
            <label class="text-13 font-mid text-1" for=id>
                {label}
                {optional.then(|| view! { <span class="ml-1.5 font-normal text-3">"optional"</span> })}
            </label>
            {children()}
            <p id=error_id class="empty:hidden text-12 font-mid text-failing-text" aria-live="polite">
                {move || error().map(|message| view! {
                    <span class="flex gap-1.25"><Icon symbol=Symbol::Alert class="size-3.5 mt-px"/>{message}</span>
                })}
            </p>
            {(!help.is_empty()).then(|| view! { <p id=help_id class="text-12 text-3">{help}</p> })}
        </div>
    }
    .into_any()
}

/// Whether the field of that name was refused; for `aria-invalid`.
pub(crate) fn invalid(name: &str) -> impl Fn() -> Option<&'static str> + Send + Clone + use<> {
    let form = use_form();
    let name = name.to_owned();
    move || form.and_then(|form| form.field_error(&name)).map(|_| "true")
}

/// What a control is told about its field.
pub(crate) struct Slot {
    /// Id of the control.
    pub(crate) id: String,
    /// Ids of what is said about it.
    pub(crate) described: String,
    /// The argument that errors name.
    pub(crate) key: String,
    /// What the operation was filled in with.
    known: Option<String>,
}

impl Slot {
    /// The field of that name, which has a control now.
    pub(crate) fn of(name: &str) -> Self {
        let id = field_id(name);
        Self { described: format!("{id}-error {id}-help"), key: field_key(name).to_owned(), known: claim(name), id }
    }

    /// What stands in it first: the value it was given, else what the operation was filled in with.
    pub(crate) fn value(&mut self, given: String) -> String {
        if given.is_empty() { self.known.take().unwrap_or(given) } else { given }
    }
}

/// One line of text, a day or an amount.
#[component]
pub fn Input(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// Label.
    #[prop(into)]
    label: String,
    /// `email`, `password`, `url`, `number`, `search`, `date` (sent as `2026-11-17`), `money` (sent as typed, such as `9.00`; its currency is
    /// the `suffix`); `text` by default.
    #[prop(default = "text")]
    kind: &'static str,
    /// What stands in it first.
    #[prop(into, optional)]
    value: String,
    /// One sentence below.
    #[prop(into, optional)]
    help: String,
    /// An example, never the label.
    #[prop(into, optional)]
    placeholder: Option<String>,
    /// The browser's word for what it is, such as `email` or `new-password`.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// Marked "optional".
    #[prop(optional)]
    optional: bool,
    /// Fixed text behind it, such as a unit.
    #[prop(into, optional)]
    suffix: Option<String>,
    /// First day that can be chosen.
    #[prop(into, optional)]
    min: Option<String>,
    /// Last day that can be chosen.
    #[prop(into, optional)]
    max: Option<String>,
    /// Follows what is typed.
    #[prop(optional)]
    bind: Option<RwSignal<String>>,
    /// Off.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let mut slot = Slot::of(&name);
    let refused = invalid(&name);
    let focus = html_only::is_html_only() && use_form().is_some_and(|form| form.is_at_fault(&name));
    let mode = match kind {
        "email" => Some("email"),
        "url" => Some("url"),
        "number" => Some("numeric"),
        "money" => Some("decimal"),
        _ => None,
    };
    let shape = match (kind, suffix.is_some()) {
        ("money", _) => tw!("h-control px-2.75 rounded-r-none text-right num"),
        ("date", _) => tw!("h-control px-2.75 num"),
        (_, true) => tw!("h-control px-2.75 rounded-r-none"),
        (_, false) => tw!("h-control px-2.75"),
    };
    let plain = matches!(kind, "email" | "password" | "url").then_some("none");
    let place = NodeRef::<leptos::html::Input>::new();
    let submitted = (kind != "password").then(|| html_only::submitted_value(&name)).flatten();
    let value = match (bind, submitted) {
        (Some(bind), _) => bind.get_untracked(),
        (None, Some(submitted)) => submitted,
        (None, None) => slot.value(value),
    };
    if let Some(bind) = bind {
        adopt(move || place.get().map(|input| input.value()), bind);
    }
    view! {
        <Field name=name.clone() label help=help optional>
            <div class="flex min-w-0">
                <input
                    class=classes([INPUT, shape])
                    id=slot.id.clone()
                    name=name
                    type=if kind == "money" { "text" } else { kind }
                    value=value
                    min=min
                    max=max
                    inputmode=mode
                    placeholder=placeholder
                    autocomplete=autocomplete
                    autocapitalize=plain
                    spellcheck=plain.map(|_| "false")
                    required=!optional
                    disabled=move || disabled.get()
                    aria-invalid=refused
                    aria-describedby=suffix.as_ref().map_or_else(|| slot.described.clone(), |_| format!("{}-unit {}", slot.id, slot.described))
                    autofocus=focus
                    data-field=slot.key
                    node_ref=place
                    on:input=move |event| if let Some(bind) = bind { bind.set(event_target_value(&event)); }
                />
                {suffix.map(|suffix| view! {
                    <span id=format!("{}-unit", slot.id) class="grid place-items-center px-2.5 border border-l-0 border-control-line rounded-r bg-canvas text-2 text-13">{suffix}</span>
                })}
            </div>
        </Field>
    }
    .into_any()
}

/// Several lines of text.
#[component]
pub fn Textarea(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// Label.
    #[prop(into)]
    label: String,
    /// What stands in it first.
    #[prop(into, optional)]
    value: String,
    /// One sentence below.
    #[prop(into, optional)]
    help: String,
    /// Marked "optional".
    #[prop(optional)]
    optional: bool,
    /// Lines shown.
    #[prop(default = 4)]
    rows: u32,
    /// Follows what is typed.
    #[prop(optional)]
    bind: Option<RwSignal<String>>,
) -> impl IntoView {
    let mut slot = Slot::of(&name);
    let refused = invalid(&name);
    let place = NodeRef::<leptos::html::Textarea>::new();
    let value = bind.map_or_else(|| slot.value(value), |bind| bind.get_untracked());
    if let Some(bind) = bind {
        adopt(move || place.get().map(|area| area.value()), bind);
    }
    view! {
        <Field name=name.clone() label help=help optional>
            <textarea
                class=classes([INPUT, tw!("min-h-19 px-2.75 py-2 leading-normal resize-y")])
                id=slot.id
                name=name
                rows=rows
                required=!optional
                aria-invalid=refused
                aria-describedby=slot.described
                data-field=slot.key
                node_ref=place
                on:input=move |event| if let Some(bind) = bind { bind.set(event_target_value(&event)); }
            >{value}</textarea>
        </Field>
    }
    .into_any()
}

/// One of a list that is too long for [`Segmented`](crate::form::choice::Segmented).
#[component]
pub fn Select(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// Label.
    #[prop(into)]
    label: String,
    /// Value and word of each choice.
    #[prop(into)]
    options: Vec<(String, String)>,
    /// The chosen value.
    #[prop(into, optional)]
    value: String,
    /// One sentence below.
    #[prop(into, optional)]
    help: String,
    /// Marked "optional".
    #[prop(optional)]
    optional: bool,
    /// Follows what is chosen.
    #[prop(optional)]
    bind: Option<RwSignal<String>>,
) -> impl IntoView {
    let mut slot = Slot::of(&name);
    let refused = invalid(&name);
    let place = NodeRef::<leptos::html::Select>::new();
    let value = bind.map_or_else(|| slot.value(value), |bind| bind.get_untracked());
    if let Some(bind) = bind {
        adopt(move || place.get().map(|select| select.value()), bind);
    }
    view! {
        <Field name=name.clone() label help=help optional>
            <span class="relative block">
                <select
                    class=classes([INPUT, tw!("h-control pl-2.75 pr-7.5 text-ellipsis")])
                    id=slot.id
                    name=name
                    aria-invalid=refused
                    aria-describedby=slot.described
                    data-field=slot.key
                    node_ref=place
                    on:change=move |event| if let Some(bind) = bind { bind.set(event_target_value(&event)); }
                >
                    {options.into_iter().map(|(key, word)| {
                        let chosen = key == value;
                        view! { <option value=key selected=chosen>{word}</option> }
                    }).collect_view()}
                </select>
                <Icon symbol=Symbol::UpDown class="absolute right-2.25 inset-y-0 my-auto text-3 pointer-events-none"/>
            </span>
        </Field>
    }
    .into_any()
}

/// A value that goes with the form and is not shown.
#[component]
pub fn Hidden(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// Its value.
    #[prop(into)]
    value: Signal<String>,
) -> impl IntoView {
    claim(&name);
    view! { <input type="hidden" name=name value=move || value.get()/> }.into_any()
}
