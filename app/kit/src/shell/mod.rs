//! The frames that pages stand in, and the document around everything.

mod account;
pub mod admin;
#[cfg(feature = "ssr")]
mod assets;
#[cfg(feature = "ssr")]
mod document;
pub mod public;
pub mod sign;
pub mod tenant;

pub use account::{Account, MenuLink, SignOut};
pub use admin::{AdminShell, NavEntry, NavItem, NavSection};
#[cfg(feature = "ssr")]
pub use assets::{Asset, Assets};
#[cfg(feature = "ssr")]
pub use document::document;
pub use public::PublicShell;
pub use sign::SignLayout;
pub use tenant::TenantShell;

use leptos::prelude::*;

/// Event of the window: the code of the page that the server has made did not arrive, or broke off.
#[cfg(any(feature = "ssr", feature = "hydrate"))]
const UNLOADED: &str = "mpanel:unloaded";

/// Has the document say that the page can be read and not used.
#[cfg(feature = "hydrate")]
pub fn report_load_failure() {
    if let Ok(event) = leptos::web_sys::Event::new(UNLOADED) {
        let _ = window().dispatch_event(&event);
    }
}

/// Name of the object that the page shows; the last word of the shell's breadcrumb.
#[derive(Clone, Copy)]
pub(crate) struct CurrentPage {
    /// The name, once the page knows it.
    pub(crate) name: RwSignal<Option<String>>,
    /// Whether the shell shows the way back.
    pub(crate) crumbs: bool,
}

/// The place of this page; a page outside a shell has one that nobody shows.
pub(crate) fn use_current_page() -> CurrentPage {
    use_context().unwrap_or_else(|| CurrentPage { name: RwSignal::new(None), crumbs: false })
}

/// What every shell gives to what is inside: toasts, a ticking clock, a place.
fn provide_kit(crumbs: bool) {
    crate::toast::provide_toasts();
    crate::step_up::provide_step_up();
    crate::time::provide_clock();
    provide_context(CurrentPage { name: RwSignal::new(None), crumbs });
}

/// The logo: one colour, from the theme, so that it works on rail, paper and dark.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! { <span class="logo" aria-hidden="true"></span> }.into_any()
}

/// First thing the keyboard reaches. Before it, for a browser that runs no scripts, what does not work there; what would do
/// nothing is not shown then, see `base.css`.
#[component]
fn SkipLink() -> impl IntoView {
    view! {
        <noscript
            class="no-script"
            inner_html="<p>JavaScript is disabled. You can read this page, but most actions need JavaScript.</p>"
        ></noscript>
        <a href="#main" class="fixed left-3 -top-16 focus:top-3 z-banner px-3 py-2 bg-brand text-on-brand rounded" rel="external">"Skip to content"</a>
    }
    .into_any()
}

/// Who sells: from data, never from CSS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Name of the company.
    pub name: String,
    /// What stands at the foot of public pages: address, register, tax number.
    pub imprint: String,
}

/// The foot of tenant and public pages.
#[component]
fn Foot(brand: Brand, width: &'static str) -> impl IntoView {
    view! {
        <footer class=crate::classes([tw!("flex flex-wrap justify-between gap-x-6 gap-y-2 w-full mx-auto px-pad pt-5 pb-8 border-t border-line text-3 text-12"), width])>
            <p>{brand.imprint}</p>
            <p>"Times are UTC."</p>
        </footer>
    }
    .into_any()
}

/// Takes the focus to `main` when the path changes, so that a screen reader begins at the new page.
fn focus_on_navigation() {
    let path = leptos_router::hooks::use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path) {
            focus_main();
        }
        path
    });
}

#[cfg(feature = "hydrate")]
fn focus_main() {
    use wasm_bindgen::JsCast;
    request_animation_frame(|| {
        if let Some(main) = document().get_element_by_id("main").and_then(|main| main.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = main.focus();
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn focus_main() {}
