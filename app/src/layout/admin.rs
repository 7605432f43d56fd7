//! The admin's frame: sections and items, only those that are built and that the viewer can open.

use super::{PasswordPrompt, account, menu, simulated_banner, use_app_context};
use app_kit::{
    prelude::*,
    shell::{AdminShell, NavSection},
};
use leptos_router::components::Outlet;
use model::administration::accounts::Viewer;

/// The admin layout.
#[component]
pub fn AdminLayout() -> impl IntoView {
    let context = use_app_context();
    // Without a session the server has already redirected to the sign-in page.
    let Some(viewer) = context.viewer.clone() else { return ().into_any() };
    let (sections, first) = (sections(&viewer), viewer.second_step_missing);
    let shown = account(&viewer);
    provide_context(viewer);
    view! {
        <AdminShell sections account=shown menu=menu() banner=simulated_banner(&context)>
            {if first { view! { <TwoFactorRequired/> }.into_any() } else { view! { <Outlet/> }.into_any() }}
            <PasswordPrompt/>
        </AdminShell>
    }
    .into_any()
}

/// Shown to staff who must set up 2FA.
#[component]
fn TwoFactorRequired() -> impl IntoView {
    view! {
        <PageHead title="Two-factor authentication required"/>
        <EmptyState
            title="Set up two-factor authentication to continue" text="Staff must sign in with an authenticator app. Setup takes about a minute."
            action=|| view! { <LinkButton href="/account" kind=Kind::Primary>"Set up 2FA"</LinkButton> }
        />
    }
}

/// The sections with the items that the viewer can open.
pub(super) fn sections(viewer: &Viewer) -> Vec<NavSection> {
    let all = [
        NavSection::of("Overview", "Overview", Symbol::Overview, app_overview::NAV, viewer),
        NavSection::of("Administration", "Admin", Symbol::People, app_administration::NAV, viewer),
        NavSection::of("Hosting", "Hosting", Symbol::Box, app_hosting::NAV, viewer),
        NavSection::of("Billing", "Billing", Symbol::Card, app_billing::NAV, viewer),
        NavSection::of("Security", "Security", Symbol::Shield, app_security::NAV, viewer),
    ];
    all.into_iter().flatten().collect()
}
