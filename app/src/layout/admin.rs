//! The admin layout. Navigation lists only modules that the role can open.

use super::{PasswordPrompt, account, menu, simulated_banner, use_app_context};
use app_kit::{
    prelude::*,
    shell::{AdminShell, Room, Wing},
};
use leptos_router::components::Outlet;
use model::permission::*;

/// The admin layout.
#[component]
pub fn AdminLayout() -> impl IntoView {
    let context = use_app_context();
    // Without a session the server has already redirected to the sign-in page.
    let Some(viewer) = context.viewer.clone() else { return ().into_any() };
    let role = viewer.platform_role.clone().unwrap_or_default();
    let (wings, first) = if viewer.second_step_missing { (Vec::new(), true) } else { (wings(&role), false) };
    let shown = account(&viewer);
    provide_context(viewer);
    view! {
        <AdminShell wings account=shown menu=menu() banner=simulated_banner(&context)>
            {if first { view! { <TwoFactorRequired/> }.into_any() } else { view! { <Outlet/> }.into_any() }}
            <PasswordPrompt/>
        </AdminShell>
    }
    .into_any()
}

/// Shown to staff who must set up 2FA.
#[component]
fn TwoFactorRequired() -> impl IntoView {
    view! {
        <PageHead title="Two-factor authentication required"/>
        <EmptyState
            title="Set up two-factor authentication to continue" text="Staff must sign in with an authenticator app. Setup takes about a minute."
            action=|| view! { <LinkButton href="/account" kind=Kind::Primary>"Set up 2FA"</LinkButton> }
        />
    }
}

/// The areas and modules that this role can open.
pub(super) fn wings(role: &str) -> Vec<Wing> {
    let all = vec![
        (
            Wing { word: "Overview", short: "Overview", symbol: Symbol::Overview, rooms: vec![] },
            vec![("Dashboard", "/admin", holds::<DashboardRead>(role))],
        ),
        (
            Wing { word: "Administration", short: "Admin", symbol: Symbol::People, rooms: vec![] },
            vec![
                ("Users", "/admin/users", holds::<UsersRead>(role)),
                ("Customers", "/admin/customers", holds::<CustomersRead>(role)),
                ("Servers", "/admin/servers", holds::<ServersRead>(role)),
                ("Provisioning", "/admin/jobs", holds::<JobsRead>(role)),
                ("Email log", "/admin/outbox", holds::<OutboxRead>(role)),
            ],
        ),
        (
            Wing { word: "Hosting", short: "Hosting", symbol: Symbol::Box, rooms: vec![] },
            vec![("CloudPods", "/admin/cloudpods", holds::<CloudpodsRead>(role))],
        ),
        (
            Wing { word: "Billing", short: "Billing", symbol: Symbol::Card, rooms: vec![] },
            vec![
                ("Products", "/admin/products", holds::<ProductsRead>(role)),
                ("Subscriptions", "/admin/subscriptions", holds::<SubscriptionsRead>(role)),
                ("Invoices", "/admin/invoices", holds::<BillingRead>(role)),
            ],
        ),
        (
            Wing { word: "Security", short: "Security", symbol: Symbol::Shield, rooms: vec![] },
            vec![("Audit log", "/admin/audit", holds::<AuditRead>(role)), ("Security policies", "/admin/policies", holds::<PoliciesRead>(role))],
        ),
    ];
    let open = |(mut wing, rooms): (Wing, Vec<(&'static str, &'static str, bool)>)| {
        wing.rooms = rooms.into_iter().filter(|(.., open)| *open).map(|(word, href, _)| Room::new(word, href)).collect();
        (!wing.rooms.is_empty()).then_some(wing)
    };
    all.into_iter().filter_map(open).collect()
}
