//! The admin's frame: wings and rooms, only those that are built and that the viewer's permissions open.

use super::{AskPassword, account, menu, simulated_banner, use_frame};
use app_kit::{
    prelude::*,
    shell::{AdminShell, Room, Wing},
};
use leptos_router::components::Outlet;
use model::{administration::accounts::Viewer, permission::*};

/// The admin's frame.
#[component]
pub fn AdminLayout() -> impl IntoView {
    let frame = use_frame();
    // Without a session the server has sent the visitor to the sign-in page before.
    let Some(viewer) = frame.viewer.clone() else { return ().into_any() };
    let (wings, first) = (wings(&viewer), viewer.second_step_missing);
    let shown = account(&viewer);
    provide_context(viewer);
    view! {
        <AdminShell wings account=shown menu=menu() banner=simulated_banner(&frame)>
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
        <PageHead title="A code app comes first"/>
        <EmptyState
            title="Staff sign in with a code app here" text="Your role does nothing until one is set up. It takes a minute and a phone."
            action=|| view! { <LinkButton href="/account" kind=Kind::Primary>"Set up a code app"</LinkButton> }
        />
    }
}

/// The wings with the rooms that this person's permissions open.
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
                ("Outbox", "/admin/outbox", viewer.holds::<OutboxRead>()),
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
            vec![("Audit log", "/admin/audit", viewer.holds::<AuditRead>()), ("Sign-in rules", "/admin/policies", viewer.holds::<PoliciesRead>())],
        ),
    ];
    let open = |(mut wing, rooms): (Wing, Vec<(&'static str, &'static str, bool)>)| {
        wing.rooms = rooms.into_iter().filter(|(.., open)| *open).map(|(word, href, _)| Room::new(word, href)).collect();
        (!wing.rooms.is_empty()).then_some(wing)
    };
    all.into_iter().filter_map(open).collect()
}
