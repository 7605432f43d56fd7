//! Light, dark, or as the system says; kept in the browser, set before the first paint.

use crate::{button::IconButton, icon::Symbol};
use leptos::prelude::*;

/// Runs in the head, before anything is painted.
#[cfg(feature = "ssr")]
pub(crate) const EARLY: &str =
    "try{var t=localStorage.getItem('mpanel-theme');if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch(e){}";

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    const fn next(self) -> Self {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }

    const fn symbol(self) -> Symbol {
        match self {
            Theme::System => Symbol::Screen,
            Theme::Light => Symbol::Sun,
            Theme::Dark => Symbol::Moon,
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Theme::System => "Theme: as the system. Change to light",
            Theme::Light => "Theme: light. Change to dark",
            Theme::Dark => "Theme: dark. Change to the system's",
        }
    }
}

/// One button that goes through system, light and dark.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    let theme = RwSignal::new(Theme::System);
    Effect::new(move |_| theme.set(read()));
    view! {
        {move || {
            let shown = theme.get();
            view! {
                <IconButton symbol=shown.symbol() label=shown.label() on:click=move |_| {
                    let next = theme.get_untracked().next();
                    write(next);
                    theme.set(next);
                }/>
            }
        }}
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
fn read() -> Theme {
    match document().document_element().and_then(|root| root.get_attribute("data-theme")).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    }
}

#[cfg(feature = "hydrate")]
fn write(theme: Theme) {
    let Some(root) = document().document_element() else { return };
    let store = window().local_storage().ok().flatten();
    let word = match theme {
        Theme::System => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    };
    // A browser that keeps nothing still shows the theme on this page.
    let _ = match word {
        Some(word) => root.set_attribute("data-theme", word),
        None => root.remove_attribute("data-theme"),
    };
    if let Some(store) = store {
        let _ = match word {
            Some(word) => store.set_item("mpanel-theme", word),
            None => store.remove_item("mpanel-theme"),
        };
    }
}

#[cfg(not(feature = "hydrate"))]
fn read() -> Theme {
    Theme::System
}

#[cfg(not(feature = "hydrate"))]
fn write(_: Theme) {}
