//! The layout of the profile pages.

use super::{PasswordPrompt, account, admin, brand, menu, simulated_banner, tenant, use_app_context};
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
    if viewer.platform_role.is_some() {
        let sections = admin::sections(&viewer);
        return view! { <AdminShell sections account=account(&viewer) menu=menu() banner><Outlet/><PasswordPrompt/></AdminShell> }.into_any();
    }
    let (name, items) = match viewer.memberships.first() {
        Some(place) => (place.name.clone(), tenant::items(&place.slug, &viewer, context.has_certificates)),
        None => (brand(&context).name, Vec::new()),
    };
    view! {
        <TenantShell brand=brand(&context) tenant=name items account=account(&viewer) menu=menu() banner><Outlet/><PasswordPrompt/></TenantShell>
    }
    .into_any()
}
