//! The layout of the profile pages.

use super::{PasswordPrompt, account, admin, house, menu, simulated_banner, tenant, use_app_context};
use app_kit::{
    prelude::*,
    shell::{AdminShell, TenantShell},
};
use leptos_router::components::Outlet;

/// The layout of the profile pages: the admin's for staff, otherwise that of the first account.
#[component]
pub fn AccountLayout() -> impl IntoView {
    let context = use_app_context();
    // Without a session the server has already redirected to the sign-in page.
    let Some(viewer) = context.viewer.clone() else { return ().into_any() };
    let banner = simulated_banner(&context);
    if let Some(role) = &viewer.platform_role {
        let wings = if viewer.second_step_missing { Vec::new() } else { admin::wings(role) };
        return view! { <AdminShell wings account=account(&viewer) menu=menu() banner><Outlet/><PasswordPrompt/></AdminShell> }.into_any();
    }
    let (name, rooms) = match viewer.memberships.first() {
        Some(place) => (place.name.clone(), tenant::rooms(&place.slug, &place.role)),
        None => (house(&context).name, Vec::new()),
    };
    view! {
        <TenantShell house=house(&context) tenant=name rooms account=account(&viewer) menu=menu() banner><Outlet/><PasswordPrompt/></TenantShell>
    }
    .into_any()
}
