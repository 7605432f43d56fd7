//! Customers: list and detail.

use super::{
    server_fns::{list_customers, read_customer},
    suspension::{AccountSuspended, SuspensionActions},
};
use crate::users::parts::status_label as user_label;
use app_kit::prelude::*;
use model::{
    administration::{
        access::role_name,
        accounts::UserView,
        tenants::{CustomerRow, CustomerView, TenantStatus},
    },
    billing::{invoices::InvoiceRow, subscriptions::SubscriptionView},
    hosting::cloudpods::PodRow,
};

const PATH: &str = "/admin/customers";

fn status_label(status: TenantStatus) -> (State, &'static str) {
    match status {
        TenantStatus::Active => (State::Ok, "Active"),
        TenantStatus::Suspended => (State::Warning, "Suspended"),
        TenantStatus::Closed => (State::Stopped, "Closed"),
    }
}

/// `/admin/customers`
#[component]
pub fn CustomersPage() -> impl IntoView {
    type C = Col<CustomerRow>;
    let columns = vec![
        C::name("Customer", |row| (format!("{PATH}/{}", row.id), row.name.clone(), row.slug.clone())),
        C::state("Status", |row| status_label(row.status)),
        C::text("Billing email", |row| row.billing_email.clone()),
        C::number("CloudPods", |row| row.pods),
        C::number("Subscriptions", |row| row.subscriptions),
        C::day("Customer since", |row| row.created_at),
    ];
    view! {
        <PageHead title="Customers" note=|| "Customer accounts."/>
        <Listing
            path=PATH label="Customers" data=fetch_list(list_customers) columns key=|row| row.id.to_string() search="Name, address or email"
            verb="joined" at=|row| row.created_at empty=("No customers yet", "Customers appear here after their first order.")
        />
    }
    .into_any()
}

/// `/admin/customers/:id`
#[component]
pub fn CustomerPage() -> impl IntoView {
    let view = |view: Live<CustomerView>| view! { <Customer view/> };
    view! { <Load data=fetch_one("id", "Customer not found.", read_customer) view/> }.into_any()
}

#[component]
fn Customer(view: Live<CustomerView>) -> impl IntoView {
    view! {
        <PageHead
            title=view.text(|view| view.customer.name.clone()) parents=vec![Crumb::new("Customers", PATH)]
            state=move || view.show(|view| view.customer.status, |status| head_badge(status_label(status)))
            note=move || view.show(|view| view.customer.slug.clone(), |slug| view! { <a href=format!("/t/{slug}")>"Open customer portal"</a> })
            actions=move || view! { <SuspensionActions view/> }
        />
        <AccountSuspended view/>
        <Facts>
            <Fact label="Billing email">{view.text(|view| view.customer.billing_email.clone())}</Fact>
            <Fact label="Country">{view.text(|view| model::country::name(&view.country).to_owned())}</Fact>
            <Fact label="CloudPods">{view.text(|view| view.customer.pods)}</Fact>
            <Fact label="Subscriptions">{view.text(|view| view.customer.subscriptions)}</Fact>
            <Fact label="Customer since">{view.show(|view| view.customer.created_at, |at| view! { <At at date=true/> })}</Fact>
        </Facts>
        <div class="mt-4"><TabPages label="Customer" pages=vec![
            TabPage::new("", "CloudPods", move || view! { <Pods view/> }),
            TabPage::new("billing", "Billing", move || view! { <Stack><p class="text-13">{view.show(|view| view.customer.id, |id| view! { <a href=format!("{PATH}/{id}/billing-profile")>"Billing profile"</a> })}</p><Subscriptions view/><Invoices view/></Stack> }),
            TabPage::new("members", "Members", move || view! { <Members view/> }),
        ]/></div>
    }
}

#[component]
fn Pods(view: Live<CustomerView>) -> impl IntoView {
    type C = Col<PodRow>;
    let columns = vec![
        C::name("CloudPod", |pod| (format!("/admin/cloudpods/{}", pod.id), pod.name.clone(), "")),
        C::state("Status", pod_label),
        C::text("Domain", |pod| pod.domain.clone()),
        C::extra("Server", |pod| pod.server_name.clone().unwrap_or_else(|| "None".to_owned())),
    ];
    let rows = view.map(|view| view.pods.clone());
    view! { <Panel title="CloudPods" flush=true><Rows label="CloudPods" columns key=|pod| pod.id.to_string() rows empty="No CloudPods."/></Panel> }
}

#[component]
fn Subscriptions(view: Live<CustomerView>) -> impl IntoView {
    type C = Col<SubscriptionView>;
    let columns = vec![
        C::name("Product", |row| (format!("/admin/subscriptions/{}", row.id), row.product_name.clone(), "")),
        C::text("CloudPod", |row| row.pod_name.clone().unwrap_or_else(|| "None".to_owned())),
        C::number("Price", |row| format!("{} {}", row.price, row.cycle.per())),
        C::day("Renews", |row| row.renews_at),
    ];
    let rows = view.map(|view| view.subscriptions.clone());
    view! {
        <Panel title="Subscriptions" flush=true><Rows label="Subscriptions" columns key=|row| row.id.to_string() rows empty="No subscriptions."/></Panel>
    }
}

#[component]
fn Invoices(view: Live<CustomerView>) -> impl IntoView {
    type C = Col<InvoiceRow>;
    let columns = vec![
        C::name("Number", |row| (format!("/admin/invoices/{}", row.id), row.number.clone(), "")),
        C::day("Issued", |row| row.issued_at),
        C::number("Total", |row| row.total),
    ];
    let rows = view.map(|view| view.invoices.clone());
    view! { <Panel title="Invoices" flush=true><Rows label="Invoices" columns key=|row| row.id.to_string() rows empty="No invoices."/></Panel> }
}

#[component]
fn Members(view: Live<CustomerView>) -> impl IntoView {
    type C = Col<UserView>;
    let columns = vec![
        C::title("Member", |user| (user.email.clone(), user.name.clone())),
        C::state("Status", |user| user_label(user.status)),
        C::text("Role", |user| user.role.as_deref().map(role_name).unwrap_or("None").to_owned()),
        C::ago("Last sign-in", "Never", |user| user.last_login_at),
    ];
    let rows = view.map(|view| view.users.clone());
    view! { <Panel title="Members" flush=true><Rows label="Members" columns key=|user| user.id.to_string() rows empty="No members."/></Panel> }
}
