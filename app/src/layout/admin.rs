//! The admin's frame: sections and items, only those that are built and that the viewer can open.

use super::{PasswordPrompt, account, menu, simulated_banner, use_app_context};
use app_kit::{
    prelude::*,
    shell::{AdminShell, NavItem, NavSection},
};
use leptos_router::components::Outlet;
use model::{administration::accounts::Viewer, permission::*};

/// The admin layout.
#[component]
pub fn AdminLayout() -> impl IntoView {
    let context = use_app_context();
    // Without a session the server has already redirected to the sign-in page.
    let Some(viewer) = context.viewer.clone() else { return ().into_any() };
    let (sections, first) = (sections(&viewer), viewer.second_step_missing);
    let shown = account(&viewer);
    provide_context(viewer);
    view! {
        <AdminShell sections account=shown menu=menu() banner=simulated_banner(&context)>
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

/// The sections with the items that the viewer can open.
pub(super) fn sections(viewer: &Viewer) -> Vec<NavSection> {
    let all = vec![
        (
            NavSection { word: "Overview", short: "Overview", symbol: Symbol::Overview, items: vec![] },
            vec![("Dashboard", "/admin", viewer.holds::<DashboardRead>())],
        ),
        (
            NavSection { word: "Administration", short: "Admin", symbol: Symbol::People, items: vec![] },
            vec![
                ("Users", "/admin/users", viewer.holds::<UsersRead>()),
                ("Customers", "/admin/customers", viewer.holds::<CustomersRead>()),
                ("Servers", "/admin/servers", viewer.holds::<ServersRead>()),
                ("Provisioning", "/admin/jobs", viewer.holds::<JobsRead>()),
                ("Reconciliation", "/admin/reconciliations", viewer.holds::<JobsRead>()),
                ("Email log", "/admin/outbox", viewer.holds::<OutboxRead>()),
            ],
        ),
        (
            NavSection { word: "Hosting", short: "Hosting", symbol: Symbol::Box, items: vec![] },
            vec![("CloudPods", "/admin/cloudpods", viewer.holds::<CloudpodsRead>())],
        ),
        (
            NavSection { word: "Billing", short: "Billing", symbol: Symbol::Card, items: vec![] },
            vec![
                ("Products", "/admin/products", viewer.holds::<ProductsRead>()),
                ("Subscriptions", "/admin/subscriptions", viewer.holds::<SubscriptionsRead>()),
                ("Invoices", "/admin/invoices", viewer.holds::<BillingRead>()),
            ],
        ),
        (
            NavSection { word: "Security", short: "Security", symbol: Symbol::Shield, items: vec![] },
            vec![
                ("Audit log", "/admin/audit", viewer.holds::<AuditRead>()),
                ("Security policies", "/admin/policies", viewer.holds::<PoliciesRead>()),
            ],
        ),
    ];
    let open = |(mut section, items): (NavSection, Vec<(&'static str, &'static str, bool)>)| {
        section.items = items.into_iter().filter(|(.., open)| *open).map(|(word, href, _)| NavItem::new(word, href)).collect();
        (!section.items.is_empty()).then_some(section)
    };
    all.into_iter().filter_map(open).collect()
}
