//! The public frame, and the frame of sign-in, activation, reset and set-up.

use super::{house, simulated_banner, use_frame};
use app_kit::{prelude::*, shell::PublicShell};
use leptos_router::components::Outlet;

/// The public frame.
#[component]
pub fn PublicLayout() -> impl IntoView {
    let frame = use_frame();
    view! {
        <PublicShell house=house(&frame) banner=simulated_banner(&frame)><Outlet/></PublicShell>
    }
    .into_any()
}

/// Gives the sign-in pages the house they stand in. They run no program.
#[cfg(feature = "ssr")]
#[component]
pub fn SignFrame() -> impl IntoView {
    let frame = use_frame();
    app_kit::plain::provide_plain();
    provide_context(house(&frame));
    view! { {simulated_banner(&frame).run()} <Outlet/> }.into_any()
}
