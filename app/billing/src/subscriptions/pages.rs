//! Subscriptions: the list and detail, for staff and customers.

use super::{
    history::History,
    if_cancelled::IfCancelled,
    overdue::OverdueActions,
    parts::{Actions, Items, Method, Schedule, ScheduledNotice, StatusNotice, status},
    server_fns::{list_own_subscriptions, list_subscriptions, read_own_subscription, read_subscription},
};
use crate::invoices::parts::document_status;
use app_kit::{prelude::*, time::day};
use model::billing::{
    invoices::InvoiceRow,
    subscriptions::{SubscriptionDetail, SubscriptionStatus, SubscriptionView},
};

/// `/admin/subscriptions` and `/t/:slug/subscriptions`
#[component]
pub fn SubscriptionsPage() -> impl IntoView {
    let scope = use_scope();
    let (path, staff, of) = (scope.path("subscriptions"), scope.is_platform(), scope.clone());
    type C = Col<SubscriptionView>;
    let columns = vec![
        C::name("Product", move |row| (scope.path(&format!("subscriptions/{}", row.id)), row.product_name.clone(), "")),
        C::state("Status", |row| status(row)),
        C::link("Customer", |row| (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone())).when(staff),
        C::text("CloudPod", |row| row.pod_name.clone().unwrap_or_else(|| "None".to_owned())),
        C::number("Price", |row| format!("{} {}", row.price, row.cycle.per())),
        C::text("Renews", |row| match row.status {
            SubscriptionStatus::Cancelled => "Never".to_owned(),
            _ if row.cancel_at.is_some() => "Never".to_owned(),
            _ => day(row.renews_at),
        }),
    ];
    let data = fetch_list(move |request| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => list_subscriptions(request).await,
                Scope::Tenant(slug) => list_own_subscriptions(slug, request).await,
            }
        }
    });
    let all = vec![("TRIALING", "Trial"), ("ACTIVE", "Active"), ("PAST_DUE", "Past due"), ("SUSPENDED", "Suspended"), ("CANCELLED", "Cancelled")];
    let states = if staff { all } else { Vec::new() };
    view! {
        <PageHead title="Subscriptions" note=move || staff.then_some("Recurring plans and add-ons, with their CloudPods.")/>
        <Listing
            path label="Subscriptions" data columns key=|row| row.id.to_string() states verb="started" at=|row| row.started_at
            empty=("No subscriptions yet", "Subscriptions appear here after the first order.")
        />
    }
    .into_any()
}

/// `/admin/subscriptions/:id` and `/t/:slug/subscriptions/:id`
#[component]
pub fn SubscriptionPage() -> impl IntoView {
    let scope = use_scope();
    let of = scope.clone();
    let data = fetch_one("id", "Subscription not found.", move |id| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => read_subscription(id).await,
                Scope::Tenant(slug) => read_own_subscription(slug, id).await,
            }
        }
    });
    view! { <Load data view={move |detail: Live<SubscriptionDetail>| view! { <Subscription detail scope=scope.clone()/> }}/> }.into_any()
}

#[component]
fn Subscription(detail: Live<SubscriptionDetail>, scope: Scope) -> impl IntoView {
    let staff = scope.is_platform();
    let (list, of, pods, notice) = (scope.path("subscriptions"), scope.clone(), scope.clone(), scope.clone());
    view! {
        <PageHead
            title=detail.text(|detail| detail.subscription.product_name.clone()) parents=vec![Crumb::new("Subscriptions", list)]
            state=move || detail.show(|detail| status(&detail.subscription), head_badge)
            actions=move || view! { <Actions detail scope=of.clone()/>{staff.then(|| view! { <OverdueActions detail/> })} }
        />
        <StatusNotice detail scope=notice.clone()/>
        <ScheduledNotice detail scope=notice/>
        <Facts>
            {staff.then(|| view! {
                <Fact label="Customer">{detail.show(
                    |detail| (detail.subscription.tenant, detail.subscription.tenant_name.clone()),
                    |(id, name)| view! { <a href=format!("/admin/customers/{id}")>{name}</a> },
                )}</Fact>
            })}
            <Fact label="CloudPod">{detail.show(
                |detail| detail.subscription.pod.zip(detail.subscription.pod_name.clone()),
                move |pod| match pod {
                    Some((id, name)) => view! { <a href=pods.path(&format!("cloudpods/{id}"))>{name}</a> }.into_any(),
                    None => "None".into_any(),
                },
            )}</Fact>
            <Fact label="Current period">{detail.text(|detail| period(&detail.subscription))}</Fact>
            <Fact label="Renews">{detail.text(|detail| match detail.subscription.cancel_at {
                Some(_) => "Never".to_owned(),
                None => day(detail.subscription.renews_at),
            })}</Fact>
            {detail.show(|detail| detail.extended_until, |until| until.map(|until| view! { <Fact label="Deadline extended">{format!("Until {}", day(until))}</Fact> }))}
            <Fact label="Started">{detail.show(|detail| detail.subscription.started_at, |at| view! { <At at date=true/> })}</Fact>
        </Facts>
        <div class="mt-4"><Grid>
            <Stack>
                <Items detail/><Invoices detail scope/>
                {staff.then(|| detail.show(|detail| (detail.subscription.id, detail.subscription.status), |(id, status)| view! { <History id status/> }))}
            </Stack>
            <Stack><Schedule detail/><Method detail staff/>{(!staff).then(|| view! { <IfCancelled detail/> })}</Stack>
        </Grid></div>
    }
}

fn period(subscription: &SubscriptionView) -> String {
    match (subscription.status, subscription.cancel_at) {
        (SubscriptionStatus::Cancelled, Some(end)) => format!("Ended {}", day(end)),
        _ => format!("{} to {}", day(subscription.period_start), day(subscription.renews_at)),
    }
}

#[component]
fn Invoices(detail: Live<SubscriptionDetail>, scope: Scope) -> impl IntoView {
    type C = Col<InvoiceRow>;
    let columns = vec![
        C::name("Number", move |row| (scope.path(&format!("invoices/{}", row.id)), row.number.clone(), "")),
        C::state("Status", document_status),
        C::day("Issued", |row| row.issued_at),
        C::day("Due", |row| row.due_at),
        C::number("Total", |row| row.total),
    ];
    let rows = detail.map(|detail| detail.invoices.clone());
    view! { <Panel title="Invoices" flush=true><Rows label="Invoices" columns key=|row| row.id.to_string() rows empty="No invoices."/></Panel> }
}
