//! Domains that are registered here: ordering and renewing them belongs to billing, everything else to hosting.

use app_billing::registrations::{Renewal, order::OrderDomainSteps};
use app_hosting::registrations::{HolderFields, pages, server_fns::can_register_domains};
use app_kit::prelude::*;

/// `/t/:slug/domains/register`
#[component]
pub fn RegisterDomainPage() -> impl IntoView {
    view! { <OrderDomain is_transfer=false/> }.into_any()
}

/// `/t/:slug/domains/transfer`
#[component]
pub fn TransferDomainPage() -> impl IntoView {
    view! { <OrderDomain is_transfer=true/> }.into_any()
}

#[component]
fn OrderDomain(is_transfer: bool) -> impl IntoView {
    let scope = use_scope();
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    let of = slug.clone();
    let title = if is_transfer { "Transfer a domain here" } else { "Register a domain" };
    let data = fetch(|| (), move |()| can_register_domains(of.clone()));
    let view = move |is_offered: bool| {
        if is_offered {
            let holder = || view! { <HolderFields prefix="input[holder]"/> };
            view! { <OrderDomainSteps slug=slug.clone() is_transfer holder/> }.into_any()
        } else {
            view! { <EmptyState title="Not available" text="Domains can't be registered here. Connect a domain that you have registered elsewhere."/> }.into_any()
        }
    };
    view! {
        <PageHead title parents=vec![Crumb::new("Domains", scope.path("domains"))]/>
        <Load data view/>
    }
    .into_any()
}

/// `/admin/domains/registrations/:id` and `/t/:slug/domains/registrations/:id`
#[component]
pub fn RegistrationPage() -> impl IntoView {
    let renewal: pages::RenewalPanel = |view, slug| view! { <Renewal view slug/> }.into_any();
    view! { <pages::RegistrationPage renewal/> }.into_any()
}
