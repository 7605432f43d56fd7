//! What leads to registrations: on the list of domains, where a registry is configured, and on the page of a domain that is registered here.

use super::{
    parts::{expiry, status},
    server_fns::{can_register_domains, is_registration_offered},
};
use app_kit::prelude::*;
use model::{
    hosting::registrations::DomainRegistration,
    permission::{DomainsRead, ProductsRead, SubscriptionsWrite},
};

/// On the list of domains. Nothing where no registry is configured.
#[component]
pub(crate) fn Links(scope: Scope) -> impl IntoView {
    match scope {
        Scope::Platform => view! { <StaffLinks/> }.into_any(),
        Scope::Tenant(slug) => view! { <TenantLinks slug/> }.into_any(),
    }
}

#[component]
fn TenantLinks(slug: String) -> impl IntoView {
    let viewer = use_viewer();
    let orders = viewer.as_ref().is_some_and(|viewer| viewer.holds_in::<SubscriptionsWrite>(&slug));
    if !viewer.is_some_and(|viewer| viewer.holds_in::<DomainsRead>(&slug)) {
        return ().into_any();
    }
    let of = slug.clone();
    let data = fetch(|| (), move |()| can_register_domains(of.clone()));
    let view = move |is_offered: bool| {
        let to = |page: &str| format!("/t/{slug}/{page}");
        is_offered.then(|| {
            let order = orders.then(|| {
                view! {
                    <LinkButton href=to("domains/register")>"Register domain"</LinkButton>
                    <LinkButton href=to("domains/transfer")>"Transfer domain here"</LinkButton>
                }
            });
            view! { <div class="mb-4 flex flex-wrap gap-2">{order}<LinkButton href=to("domains/registrations")>"Registered domains"</LinkButton></div> }
        })
    };
    view! { <Load data keep=true shape=Shape::Lines view/> }.into_any()
}

#[component]
fn StaffLinks() -> impl IntoView {
    let viewer = use_viewer();
    let prices = viewer.as_ref().is_some_and(|viewer| viewer.holds::<ProductsRead>());
    if !viewer.is_some_and(|viewer| viewer.holds::<DomainsRead>()) {
        return ().into_any();
    }
    let data = fetch(|| (), |()| is_registration_offered());
    let view = move |is_offered: bool| {
        is_offered.then(|| {
            let prices = prices.then(|| view! { <LinkButton href="/admin/domains/prices">"Domain prices"</LinkButton> });
            view! { <div class="mb-4 flex flex-wrap gap-2"><LinkButton href="/admin/domains/registrations">"Registered domains"</LinkButton>{prices}</div> }
        })
    };
    view! { <Load data keep=true shape=Shape::Lines view/> }.into_any()
}

/// On the page of a domain that is registered here.
#[component]
pub(crate) fn Registered(registration: DomainRegistration, scope: Scope) -> impl IntoView {
    let href = scope.path(&format!("domains/registrations/{}", registration.id));
    let (state, word) = status(registration.status);
    let manage = move || view! { <LinkButton href=href.clone() size=Size::Small>"View registration"</LinkButton> };
    view! {
        <Panel title="Registration" note="The domain is registered here." aside=manage>
            <Facts>
                <Fact label="Status"><Badge state word/></Fact>
                <Fact label="Expires">{expiry(registration.expires_at)}</Fact>
            </Facts>
        </Panel>
    }
    .into_any()
}
