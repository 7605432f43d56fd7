//! Text to take along: fingerprints, commands, secrets that are shown once.

use crate::{button::IconButton, icon::Symbol};
use leptos::prelude::*;

/// Text in a field with a copy button. A secret is shown once: say so beside it.
#[component]
pub fn Copyable(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// What it is: "Copy the command".
    #[prop(into)]
    label: String,
    /// Breaks over lines instead of being cut; for commands.
    #[prop(optional)]
    whole: bool,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let words = {
        let label = label.clone();
        Signal::derive(move || if copied.get() { "Copied".to_owned() } else { label.clone() })
    };
    let copy = {
        let text = text.clone();
        move |_| to_clipboard(&text, copied)
    };
    let code = if whole {
        tw!("flex-1 min-w-0 py-1.5 pl-2.25 text-12 wrap-anywhere whitespace-pre-wrap")
    } else {
        tw!("flex-1 min-w-0 pl-2.25 text-12 truncate")
    };
    view! {
        <span class="inline-flex items-center max-w-full min-w-0 border border-line-firm rounded bg-well">
            <code class=code title=(!whole).then(|| text.clone())>{text.clone()}</code>
            {move || view! { <IconButton symbol=if copied.get() { Symbol::Check } else { Symbol::Copy } label=words on:click=copy.clone()/> }}
            <span class="sr-only" role="status">{move || copied.get().then_some("Copied")}</span>
        </span>
    }
    .into_any()
}

/// A secret that is shown this once: covered until somebody asks to see it, and copied without being seen.
#[component]
pub fn Secret(
    /// The secret.
    #[prop(into)]
    text: String,
    /// What it is: "API key".
    #[prop(into)]
    label: String,
    /// Shown from the start, for a gallery.
    #[prop(optional)]
    shown: bool,
) -> impl IntoView {
    let (shown, copied) = (RwSignal::new(shown), RwSignal::new(false));
    let (covered, secret, to_copy) = ("•".repeat(text.chars().count().min(32)), text.clone(), text);
    let toggle = Signal::derive(move || if shown.get() { "Hide" } else { "Show" }.to_owned());
    let copy_label = format!("Copy {label}");
    let copy = Signal::derive(move || if copied.get() { "Copied".to_owned() } else { copy_label.clone() });
    view! {
        <div class="grid gap-1.25 min-w-0">
            <span class="text-13 font-mid text-1">{label}</span>
            <span class="flex items-center max-w-full min-w-0 border border-line-firm rounded bg-well">
                <code class="flex-1 min-w-0 py-1.5 pl-2.25 text-12 wrap-anywhere">{move || if shown.get() { secret.clone() } else { covered.clone() }}</code>
                <IconButton symbol=Symbol::Eye label=toggle on:click=move |_| shown.update(|shown| *shown = !*shown)/>
                <IconButton symbol=Symbol::Copy label=copy on:click=move |_| to_clipboard(&to_copy, copied)/>
                <span class="sr-only" role="status">{move || copied.get().then_some("Copied")}</span>
            </span>
            <p class="text-12 text-3">"Shown only once. Copy it now and keep it in a safe place."</p>
        </div>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
fn to_clipboard(text: &str, copied: RwSignal<bool>) {
    let promise = window().navigator().clipboard().write_text(text);
    leptos::task::spawn_local(async move {
        if wasm_bindgen_futures::JsFuture::from(promise).await.is_ok() {
            copied.set(true);
            set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn to_clipboard(_: &str, _: RwSignal<bool>) {}
