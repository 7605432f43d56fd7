//! The tenant's frame. The slug stands in the address; a stranger's slug is not found.

use super::{AskPassword, account, brand, menu, not_found, simulated_banner, use_frame};
use app_kit::{prelude::*, shell::TenantShell};
use leptos_router::{components::Outlet, hooks::use_params_map};
use model::{
    error::{ApiError, ErrorCode},
    permission::{self, BillingRead, CloudpodsRead, JobsRead, UsersRead},
};

/// The tenant's frame.
#[component]
pub fn TenantLayout() -> impl IntoView {
    let frame = use_frame();
    let params = use_params_map();
    move || {
        let slug = params.read().get("slug").unwrap_or_default();
        let Some(viewer) = frame.viewer.clone() else { return ().into_any() };
        // Staff may look into a tenant's portal, too; the door decides.
        let place = viewer.memberships.iter().find(|place| place.slug == slug);
        let role = place.map(|place| place.role.clone()).or_else(|| viewer.platform_role.clone()).unwrap_or_default();
        let name = place.map(|place| place.name.clone());
        let Some(name) = name.or_else(|| viewer.platform_role.is_some().then(|| slug.clone())) else {
            not_found();
            return view! {
                {simulated_banner(&frame).run()}
                <ErrorState error=ApiError::new(ErrorCode::NotFound, "Account not found.")/>
            }
            .into_any();
        };
        let items = items(&slug, &role);
        view! {
            <TenantShell brand=brand(&frame) tenant=name items account=account(&viewer) menu=menu() banner=simulated_banner(&frame)>
                <Outlet/><AskPassword/>
            </TenantShell>
        }
        .into_any()
    }
}

/// The items of a portal that this role opens.
pub(super) fn items(slug: &str, role: &str) -> Vec<(&'static str, String)> {
    let all = [
        ("CloudPods", String::new(), permission::holds::<CloudpodsRead>(role)),
        ("Jobs", "/jobs".to_owned(), permission::holds::<JobsRead>(role)),
        ("Invoices", "/invoices".to_owned(), permission::holds::<BillingRead>(role)),
        ("Members", "/members".to_owned(), permission::holds::<UsersRead>(role)),
    ];
    all.into_iter().filter(|(.., open)| *open).map(|(word, path, _)| (word, format!("/t/{slug}{path}"))).collect()
}
