//! The frame of the own login's pages: the one that the person works in.

use super::{AskPassword, account, admin, brand, menu, simulated_banner, tenant, use_frame};
use app_kit::{
    prelude::*,
    shell::{AdminShell, TenantShell},
};
use leptos_router::components::Outlet;

/// The own login's frame: the admin's for staff, else that of the first account.
#[component]
pub fn AccountLayout() -> impl IntoView {
    let frame = use_frame();
    // Without a session the server has sent the visitor to the sign-in page before.
    let Some(viewer) = frame.viewer.clone() else { return ().into_any() };
    let banner = simulated_banner(&frame);
    if let Some(role) = &viewer.platform_role {
        let sections = if viewer.second_step_missing { Vec::new() } else { admin::sections(role) };
        return view! { <AdminShell sections account=account(&viewer) menu=menu() banner><Outlet/><AskPassword/></AdminShell> }.into_any();
    }
    let (name, items) = match viewer.memberships.first() {
        Some(place) => (place.name.clone(), tenant::items(&place.slug, &place.role)),
        None => (brand(&frame).name, Vec::new()),
    };
    view! {
        <TenantShell brand=brand(&frame) tenant=name items account=account(&viewer) menu=menu() banner><Outlet/><AskPassword/></TenantShell>
    }
    .into_any()
}
