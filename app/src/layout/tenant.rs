//! The tenant's frame. The slug stands in the address; a stranger's slug is not found.

use super::{AskPassword, account, house, menu, not_found, simulated_banner, use_frame};
use app_kit::{prelude::*, shell::TenantShell};
use leptos_router::{components::Outlet, hooks::use_params_map};
use model::{
    administration::accounts::Viewer,
    error::{ApiError, ErrorCode},
    permission::{BillingRead, CloudpodsRead, JobsRead, UsersRead},
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
        let name = place.map(|place| place.name.clone());
        let Some(name) = name.or_else(|| viewer.platform_role.is_some().then(|| slug.clone())) else {
            not_found();
            return view! {
                {simulated_banner(&frame).run()}
                <ErrorState error=ApiError::new(ErrorCode::NotFound, "This account is not here.")/>
            }
            .into_any();
        };
        let rooms = rooms(&slug, &viewer);
        view! {
            <TenantShell house=house(&frame) tenant=name rooms account=account(&viewer) menu=menu() banner=simulated_banner(&frame)>
                <Outlet/><AskPassword/>
            </TenantShell>
        }
        .into_any()
    }
}

/// The rooms of a portal that this person's permissions open.
pub(super) fn rooms(slug: &str, viewer: &Viewer) -> Vec<(&'static str, String)> {
    let all = [
        ("CloudPods", String::new(), viewer.holds_in::<CloudpodsRead>(slug)),
        ("Jobs", "/jobs".to_owned(), viewer.holds_in::<JobsRead>(slug)),
        ("Invoices", "/invoices".to_owned(), viewer.holds_in::<BillingRead>(slug)),
        ("Members", "/members".to_owned(), viewer.holds_in::<UsersRead>(slug)),
    ];
    all.into_iter().filter(|(.., open)| *open).map(|(word, path, _)| (word, format!("/t/{slug}{path}"))).collect()
}
