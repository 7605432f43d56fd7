//! The public frame, and the frame of sign-in, activation, reset and set-up.

use super::{brand, simulated_banner, use_frame};
use app_kit::{prelude::*, shell::PublicShell};
use leptos_router::components::Outlet;

/// The public frame.
#[component]
pub fn PublicLayout() -> impl IntoView {
    let frame = use_frame();
    view! {
        <PublicShell brand=brand(&frame) banner=simulated_banner(&frame)><Outlet/></PublicShell>
    }
    .into_any()
}

/// Gives the sign-in pages the brand they stand in. They run no program.
#[cfg(feature = "ssr")]
#[component]
pub fn SignFrame() -> impl IntoView {
    let frame = use_frame();
    app_kit::html_only::provide_html_only();
    provide_context(brand(&frame));
    view! { {simulated_banner(&frame).run()} <Outlet/> }.into_any()
}
