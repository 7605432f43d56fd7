//! The admin's frame: wings and rooms, only those that are built.

use super::{account, sign_out, simulated_banner, use_frame};
use app_kit::{
    prelude::*,
    shell::{AdminShell, Room, Wing},
};
use leptos_router::components::Outlet;

/// The admin's frame.
#[component]
pub fn AdminLayout() -> impl IntoView {
    let frame = use_frame();
    // Without a session the server has sent the visitor to the sign-in page before.
    let Some(viewer) = frame.viewer.clone() else { return ().into_any() };
    view! {
        <AdminShell wings=wings() account=account(&viewer) menu=sign_out() banner=simulated_banner(&frame)>
            <Outlet/>
        </AdminShell>
    }
    .into_any()
}

fn wings() -> Vec<Wing> {
    vec![
        Wing { word: "Overview", short: "Overview", symbol: Symbol::Overview, rooms: vec![Room::new("Dashboard", "/admin")] },
        Wing {
            word: "Administration",
            short: "Admin",
            symbol: Symbol::People,
            rooms: vec![
                Room::new("Customers", "/admin/customers"),
                Room::new("Servers", "/admin/servers"),
                Room::new("Provisioning", "/admin/jobs"),
                Room::new("Outbox", "/admin/outbox"),
            ],
        },
        Wing { word: "Hosting", short: "Hosting", symbol: Symbol::Box, rooms: vec![Room::new("CloudPods", "/admin/cloudpods")] },
        Wing {
            word: "Billing",
            short: "Billing",
            symbol: Symbol::Card,
            rooms: vec![
                Room::new("Products", "/admin/products"),
                Room::new("Subscriptions", "/admin/subscriptions"),
                Room::new("Invoices", "/admin/invoices"),
            ],
        },
        Wing { word: "Security", short: "Security", symbol: Symbol::Shield, rooms: vec![Room::new("Audit log", "/admin/audit")] },
    ]
}
