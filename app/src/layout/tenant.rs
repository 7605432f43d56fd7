//! The tenant layout. The URL contains the slug; a foreign slug is not found.

use super::{PasswordPrompt, account, brand, menu, not_found, simulated_banner, use_app_context};
use app_hosting::certificates::Issuing;
use app_kit::{prelude::*, shell::TenantShell};
use leptos_router::{
    components::Outlet,
    hooks::{use_location, use_params_map},
};
use model::{
    administration::accounts::Viewer,
    error::{ApiError, ErrorCode},
    hosting::suspensions::SuspensionReason,
    permission::{BillingRead, CloudpodsRead, DomainsRead, JobsRead, SslRead, SubscriptionsRead, UsersRead, WebsitesRead},
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
        let suspended = place.and_then(|place| place.suspended);
        let items = items(&slug, &viewer, context.has_certificates);
        provide_context(viewer.clone());
        provide_context(Issuing(context.has_certificates));
        let page = {
            let slug = slug.clone();
            move || match suspended {
                Some(reason) => view! { <Suspended reason slug=slug.clone()/> }.into_any(),
                None => view! { <Outlet/> }.into_any(),
            }
        };
        view! {
            <TenantShell brand=brand(&context) tenant=name items account=account(&viewer) menu=menu() banner=simulated_banner(&context)>
                {page}<PasswordPrompt/>
            </TenantShell>
        }
        .into_any()
    }
}

/// What members of a suspended account see: why, and how to pay. The pages about money stay open.
#[component]
fn Suspended(reason: SuspensionReason, slug: String) -> impl IntoView {
    let location = use_location();
    let base = format!("/t/{slug}");
    let is_money = {
        let base = base.clone();
        move || {
            let path = location.pathname.get();
            ["/billing", "/subscriptions", "/invoices", "/payment-methods"].iter().any(|page| path.starts_with(&format!("{base}{page}")))
        }
    };
    let unpaid = reason == SuspensionReason::NonPayment;
    let what = if unpaid {
        "Your account is suspended because an invoice is unpaid. Your sites are offline; their data is kept. Pay the open invoices to bring them back."
    } else {
        "Your account is suspended. Your sites are offline; their data is kept. Contact support to find out more."
    };
    let note = format!("{what} Reason: {}.", reason.title());
    view! {
        <div class="mb-4"><Banner notice=Notice::Failing boxed=true>{note}</Banner></div>
        {move || if is_money() {
            view! { <Outlet/> }.into_any()
        } else {
            let (invoices, methods) = (format!("{base}/invoices"), format!("{base}/payment-methods"));
            view! {
                <PageHead title="Account suspended"/>
                <div class="flex flex-wrap gap-3">
                    <LinkButton href=invoices kind=Kind::Primary>"Open invoices"</LinkButton>
                    <LinkButton href=methods>"Payment methods"</LinkButton>
                </div>
            }
            .into_any()
        }}
    }
}

/// The items of a portal that the viewer can open. Payment methods and the billing profile are below Billing, which leads to them.
pub(super) fn items(slug: &str, viewer: &Viewer, has_certificates: bool) -> Vec<(&'static str, String)> {
    let all = [
        ("CloudPods", String::new(), viewer.holds_in::<CloudpodsRead>(slug)),
        ("Sites", "/websites".to_owned(), viewer.holds_in::<WebsitesRead>(slug)),
        ("Domains", "/domains".to_owned(), viewer.holds_in::<DomainsRead>(slug)),
        ("Certificates", "/certificates".to_owned(), has_certificates && viewer.holds_in::<SslRead>(slug)),
        ("Jobs", "/jobs".to_owned(), viewer.holds_in::<JobsRead>(slug)),
        ("Billing", "/billing".to_owned(), viewer.holds_in::<BillingRead>(slug)),
        ("Subscriptions", "/subscriptions".to_owned(), viewer.holds_in::<SubscriptionsRead>(slug)),
        ("Invoices", "/invoices".to_owned(), viewer.holds_in::<BillingRead>(slug)),
        ("Members", "/members".to_owned(), viewer.holds_in::<UsersRead>(slug)),
    ];
    all.into_iter().filter(|(_, _, open)| *open).map(|(word, path, _)| (word, format!("/t/{slug}{path}"))).collect()
}
