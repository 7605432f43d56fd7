//! The public layout, and the layout of sign-in, activation, password reset and setup.

use super::{brand, simulated_banner, use_app_context};
use app_kit::{prelude::*, shell::PublicShell};
use leptos_router::components::Outlet;

/// The public layout.
#[component]
pub fn PublicLayout() -> impl IntoView {
    let context = use_app_context();
    view! {
        <PublicShell brand=brand(&context) banner=simulated_banner(&context)><Outlet/></PublicShell>
    }
    .into_any()
}

/// Gives the sign-in pages the brand they stand in. They run no program.
#[cfg(feature = "ssr")]
#[component]
pub fn SignFrame() -> impl IntoView {
    let context = use_app_context();
    app_kit::html_only::provide_html_only();
    provide_context(brand(&context));
    view! { {simulated_banner(&context).run()} <Outlet/> }.into_any()
}
