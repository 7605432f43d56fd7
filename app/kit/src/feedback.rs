//! Empty, error, no permission, loading: the states that every page has.

use crate::{
    classes,
    icon::{Icon, Symbol},
    state::State,
};
use leptos::prelude::*;
use model::error::{ApiError, ErrorCode};

/// Nothing there yet: what this is, one sentence, the action that fills it.
#[component]
pub fn EmptyState(
    /// "No CloudPods yet".
    #[prop(into)]
    title: String,
    /// What would stand here and how it comes.
    #[prop(into)]
    text: String,
    /// The action that fills it.
    #[prop(optional, into)]
    action: ViewFn,
) -> impl IntoView {
    view! {
        <div class="grid justify-items-start gap-2 max-w-[52ch] px-panel py-6 text-13 text-2">
            <h2 class="text-1 text-14 font-bold">{title}</h2>
            <p>{text}</p>
            <div class="empty:hidden mt-2 flex flex-wrap gap-2">{action.run()}</div>
        </div>
    }
    .into_any()
}

/// What did not arrive, why, the incident id, try again. The rest of the page works.
#[component]
pub fn ErrorState(
    /// The error.
    error: ApiError,
    /// Fetches again; without it the page is loaded again.
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    let (state, title) = match error.code {
        ErrorCode::NotFound => (State::Stopped, "Not found"),
        ErrorCode::Forbidden => (State::Stopped, "You don't have access"),
        ErrorCode::SecondStep => (State::Warning, "Two-factor authentication required"),
        ErrorCode::Unauthenticated => (State::Stopped, "You're signed out"),
        ErrorCode::Unavailable => (State::Warning, "Temporarily unavailable"),
        _ => (State::Failing, "Request failed"),
    };
    let again = matches!(error.code, ErrorCode::Unavailable | ErrorCode::Internal | ErrorCode::TooMany | ErrorCode::Conflict);
    view! {
        <div class="grid grid-cols-[16px_minmax(0,1fr)] gap-x-3 gap-y-1 max-w-[64ch] px-panel py-5 text-13" role="alert">
            <Icon symbol=state.symbol() class=classes([tw!("mt-0.5"), state.mark()])/>
            <h2 class="text-14 leading-5 font-bold">{title}</h2>
            <p class="col-start-2 text-2">{error.message}</p>
            {error.incident.map(|incident| view! {
                <p class="col-start-2 text-3 text-12">"Reference: " <code class="text-2">{incident}</code> ". Include it when you contact support."</p>
            })}
            {(error.code == ErrorCode::SecondStep).then(|| view! { <p class="col-start-2 mt-1"><a href="/account">"Set up 2FA"</a></p> })}
            {again.then(|| view! {
                <div class="col-start-2 mt-2">
                    <crate::button::Button size=crate::button::Size::Small icon=Symbol::Refresh on:click=move |_| match retry {
                        Some(retry) => retry.run(()),
                        None => reload(),
                    }>"Try again"</crate::button::Button>
                </div>
            })}
        </div>
    }
    .into_any()
}

/// Loads the page again.
fn reload() {
    #[cfg(feature = "hydrate")]
    // A refused reload leaves the page as it is, which is what the person sees anyway.
    let _ = window().location().reload();
}

/// The shape of what comes, after 300 ms; never where data already stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Rows of a table.
    #[default]
    Rows,
    /// Lines of text.
    Lines,
    /// A head, a strip of facts, two panels.
    Page,
}

/// The skeleton of what comes.
#[component]
pub fn Skeleton(
    /// Its shape.
    #[prop(optional)]
    shape: Shape,
) -> impl IntoView {
    let bar = |width: &'static str| view! { <span class=classes([tw!("block h-3 rounded-sm bg-press"), width])></span> };
    let rows = move || {
        (0..6)
            .map(|_| {
                view! {
                    <div class="grid grid-cols-[1.4fr_0.8fr_1fr_0.5fr] gap-6 items-center h-row px-panel border-b border-line last:border-b-0">
                        {bar(tw!("w-3/4"))} {bar(tw!("w-1/2"))} {bar(tw!("w-2/3"))} {bar("")}
                    </div>
                }
            })
            .collect_view()
    };
    view! {
        <div class="appear-late" role="status">
            <span class="sr-only">"Loading"</span>
            {match shape {
                Shape::Rows => rows().into_any(),
                Shape::Lines => view! { <div class="grid gap-3 p-panel">{bar(tw!("w-2/3"))} {bar(tw!("w-1/2"))} {bar(tw!("w-3/4"))}</div> }.into_any(),
                Shape::Page => view! {
                    <div class="grid gap-4">
                        <div class="grid gap-3 pb-2">{bar(tw!("w-1/4"))} {bar(tw!("w-1/3"))}</div>
                        <div class="border border-line rounded-lg">{rows()}</div>
                    </div>
                }.into_any(),
            }}
        </div>
    }
    .into_any()
}
