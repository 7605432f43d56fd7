//! Customers: list and detail.

use super::server_fns::{list_customers, read_customer};
use app_kit::prelude::*;
use model::administration::{
    access::role_name,
    accounts::UserStatus,
    tenants::{CustomerRow, CustomerView, TenantStatus},
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
    view! { <Load data=fetch_one("id", "Customer not found.", read_customer) view=|view: CustomerView| view! { <Customer view/> }/> }.into_any()
}

#[component]
fn Customer(view: CustomerView) -> impl IntoView {
    let customer = view.customer.clone();
    let (state, word) = status_label(customer.status);
    let (slug, country) = (customer.slug.clone(), model::country::name(&view.country).to_owned());
    let (pods, subscriptions, invoices) = (view.clone(), view.clone(), view.clone());
    view! {
        <PageHead
            title=customer.name.clone() parents=vec![Crumb::new("Customers", PATH)]
            state=move || view! { <Badge soft=true state word/> }
            note=move || view! { <a href=format!("/t/{slug}")>"Open customer portal"</a> }
        />
        <Facts>
            <Fact label="Billing email">{customer.billing_email.clone()}</Fact>
            <Fact label="Country">{country}</Fact>
            <Fact label="CloudPods">{customer.pods}</Fact>
            <Fact label="Subscriptions">{customer.subscriptions}</Fact>
            <Fact label="Customer since"><At at=customer.created_at date=true/></Fact>
        </Facts>
        <div class="mt-4"><Grid>
            <Stack><Pods view=pods/><Subscriptions view=subscriptions/><Invoices view=invoices/></Stack>
            <Stack><Members view/></Stack>
        </Grid></div>
    }
}

#[component]
fn Pods(view: CustomerView) -> impl IntoView {
    let rows = view
        .pods
        .into_iter()
        .map(|pod| {
            view! {
                <Tr>
                    <TdName href=format!("/admin/cloudpods/{}", pod.id) name=pod.name.clone()/>
                    <Td column=Column::State>{pod_badge(pod.status)}</Td>
                    <Td label="Domain">{pod.domain.clone()}</Td>
                    <Td column=Column::Extra label="Server">{pod.server_name.clone().unwrap_or_else(|| "None".to_owned())}</Td>
                </Tr>
            }
        })
        .collect::<Vec<_>>();
    table_panel(
        "CloudPods",
        vec![(Column::Name, "CloudPod"), (Column::State, "Status"), (Column::Text, "Domain"), (Column::Extra, "Server")],
        rows,
        "No CloudPods.",
    )
}

#[component]
fn Subscriptions(view: CustomerView) -> impl IntoView {
    let rows = view
        .subscriptions
        .into_iter()
        .map(|one| {
            view! {
                <Tr>
                    <TdName href=format!("/admin/products/{}", one.product_code) name=one.product_name.clone()/>
                    <Td label="CloudPod">{one.pod_name.clone().unwrap_or_else(|| "None".to_owned())}</Td>
                    <Td column=Column::Number label="Price">{one.price.to_string()}" "<span class="text-3">{one.cycle.per()}</span></Td>
                    <Td column=Column::Number label="Renews"><At at=one.renews_at date=true/></Td>
                </Tr>
            }
        })
        .collect::<Vec<_>>();
    table_panel(
        "Subscriptions",
        vec![(Column::Name, "Product"), (Column::Text, "CloudPod"), (Column::Number, "Price"), (Column::Number, "Renews")],
        rows,
        "No subscriptions.",
    )
}

#[component]
fn Invoices(view: CustomerView) -> impl IntoView {
    let rows = view
        .invoices
        .into_iter()
        .map(|one| {
            view! {
                <Tr>
                    <TdName href=format!("/admin/invoices/{}", one.id) name=one.number.clone()/>
                    <Td column=Column::Number label="Issued"><At at=one.issued_at date=true/></Td>
                    <Td column=Column::Number label="Total">{one.total.to_string()}</Td>
                </Tr>
            }
        })
        .collect::<Vec<_>>();
    table_panel("Invoices", vec![(Column::Name, "Number"), (Column::Number, "Issued"), (Column::Number, "Total")], rows, "No invoices.")
}

/// A panel with a table, or a sentence if it is empty.
fn table_panel<V: IntoView + 'static>(title: &'static str, head: Vec<(Column, &'static str)>, rows: Vec<V>, empty: &'static str) -> AnyView {
    if rows.is_empty() {
        return view! { <Panel title><p class="text-13 text-2">{empty}</p></Panel> }.into_any();
    }
    view! { <Panel title flush=true><Table label=title head>{rows}</Table></Panel> }.into_any()
}

#[component]
fn Members(view: CustomerView) -> impl IntoView {
    view! {
        <Panel title="Members">
            <ul class="grid gap-3 text-13">
                {view.users.into_iter().map(|user| {
                    let (state, word) = match user.status {
                        UserStatus::Active => (State::Ok, "Active"),
                        UserStatus::Invited => (State::Waiting, "Not activated"),
                        UserStatus::Disabled => (State::Stopped, "Disabled"),
                    };
                    view! {
                        <li class="grid gap-0.5">
                            <div class="flex items-center justify-between gap-3"><b class="truncate">{user.email.clone()}</b><Badge state word/></div>
                            <span class="text-12 text-3">{user.role.as_deref().map(|role| role_name(role).to_owned())}{user.last_login_at.map(|at| view! { ", last sign-in " <Ago at/> })}</span>
                        </li>
                    }
                }).collect_view()}
            </ul>
        </Panel>
    }
}
