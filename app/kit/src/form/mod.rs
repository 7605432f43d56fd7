//! Forms: one component sends every server function, shows its errors where they belong, and keeps what was typed.

pub mod choice;
pub mod field;
pub mod file;
pub mod filter;
pub mod search_select;
mod summary;
pub mod upload;
pub(crate) mod values;

use crate::{
    call::{Call, CallParts, OnDone, reading},
    error::AppError,
    html_only,
    load::use_refetch,
    step_up::{StepUp, use_step_up},
};
use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
use model::error::{ApiError, ErrorCode};
use serde::de::DeserializeOwned;
use server_fn::ServerFn;
use summary::ErrorSummary;
use values::FormValues;

/// What the fields and the button of a form know about it.
#[derive(Clone, Copy)]
pub struct FormState {
    /// The last answer, when it was an error.
    pub error: Signal<Option<ApiError>>,
    /// An answer is awaited.
    pub pending: Signal<bool>,
}

impl FormState {
    /// The message for the field of that name, when the last answer had one.
    pub fn field_error(self, name: &str) -> Option<String> {
        self.error.with(|error| {
            error.as_ref().and_then(|error| error.fields.iter().find(|field| same_field(name, &field.field)).map(|field| field.message.clone()))
        })
    }

    /// Whether the field of that name alone was refused.
    pub(crate) fn is_at_fault(self, name: &str) -> bool {
        self.error.with(|error| matches!(error.as_ref().map(|error| error.fields.as_slice()), Some([one]) if same_field(name, &one.field)))
    }
}

/// The form around this place.
pub(crate) fn use_form() -> Option<FormState> {
    use_context::<FormState>()
}

/// Whether an input's name, such as `input[email]`, is the field that an error names `email`.
fn same_field(name: &str, field: &str) -> bool {
    name == field || field_key(name) == field
}

/// The last part of a name: `email` for `input[email]`, `addOns` for `input[addOns][]`.
pub(crate) fn field_key(name: &str) -> &str {
    let name = name.strip_suffix("[]").unwrap_or(name);
    name.strip_suffix(']').and_then(|rest| rest.rsplit('[').next()).unwrap_or(name)
}

/// Id of the input of that name; labels and error links point to it.
pub(crate) fn field_id(name: &str) -> String {
    format!("f-{}", field_key(name))
}

/// Takes over what stands in the page when the program starts: typed before, or kept by the browser over a reload.
pub(crate) fn adopt<T>(read: impl Fn() -> Option<T> + 'static, bind: RwSignal<T>)
where
    T: PartialEq + Send + Sync + 'static,
{
    Effect::new(move |_| {
        if let Some(found) = read()
            && bind.with_untracked(|held| *held != found)
        {
            bind.set(found);
        }
    });
}

/// A form that calls an operation with its fields: `<Form action=SetRole { id, role }>`. Fields begin with what the operation was filled in
/// with, and what it has no field for is sent as it is.
///
/// Names of inputs are the arguments' names; a struct argument is written `input[email]`. A submit before the page is hydrated
/// is held by the shell's script and sent afterwards; nothing typed is lost. On a page without the program the browser sends it itself, and
/// the page asks for the [output](Call::output).
#[component]
pub fn Form<S>(
    /// The operation with what is known of it, or a [`Call`] of it.
    #[prop(into)]
    action: Call<S>,
    /// What the page has loaded is fetched again when it has worked.
    #[prop(optional)]
    refetch: bool,
    /// The fields are as at first when it has worked: for what is sent again and again, such as invitations.
    #[prop(optional)]
    reset: bool,
    /// Layout of the fields; a column by default.
    #[prop(into, default = tw!("grid gap-4").to_owned())]
    class: String,
    /// Called with the output when it has worked.
    #[prop(optional, into)]
    on_done: Option<Callback<S::Output>>,
    /// The fields and the [`Submit`](crate::button::Submit).
    children: Children,
) -> impl IntoView
where
    S: ServerFn<Error = AppError>,
    S::Output: DeserializeOwned + 'static,
{
    let again = refetch.then(use_refetch);
    let done = match (on_done.map(reading), again) {
        (done, None) => done,
        (done, Some(again)) => Some(Callback::new(move |text: String| {
            again.run(());
            done.map_or(Ok(()), |done| done.run(text))
        })),
    };
    view! { <AnyForm call=action.parts class done reset children/> }.into_any()
}

/// The form, whatever it sends; apart from [`Form`], so that it is compiled once and not for every operation.
#[component]
pub(crate) fn AnyForm(call: CallParts, class: String, done: Option<OnDone>, #[prop(optional)] reset: bool, children: Children) -> impl IntoView {
    let place = NodeRef::<leptos::html::Form>::new();
    let unread = RwSignal::new(None::<ApiError>);
    let value = call.action.value();
    let step_up = use_step_up();
    let error = Signal::derive(move || {
        unread.get().or_else(|| {
            value.with(|value| match value {
                // The dialog says it.
                Some(Err(error)) if error.code() == ErrorCode::StepUp && step_up.is_some_and(StepUp::asks) => None,
                Some(Err(error)) => Some(error.0.clone()),
                _ => None,
            })
        })
    });
    let pending = Signal::derive(move || call.action.pending().get());
    let known = FormValues::new(call.values);

    let sent = StoredValue::new(None::<String>);
    Effect::new(move |_| match value.get() {
        Some(Ok(answer)) => match done.map(|done| done.run(answer)) {
            Some(Err(error)) => unread.set(Some(error)),
            _ if reset => {
                if let Some(form) = place.get_untracked() {
                    form.reset();
                }
            }
            _ => {}
        },
        Some(Err(error)) if error.code() == ErrorCode::StepUp => {
            if let (Some(step_up), Some(fields)) = (step_up, sent.get_value()) {
                step_up.ask(Callback::new(move |()| {
                    call.action.dispatch(fields.clone());
                }));
            }
        }
        _ => {}
    });

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        match fields(&event) {
            Ok(fields) => {
                let rest = values::encoded(&known.rest());
                let fields = if fields.is_empty() || rest.is_empty() { fields + &rest } else { format!("{fields}&{rest}") };
                unread.set(None);
                sent.set_value(Some(fields.clone()));
                call.action.dispatch(fields);
            }
            Err(error) => unread.set(Some(error)),
        }
    };

    let bare = html_only::is_html_only();
    // The fields are made before what has none is known, and what they see does not leave the form.
    let owner = Owner::new();
    let (children, summary) = owner.with(|| {
        provide_context(FormState { error, pending });
        provide_context(known);
        (children(), view! { <ErrorSummary error/> }.into_any())
    });
    let rest = bare.then(|| known.rest().into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view());
    let inside = OwnedView::new_with_owner(
        view! {
            {bare.then(|| view! { <input type="hidden" name=html_only::CALL value=call.path/> })}
            {summary}
            {children}
            {rest}
        }
        .into_any(),
        owner,
    );
    view! { <form node_ref=place method="post" class=class on:submit=submit novalidate="" data-hold=(!bare).then_some("")>{inside}</form> }.into_any()
}

/// The fields of the form as the browser writes them.
///
/// # Errors
/// Numbers that are none: a browser leaves such a field empty, and what was typed would be lost without a word.
#[cfg(feature = "hydrate")]
fn fields(event: &leptos::ev::SubmitEvent) -> Result<String, ApiError> {
    use model::error::FieldError;
    use wasm_bindgen::JsCast;

    let Some(form) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok()) else { return Ok(String::new()) };
    let mut wrong_ones = Vec::new();
    // One after the other: what was found is left out of the next search.
    let mut wrong = "input[type=number][name]:invalid".to_owned();
    while let Ok(Some(input)) = form.query_selector(&wrong) {
        let name = input.get_attribute("name").unwrap_or_default().replace(['"', '\\'], "");
        wrong_ones.push(FieldError { field: field_key(&name).to_owned(), message: "Needs a whole number.".to_owned() });
        wrong.push_str(&format!(":not([name=\"{name}\"])"));
    }
    if !wrong_ones.is_empty() {
        return Err(ApiError::invalid(wrong_ones));
    }
    let fields = web_sys::FormData::new_with_form(&form).and_then(|fields| web_sys::UrlSearchParams::new_with_str_sequence_sequence(&fields));
    Ok(fields.map(|fields| fields.to_string().into()).unwrap_or_default())
}

#[cfg(not(feature = "hydrate"))]
fn fields(_: &leptos::ev::SubmitEvent) -> Result<String, ApiError> {
    Ok(String::new())
}
