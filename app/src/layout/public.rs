//! The public layout, and the layout of sign-in, activation, password reset and setup.

use super::{house, simulated_banner, use_app_context};
use app_kit::{prelude::*, shell::PublicShell};
use leptos_router::components::Outlet;

/// The public layout.
#[component]
pub fn PublicLayout() -> impl IntoView {
    let context = use_app_context();
    view! {
        <PublicShell house=house(&context) banner=simulated_banner(&context)><Outlet/></PublicShell>
    }
    .into_any()
}

/// Provides the brand to the sign-in pages, which run no WebAssembly.
#[cfg(feature = "ssr")]
#[component]
pub fn SignFrame() -> impl IntoView {
    let context = use_app_context();
    app_kit::plain::provide_plain();
    provide_context(house(&context));
    view! { {simulated_banner(&context).run()} <Outlet/> }.into_any()
}
