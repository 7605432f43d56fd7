//! The admin layout. Navigation lists only modules that the viewer can open.

use super::{PasswordPrompt, account, menu, simulated_banner, use_app_context};
use app_kit::{
    prelude::*,
    shell::{AdminShell, Room, Wing},
};
use leptos_router::components::Outlet;
use model::{administration::accounts::Viewer, permission::*};

/// The admin layout.
#[component]
pub fn AdminLayout() -> impl IntoView {
    let context = use_app_context();
    // Without a session the server has already redirected to the sign-in page.
    let Some(viewer) = context.viewer.clone() else { return ().into_any() };
    let (wings, first) = (wings(&viewer), viewer.second_step_missing);
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

/// The areas and modules that the viewer can open.
pub(super) fn wings(viewer: &Viewer) -> Vec<Wing> {
    let all = vec![
        (
            Wing { word: "Overview", short: "Overview", symbol: Symbol::Overview, rooms: vec![] },
            vec![("Dashboard", "/admin", viewer.holds::<DashboardRead>())],
        ),
        (
            Wing { word: "Administration", short: "Admin", symbol: Symbol::People, rooms: vec![] },
            vec![
                ("Users", "/admin/users", viewer.holds::<UsersRead>()),
                ("Customers", "/admin/customers", viewer.holds::<CustomersRead>()),
                ("Servers", "/admin/servers", viewer.holds::<ServersRead>()),
                ("Provisioning", "/admin/jobs", viewer.holds::<JobsRead>()),
                ("Email log", "/admin/outbox", viewer.holds::<OutboxRead>()),
            ],
        ),
        (
            Wing { word: "Hosting", short: "Hosting", symbol: Symbol::Box, rooms: vec![] },
            vec![("CloudPods", "/admin/cloudpods", viewer.holds::<CloudpodsRead>())],
        ),
        (
            Wing { word: "Billing", short: "Billing", symbol: Symbol::Card, rooms: vec![] },
            vec![
                ("Products", "/admin/products", viewer.holds::<ProductsRead>()),
                ("Subscriptions", "/admin/subscriptions", viewer.holds::<SubscriptionsRead>()),
                ("Invoices", "/admin/invoices", viewer.holds::<BillingRead>()),
            ],
        ),
        (
            Wing { word: "Security", short: "Security", symbol: Symbol::Shield, rooms: vec![] },
            vec![
                ("Audit log", "/admin/audit", viewer.holds::<AuditRead>()),
                ("Security policies", "/admin/policies", viewer.holds::<PoliciesRead>()),
            ],
        ),
    ];
    let open = |(mut wing, rooms): (Wing, Vec<(&'static str, &'static str, bool)>)| {
        wing.rooms = rooms.into_iter().filter(|(.., open)| *open).map(|(word, href, _)| Room::new(word, href)).collect();
        (!wing.rooms.is_empty()).then_some(wing)
    };
    all.into_iter().filter_map(open).collect()
}
