//! The dashboard.

use super::server_fns::read_dashboard;
use app_kit::prelude::*;
use model::{
    hosting::cloudpods::PodStatus,
    money::grouped,
    overview::dashboard::{Attention, BillingReconciliation, DashboardView, Urgency},
};

/// `/admin`
#[component]
pub fn DashboardPage() -> impl IntoView {
    let data = fetch(|| (), |()| read_dashboard());
    view! { <Load data view=|view: DashboardView| view! { <Dashboard view/> }/> }.into_any()
}

fn count(number: i64) -> String {
    grouped(number.unsigned_abs())
}

#[component]
fn Dashboard(view: DashboardView) -> impl IntoView {
    let (at, items, money) = (view.at, view.attention.clone(), view.money.clone());
    let (by_state, pulse) = (view.clone(), view.clone());
    let revenue = match view.revenue.as_slice() {
        [] => "0".to_owned(),
        several => several.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + "),
    };
    view! {
        <PageHead
            title="Dashboard" note=move || view! { "Updated " <At at whole=true/> }
            actions=|| view! { <LinkButton href="/admin/products/new">"Add product"</LinkButton><LinkButton href="/admin/servers/new" kind=Kind::Primary icon=Symbol::Plus>"Add server"</LinkButton> }
        />
        <Stack>
            <NeedsAttention items at/>
            <Stats columns=6>
                <Stat label="Users" value=count(view.users)/>
                <Stat label="Customers" value=count(view.customers) href="/admin/customers"/>
                <Stat label="Monthly revenue" value=revenue note="MRR, excl. VAT" href="/admin/subscriptions"/>
                <Stat label="Active servers" value=count(view.servers.0) note=format!("of {}", count(view.servers.1)) href="/admin/servers"/>
                <Stat label="Running CloudPods" value=count(view.pods.0) note=format!("of {}", count(view.pods.1)) href="/admin/cloudpods"/>
                <Stat label="Failed jobs in 24 h" value=count(view.jobs_failed_24h) note="rolled back or needing attention" href="/admin/jobs"/>
            </Stats>
            <Grid columns=Columns::Thirds>
                <PodsByState view=by_state/>
                <Pulse view=pulse/>
                <Reconciliation money/>
            </Grid>
            <Recent view/>
        </Stack>
    }
}

#[component]
fn NeedsAttention(items: Vec<Attention>, at: model::Time) -> impl IntoView {
    if items.is_empty() {
        return view! { <Panel title="Nothing needs attention"><p class="text-13 text-2">"Jobs, CloudPods, servers, and email checked at " <At at clock=true/> "."</p></Panel> }.into_any();
    }
    let title = match items.len() {
        1 => "1 item needs attention".to_owned(),
        several => format!("{several} items need attention"),
    };
    view! {
        <Panel title flush=true>
            <ul>
                {items.into_iter().map(|item| {
                    let (state, word) = match item.urgency {
                        Urgency::Failing => (State::Failing, "Failing"),
                        Urgency::Warning => (State::Warning, "Warning"),
                        Urgency::Unknown => (State::Unknown, "Unknown"),
                    };
                    view! {
                        <li class="grid grid-cols-[96px_minmax(0,1fr)_auto_auto] phone:grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-0.5 items-center px-panel py-1.75 text-13 border-t border-line first:border-t-0">
                            <Badge state word/>
                            <p class="min-w-0 phone:col-span-2"><b>{item.subject}</b>" "<span class="text-2">{item.message}</span></p>
                            <span class="text-12 text-3">{item.since.map(|at| view! { <Ago at/> })}</span>
                            <a href=item.href>{item.action}</a>
                        </li>
                    }
                }).collect_view()}
            </ul>
        </Panel>
    }
    .into_any()
}

#[component]
fn PodsByState(view: DashboardView) -> impl IntoView {
    view! {
        <Panel title="CloudPods by status" aside=|| view! { <a href="/admin/cloudpods" class="text-13">"All"</a> }>
            {view.pods_by_status.is_empty().then(|| view! { <p class="text-13 text-2">"No CloudPods yet."</p> })}
            <KeyValues>
                {view.pods_by_status.into_iter().filter_map(|(word, pods)| word.parse::<PodStatus>().ok().map(|status| view! {
                    <div class="flex items-center justify-between gap-3 py-1.75 first:pt-0 last:pb-0 border-b border-line last:border-b-0">
                        <dt>{pod_badge(status)}</dt>
                        <dd class="num font-mid"><a href=format!("/admin/cloudpods?state={word}")>{count(pods)}</a></dd>
                    </div>
                })).collect_view()}
            </KeyValues>
        </Panel>
    }
}

#[component]
fn Pulse(view: DashboardView) -> impl IntoView {
    let delay = view.queue_delay_ms.map_or_else(|| "No jobs in 24 h".to_owned(), app_kit::time::span);
    view! {
        <Panel title="Operations pulse" aside=|| view! { <a href="/admin/jobs" class="text-13">"Jobs"</a> }>
            <KeyValues>
                <KeyValue label="Queued" number=true>{count(view.jobs_waiting)}</KeyValue>
                <KeyValue label="Running" number=true>{count(view.jobs_running)}</KeyValue>
                <KeyValue label="Failed in 24 h" number=true>{count(view.jobs_failed_24h)}</KeyValue>
                <KeyValue label="Workers online" number=true>{count(view.workers_online)}</KeyValue>
                <KeyValue label="Average queue delay" number=true>{delay}</KeyValue>
            </KeyValues>
        </Panel>
    }
}

#[component]
fn Reconciliation(money: BillingReconciliation) -> impl IntoView {
    view! {
        <Panel title="Billing reconciliation" note="Billing compared with infrastructure." aside=|| view! { <a href="/admin/mismatches" class="text-13">"Mismatches"</a> }>
            <KeyValues>
                <KeyValue label="Last compared">{match money.checked_at { Some(at) => view! { <Ago at/> }.into_any(), None => "Not yet".into_any() }}</KeyValue>
                <KeyValue label="CloudPods" number=true>{count(money.pods)}</KeyValue>
                <KeyValue label="Subscriptions" number=true>{count(money.subscriptions)}</KeyValue>
                {(money.mismatches.is_empty() && money.checked_at.is_some()).then(|| view! { <KeyValue label="Open mismatches" number=true>"None"</KeyValue> })}
                {money.mismatches.into_iter().map(|(kind, number)| view! {
                    <KeyValue label=kind.title() number=true><a href=format!("/admin/mismatches?state={kind}")>{count(number)}</a></KeyValue>
                }).collect_view()}
            </KeyValues>
        </Panel>
    }
}

#[component]
fn Recent(view: DashboardView) -> impl IntoView {
    view! {
        <Panel title="Recent activity" note="From the audit log" aside=|| view! { <a href="/admin/audit" class="text-13">"Audit log"</a> } flush=true>
            <Feed>
                {view.recent.into_iter().map(|event| view! {
                    <FeedItem at=event.at><b>{event.actor}</b>": "{action_label(&event.action)}" "<span class="text-2">{event.target_name}</span></FeedItem>
                }).collect_view()}
            </Feed>
        </Panel>
    }
}

/// `INVOICE_ISSUED` as text.
fn action_label(action: &str) -> String {
    action.to_ascii_lowercase().replace('_', " ").replace("cloudpod", "CloudPod")
}
