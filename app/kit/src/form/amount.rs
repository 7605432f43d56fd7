//! Fields for days and amounts of money.

use crate::{
    classes,
    form::{
        field::{Field, INPUT, invalid},
        field_id, field_key,
        values::claim,
    },
};
use leptos::prelude::*;
use model::money::Currency;

/// A day, by the browser's own picker; sent as `2026-11-17`.
#[component]
pub fn DateInput(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// Label.
    #[prop(into)]
    label: String,
    /// The day at first, such as `2026-11-17`.
    #[prop(into, optional)]
    value: String,
    /// First day that can be chosen.
    #[prop(into, optional)]
    min: Option<String>,
    /// Last day that can be chosen.
    #[prop(into, optional)]
    max: Option<String>,
    /// One sentence below.
    #[prop(into, optional)]
    help: String,
    /// Marked "optional".
    #[prop(optional)]
    optional: bool,
) -> impl IntoView {
    let id = field_id(&name);
    let described = format!("{id}-error {id}-help");
    let refused = invalid(&name);
    let key = field_key(&name).to_owned();
    let value = claim(&name).filter(|_| value.is_empty()).unwrap_or(value);
    view! {
        <Field name=name.clone() label help=help optional>
            <input
                class=classes([INPUT, tw!("h-control px-2.75 num")])
                id=id
                name=name
                type="date"
                value=value
                min=min
                max=max
                required=!optional
                aria-invalid=refused
                aria-describedby=described
                data-field=key
            />
        </Field>
    }
    .into_any()
}

/// An amount of money, with its currency beside it; sent as it is typed, such as `9.00`.
#[component]
pub fn MoneyInput(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// Label.
    #[prop(into)]
    label: String,
    /// In which currency.
    currency: Currency,
    /// The amount at first, such as `9.00`.
    #[prop(into, optional)]
    value: String,
    /// One sentence below.
    #[prop(into, optional)]
    help: String,
    /// Marked "optional".
    #[prop(optional)]
    optional: bool,
) -> impl IntoView {
    let id = field_id(&name);
    let described = format!("{id}-unit {id}-error {id}-help");
    let refused = invalid(&name);
    let key = field_key(&name).to_owned();
    let value = claim(&name).filter(|_| value.is_empty()).unwrap_or(value);
    view! {
        <Field name=name.clone() label help=help optional>
            <div class="flex min-w-0">
                <input
                    class=classes([INPUT, tw!("h-control px-2.75 rounded-r-none text-right num")])
                    id=id.clone()
                    name=name
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    value=value
                    required=!optional
                    aria-invalid=refused
                    aria-describedby=described
                    data-field=key
                />
                <span id=format!("{id}-unit") class="grid place-items-center px-2.5 border border-l-0 border-control-line rounded-r bg-canvas text-2 text-13">
                    {currency.to_string()}
                </span>
            </div>
        </Field>
    }
    .into_any()
}
