//! The tenant layout. The URL contains the slug; a foreign slug is not found.

use super::{PasswordPrompt, account, brand, menu, not_found, simulated_banner, use_app_context};
use app_kit::{prelude::*, shell::TenantShell};
use leptos_router::{components::Outlet, hooks::use_params_map};
use model::{
    administration::accounts::Viewer,
    error::{ApiError, ErrorCode},
    permission::{BillingRead, CloudpodsRead, JobsRead, SubscriptionsRead, UsersRead},
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
        let name = place.map(|place| place.name.clone());
        let Some(name) = name.or_else(|| viewer.platform_role.is_some().then(|| slug.clone())) else {
            not_found();
            return view! {
                {simulated_banner(&context).run()}
                <ErrorState error=ApiError::new(ErrorCode::NotFound, "Account not found.")/>
            }
            .into_any();
        };
        let items = items(&slug, &viewer);
        provide_context(viewer.clone());
        view! {
            <TenantShell brand=brand(&context) tenant=name items account=account(&viewer) menu=menu() banner=simulated_banner(&context)>
                <Outlet/><PasswordPrompt/>
            </TenantShell>
        }
        .into_any()
    }
}

/// The items of a portal that the viewer can open.
pub(super) fn items(slug: &str, viewer: &Viewer) -> Vec<(&'static str, String)> {
    let all = [
        ("CloudPods", String::new(), viewer.holds_in::<CloudpodsRead>(slug)),
        ("Jobs", "/jobs".to_owned(), viewer.holds_in::<JobsRead>(slug)),
        ("Subscriptions", "/subscriptions".to_owned(), viewer.holds_in::<SubscriptionsRead>(slug)),
        ("Invoices", "/invoices".to_owned(), viewer.holds_in::<BillingRead>(slug)),
        ("Payment methods", "/payment-methods".to_owned(), viewer.holds_in::<BillingRead>(slug)),
        ("Billing profile", "/billing-profile".to_owned(), viewer.holds_in::<BillingRead>(slug)),
        ("Members", "/members".to_owned(), viewer.holds_in::<UsersRead>(slug)),
    ];
    all.into_iter().filter(|(.., open)| *open).map(|(word, path, _)| (word, format!("/t/{slug}{path}"))).collect()
}
