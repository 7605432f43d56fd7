//! The admin's frame: sections and items, only those that are built and that the role opens.

use super::{AskPassword, account, menu, simulated_banner, use_frame};
use app_kit::{
    prelude::*,
    shell::{AdminShell, NavItem, NavSection},
};
use leptos_router::components::Outlet;
use model::permission::*;

/// The admin's frame.
#[component]
pub fn AdminLayout() -> impl IntoView {
    let frame = use_frame();
    // Without a session the server has sent the visitor to the sign-in page before.
    let Some(viewer) = frame.viewer.clone() else { return ().into_any() };
    let role = viewer.platform_role.clone().unwrap_or_default();
    let (sections, first) = if viewer.second_step_missing { (Vec::new(), true) } else { (sections(&role), false) };
    let shown = account(&viewer);
    provide_context(viewer);
    view! {
        <AdminShell sections account=shown menu=menu() banner=simulated_banner(&frame)>
            {if first { view! { <SecondStepFirst/> }.into_any() } else { view! { <Outlet/> }.into_any() }}
            <AskPassword/>
        </AdminShell>
    }
    .into_any()
}

/// All that staff see who must set up a second step.
#[component]
fn SecondStepFirst() -> impl IntoView {
    view! {
        <PageHead title="Two-factor authentication required"/>
        <EmptyState
            title="Set up two-factor authentication to continue" text="Staff must sign in with an authenticator app. Setup takes about a minute."
            action=|| view! { <LinkButton href="/account" kind=Kind::Primary>"Set up 2FA"</LinkButton> }
        />
    }
}

/// The sections with the items that this role opens.
pub(super) fn sections(role: &str) -> Vec<NavSection> {
    let all = vec![
        (
            NavSection { word: "Overview", short: "Overview", symbol: Symbol::Overview, items: vec![] },
            vec![("Dashboard", "/admin", holds::<DashboardRead>(role))],
        ),
        (
            NavSection { word: "Administration", short: "Admin", symbol: Symbol::People, items: vec![] },
            vec![
                ("Users", "/admin/users", holds::<UsersRead>(role)),
                ("Customers", "/admin/customers", holds::<CustomersRead>(role)),
                ("Servers", "/admin/servers", holds::<ServersRead>(role)),
                ("Provisioning", "/admin/jobs", holds::<JobsRead>(role)),
                ("Email log", "/admin/outbox", holds::<OutboxRead>(role)),
            ],
        ),
        (
            NavSection { word: "Hosting", short: "Hosting", symbol: Symbol::Box, items: vec![] },
            vec![("CloudPods", "/admin/cloudpods", holds::<CloudpodsRead>(role))],
        ),
        (
            NavSection { word: "Billing", short: "Billing", symbol: Symbol::Card, items: vec![] },
            vec![
                ("Products", "/admin/products", holds::<ProductsRead>(role)),
                ("Subscriptions", "/admin/subscriptions", holds::<SubscriptionsRead>(role)),
                ("Invoices", "/admin/invoices", holds::<BillingRead>(role)),
            ],
        ),
        (
            NavSection { word: "Security", short: "Security", symbol: Symbol::Shield, items: vec![] },
            vec![("Audit log", "/admin/audit", holds::<AuditRead>(role)), ("Security policies", "/admin/policies", holds::<PoliciesRead>(role))],
        ),
    ];
    let open = |(mut section, items): (NavSection, Vec<(&'static str, &'static str, bool)>)| {
        section.items = items.into_iter().filter(|(.., open)| *open).map(|(word, href, _)| NavItem::new(word, href)).collect();
        (!section.items.is_empty()).then_some(section)
    };
    all.into_iter().filter_map(open).collect()
}
