//! The tenant layout. The URL contains the slug; a foreign slug is not found.

use super::{PasswordPrompt, account, house, menu, not_found, simulated_banner, use_app_context};
use app_kit::{prelude::*, shell::TenantShell};
use leptos_router::{components::Outlet, hooks::use_params_map};
use model::{
    error::{ApiError, ErrorCode},
    permission::{self, BillingRead, CloudpodsRead, JobsRead, UsersRead},
};

/// The tenant layout.
#[component]
pub fn TenantLayout() -> impl IntoView {
    let context = use_app_context();
    let params = use_params_map();
    move || {
        let slug = params.read().get("slug").unwrap_or_default();
        let Some(viewer) = context.viewer.clone() else { return ().into_any() };
        // Staff may open a tenant's portal, too; the access check decides.
        let place = viewer.memberships.iter().find(|place| place.slug == slug);
        let role = place.map(|place| place.role.clone()).or_else(|| viewer.platform_role.clone()).unwrap_or_default();
        let name = place.map(|place| place.name.clone());
        let Some(name) = name.or_else(|| viewer.platform_role.is_some().then(|| slug.clone())) else {
            not_found();
            return view! {
                {simulated_banner(&context).run()}
                <ErrorState error=ApiError::new(ErrorCode::NotFound, "Account not found.")/>
            }
            .into_any();
        };
        let rooms = rooms(&slug, &role);
        view! {
            <TenantShell house=house(&context) tenant=name rooms account=account(&viewer) menu=menu() banner=simulated_banner(&context)>
                <Outlet/><PasswordPrompt/>
            </TenantShell>
        }
        .into_any()
    }
}

/// The portal modules that this role can open.
pub(super) fn rooms(slug: &str, role: &str) -> Vec<(&'static str, String)> {
    let all = [
        ("CloudPods", String::new(), permission::holds::<CloudpodsRead>(role)),
        ("Jobs", "/jobs".to_owned(), permission::holds::<JobsRead>(role)),
        ("Invoices", "/invoices".to_owned(), permission::holds::<BillingRead>(role)),
        ("Members", "/members".to_owned(), permission::holds::<UsersRead>(role)),
    ];
    all.into_iter().filter(|(.., open)| *open).map(|(word, path, _)| (word, format!("/t/{slug}{path}"))).collect()
}
