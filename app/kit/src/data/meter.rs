//! How much of a limit is used. Bars are SVG: a strict policy allows no style attribute.

use crate::{classes, state::State};
use leptos::prelude::*;

/// State of a use: a warning from 85 %, failing from 97 %.
pub fn use_state(used: f64, limit: f64) -> State {
    match limit {
        limit if limit <= 0.0 => State::Unknown,
        limit if used / limit >= 0.97 => State::Failing,
        limit if used / limit >= 0.85 => State::Warning,
        _ => State::Ok,
    }
}

/// A share of 100 as a whole number of tenths, inside the bar.
fn share(part: f64, limit: f64) -> String {
    if limit <= 0.0 { "0".to_owned() } else { format!("{:.1}", (part / limit * 100.0).clamp(0.0, 100.0)) }
}

/// A bar with its words: "61 GB of 160 GB".
#[component]
pub fn Meter(
    /// What is used.
    #[prop(into)]
    label: String,
    /// How much, in the limit's unit; nothing when it is not known.
    #[prop(into)]
    used: Signal<Option<f64>>,
    /// How much is promised to pods and not yet used.
    #[prop(into, optional)]
    reserved: Signal<f64>,
    /// The limit.
    #[prop(into)]
    limit: Signal<f64>,
    /// The use in words, with its unit: "61 GB".
    #[prop(into)]
    words: Signal<String>,
    /// The limit in words: "160 GB".
    #[prop(into)]
    limit_words: Signal<String>,
    /// One sentence below.
    #[prop(into, optional)]
    note: Signal<String>,
) -> impl IntoView {
    let state = move || used.get().map_or(State::Ok, |used| use_state(used, limit.get()));
    let fill = move || match state() {
        State::Warning => tw!("fill-warning-mark"),
        State::Failing => tw!("fill-failing-mark"),
        _ => tw!("fill-chart-1"),
    };
    let spoken = move || match used.get() {
        Some(_) => format!("{} used, limit {}", words.get(), limit_words.get()),
        None => format!("Unknown, limit {}", limit_words.get()),
    };
    view! {
        <div class="grid gap-1.5 min-w-0">
            <div class="flex flex-wrap justify-between gap-x-3 text-13">
                <span class="text-2">{label.clone()}</span>
                <span class="text-2 num">
                    {move || match used.get() {
                        Some(_) => view! { <b class="text-1">{words.get()}</b> }.into_any(),
                        None => view! { <span>"Unknown"</span> }.into_any(),
                    }}
                    " of " {move || limit_words.get()}
                </span>
            </div>
            <div
                role="meter"
                aria-label=label
                aria-valuemin="0"
                aria-valuemax=move || limit.get().to_string()
                aria-valuenow=move || used.get().unwrap_or_default().to_string()
                aria-valuetext=spoken
            >
                <svg class="block w-full h-2 rounded-bar bg-press forced" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="fill-chart-fill" height="8" width=move || share(used.get().unwrap_or_default() + reserved.get(), limit.get())/>
                    <rect class=fill height="8" width=move || share(used.get().unwrap_or_default(), limit.get())/>
                </svg>
            </div>
            <p class=move || classes([tw!("empty:hidden text-12 num"), match state() { State::Ok => tw!("text-3"), other => other.text() }])>
                {crate::shown(note)}
            </p>
        </div>
    }
    .into_any()
}

/// A small bar for a table cell: "3.2 / 8 GB".
#[component]
pub fn MiniMeter(
    /// How much; nothing when it is not known.
    used: Option<f64>,
    /// The limit.
    limit: f64,
    /// The use in words, without the unit: "3.2".
    #[prop(into)]
    words: String,
    /// The limit in words, with the unit: "8 GB".
    #[prop(into)]
    limit_words: String,
) -> impl IntoView {
    let Some(used) = used else {
        return view! { <span class="text-2">"Unknown"</span> }.into_any();
    };
    let (text, fill) = match use_state(used, limit) {
        State::Warning => (tw!("text-warning-text font-mid"), tw!("fill-warning-mark")),
        State::Failing => (tw!("text-failing-text font-mid"), tw!("fill-failing-mark")),
        _ => ("", tw!("fill-chart-1")),
    };
    view! {
        <span class="inline-grid gap-0.75 min-w-21 align-middle phone:w-full">
            <span class=classes([tw!("text-12 leading-3.5 whitespace-nowrap num"), text])>{words} <span class="text-3">" / " {limit_words}</span></span>
            <svg class="block w-full h-0.75 rounded-full bg-press forced" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
                <rect class=fill height="3" width=share(used, limit)/>
            </svg>
        </span>
    }
    .into_any()
}
