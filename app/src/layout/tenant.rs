//! The tenant's frame. The slug stands in the address; a stranger's slug is not found.

use super::{account, house, not_found, sign_out, simulated_banner, use_frame};
use app_kit::{prelude::*, shell::TenantShell};
use leptos_router::{components::Outlet, hooks::use_params_map};
use model::error::{ApiError, ErrorCode};

/// The tenant's frame.
#[component]
pub fn TenantLayout() -> impl IntoView {
    let frame = use_frame();
    let params = use_params_map();
    move || {
        let slug = params.read().get("slug").unwrap_or_default();
        let Some(viewer) = frame.viewer.clone() else { return ().into_any() };
        // Staff may look into a tenant's portal, too; the door decides.
        let name = viewer.memberships.iter().find(|place| place.slug == slug).map(|place| place.name.clone());
        let Some(name) = name.or_else(|| viewer.platform_role.is_some().then(|| slug.clone())) else {
            not_found();
            return view! { <ErrorState error=ApiError::new(ErrorCode::NotFound, "This account is not here.")/> }.into_any();
        };
        let rooms = vec![("CloudPods", format!("/t/{slug}")), ("Jobs", format!("/t/{slug}/jobs")), ("Invoices", format!("/t/{slug}/invoices"))];
        view! {
            <TenantShell house=house(&frame) tenant=name rooms account=account(&viewer) menu=sign_out() banner=simulated_banner(&frame)>
                <Outlet/>
            </TenantShell>
        }
        .into_any()
    }
}
