//! Servers: list, form, detail.

use super::{
    enroll::Enrollment,
    parts::{capability_label, cores, simulated, state_of},
    rollout::AgentRollout,
    server_fns::{
        AddServer, DrainServer, InstallCapability, MovePodsOfServer, ProbeServer, RetireServer, ReturnServerToService, list_servers, read_server,
    },
};
use app_kit::{prelude::*, time::use_now};
use leptos_router::hooks::use_navigate;
use model::{
    administration::servers::{CapabilityView, ServerDriver, ServerRow, ServerStatus, ServerView},
    hosting::cloudpods::PodRow,
    ids::{JobId, ServerId},
    live::LiveObject,
};

const PATH: &str = "/admin/servers";

/// `/admin/servers`
#[component]
pub fn ServersPage() -> impl IntoView {
    let add = || view! { <LinkButton href="/admin/servers/new" kind=Kind::Primary icon=Symbol::Plus>"Add server"</LinkButton> };
    type C = Col<ServerRow>;
    let columns = vec![
        C::name("Server", |row| (format!("{PATH}/{}", row.id), row.name.clone(), row.address.clone())),
        C::of(Column::State, "Status", ServerRow::clone, |row| view! { <ServerState row/> }),
        C::text("Region", |row| row.region.clone()),
        C::number("CloudPods", |row| row.pods),
        C::of(Column::Number, "Memory", |row| row.memory_mb, mini),
        C::of(Column::Number, "Disk", |row| row.disk_mb, mini),
        C::ago("Last seen", "Never", |row| row.last_seen_at),
    ];
    view! {
        <PageHead title="Servers" note=|| "Servers that host CloudPods, reached over your tailnet." actions=add/>
        <Listing
            path=PATH label="Servers" data=fetch_list(list_servers) columns key=|row| row.id.to_string() search="Name, address or region"
            states=vec![("ACTIVE", "Active"), ("DRAINING", "Draining"), ("PENDING", "Not enrolled"), ("QUARANTINED", "Quarantined")]
            verb="added" at=|row| row.last_seen_at.unwrap_or_default()
            empty=("No servers yet", "Add a server to host CloudPods. You need its tailnet address and root access.") fill=add
        />
        <AgentRollout/>
    }
    .into_any()
}

fn mini((taken, whole): (i64, i64)) -> impl IntoView {
    view! { <MiniMeter used=Some(taken as f64) limit=whole as f64 words=size_words(taken as f64) limit_words=size_words(whole as f64)/> }
}

/// The status of a server; one that falls silent becomes unknown while the page stands open.
#[component]
fn ServerState(
    row: ServerRow,
    /// In the head of its page.
    #[prop(optional)]
    soft: bool,
) -> impl IntoView {
    let now = use_now();
    let tag = (!soft).then(|| simulated(&row));
    let state = Signal::derive(move || state_of(&row, now.get()));
    view! { <Badge soft state=Signal::derive(move || state.get().0) word=Signal::derive(move || state.get().1)/>" "{tag} }
}

/// `/admin/servers/new`
#[component]
pub fn AddServerPage() -> impl IntoView {
    let navigate = use_navigate();
    let done = Callback::new(move |id: ServerId| navigate(&format!("{PATH}/{id}"), leptos_router::NavigateOptions::default()));
    let add = AddServer { name: String::new(), address: String::new(), region: String::new(), site_address: String::new() };
    view! {
        <PageHead title="Add server" parents=vec![Crumb::new("Servers", PATH)]/>
        <div class="max-w-[760px]"><Panel title="Server" note="Debian 12 on your tailnet, with a dedicated btrfs disk for CloudPods.">
            <Form action=add on_done=done>
                <Input name="name" label="Name" help="Lowercase letters, numbers, and hyphens, for example ams-web-01."/>
                <Input name="address" label="Tailnet address" placeholder="100.64.0.11" help="Tailscale addresses only. mPanel connects over SSH through your tailnet."/>
                <Input name="region" label="Region" help="Location, for example ams."/>
                <Input name="site_address" label="Public address" optional=true help="IP or hostname for site traffic. Defaults to the tailnet address."/>
                <div><Submit>"Add server"</Submit></div>
            </Form>
        </Panel></div>
    }
    .into_any()
}

/// `/admin/servers/:id`
#[component]
pub fn ServerPage() -> impl IntoView {
    view! { <Load data=fetch_one("id", "Server not found.", read_server) view={|view: Live<ServerView>| view! { <Server view/> }}/> }.into_any()
}

#[component]
fn Server(view: Live<ServerView>) -> impl IntoView {
    let id = view.now().server.id;
    watch_object(LiveObject::Server(id));
    let enrolls = |view: &ServerView| {
        matches!(view.server.status, ServerStatus::Pending | ServerStatus::Quarantined) && view.server.driver == ServerDriver::Ssh
    };
    let known = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.to_owned());
    view! {
        <PageHead
            title=view.text(|view| view.server.name.clone()) parents=vec![Crumb::new("Servers", PATH)]
            state=move || view.show(|view| view.server.clone(), |row| view! { <ServerState row soft=true/> })
            note=move || view.show(|view| view.server.clone(), |row| { let tag = simulated(&row); view! { {row.address}" in "{row.region}" "{tag} } })
            actions=move || view.show(|view| (view.server.status, view.server.pods), move |(status, pods)| view! { <ServerActions id status pods/> })
        />
        {view.show(|view| view.server.status_reason.clone(), |reason| {
            reason.map(|reason| view! { <div class="mb-4"><Banner notice=Notice::Failing boxed=true>{reason}</Banner></div> })
        })}
        <Facts>
            <Fact label="Last seen">{view.show(|view| view.server.last_seen_at, |at| match at { Some(at) => view! { <Ago at/> }.into_any(), None => "Never".into_any() })}</Fact>
            <Fact label="CloudPods">{view.text(|view| format!("{} of {}", view.server.pods, view.max_pods))}</Fact>
            <Fact label="CPU allocated">{view.text(|view| format!("{} of {}", cores(view.server.cpu_millis.0), cores(view.server.cpu_millis.1)))}</Fact>
            <Fact label="Memory allocated">{view.text(|view| of(view.server.memory_mb))}</Fact>
            <Fact label="Disk allocated">{view.text(|view| of(view.server.disk_mb))}</Fact>
        </Facts>
        <div class="mt-4"><Grid>
            <Stack>
                {view.show(enrolls, move |enrolls| enrolls.then(|| view! { <Enrollment id/> }))}
                <ServerPods pods=view.map(|view| view.pods.clone())/>
            </Stack>
            <Stack>
                <Capabilities id capabilities=view.map(|view| view.capabilities.clone())/>
                <Panel title="Details">
                    <KeyValues>
                        <KeyValue label="Operating system">{view.text(move |view| known(&view.system, "Unknown"))}</KeyValue>
                        <KeyValue label="Public address">{view.text(|view| view.site_address.clone())}</KeyValue>
                        <KeyValue label="Agent version">{view.text(move |view| known(&view.node_version, "Not installed"))}</KeyValue>
                        <KeyValue label="Host key"><span class="font-mono text-12">{view.text(move |view| known(&view.host_key_fingerprint, "Not pinned"))}</span></KeyValue>
                        <KeyValue label="Enrolled">{view.show(|view| view.enrolled_at, |at| match at { Some(at) => view! { <At at whole=true/> }.into_any(), None => "Not yet".into_any() })}</KeyValue>
                    </KeyValues>
                </Panel>
            </Stack>
        </Grid></div>
    }
}

fn of((taken, whole): (i64, i64)) -> String {
    format!("{} of {}", size_words(taken as f64), size_words(whole as f64))
}

#[component]
fn ServerActions(id: ServerId, status: ServerStatus, pods: i64) -> impl IntoView {
    let navigate = use_navigate();
    let done = Callback::new(move |job: JobId| navigate(&format!("/admin/jobs/{job}"), leptos_router::NavigateOptions::default()));
    let (draining, move_ask, retire_ask) = (
        status == ServerStatus::Draining,
        Ask::new(
            "Move all CloudPods?",
            "They move to other servers, two at a time. Each site stays online until its visitors wait a few seconds at the end of its move.",
        ),
        Ask::new("Retire this server?", "It is taken out of service for good. Add it again to use it later.").label("Retire server"),
    );
    let in_service = matches!(status, ServerStatus::Active | ServerStatus::Draining);
    view! {
        {in_service.then(|| view! { <ActionButton call=ProbeServer { id } label="Check now" icon=Symbol::Refresh/> })}
        {(status == ServerStatus::Active).then(|| view! { <ActionButton call=DrainServer { id } label="Drain"/> })}
        {(draining && pods > 0).then(|| view! { <ActionButton call=MovePodsOfServer { id } label="Move all CloudPods" ask=move_ask on_done=done/> })}
        {(draining && pods == 0).then(|| view! { <ActionButton call=RetireServer { id } label="Retire" kind=Kind::DangerOutline ask=retire_ask/> })}
        {draining.then(|| view! { <ActionButton call=ReturnServerToService { id } label="Return to service" kind=Kind::Primary/> })}
    }
}

#[component]
fn Capabilities(id: ServerId, capabilities: Live<Vec<CapabilityView>>) -> impl IntoView {
    let one = move |one: CapabilityView| {
        view! {
            <div class="flex items-center justify-between gap-3">
                <span class="font-mid">{capability_label(one.capability)}</span>
                {if one.ready { view! { <Badge state=State::Ok word="Ready"/> } } else { view! { <Badge state=State::Warning word="Missing requirements"/> } }}
            </div>
            {one.missing.clone().map(|missing| view! { <p class="text-12 text-2">{missing}</p> })}
            {(!one.ready).then(|| view! {
                <div><ActionButton call=InstallCapability { id, capability: one.capability } label="Install requirements" size=Size::Small/></div>
            })}
        }
    };
    let row = move |row: Live<CapabilityView>| view! { <li class="grid gap-1">{row.show(CapabilityView::clone, one)}</li> };
    view! {
        <Panel title="Capabilities">
            {capabilities.show(Vec::is_empty, |none| none.then(|| view! { <p class="text-13 text-2">"Not checked yet."</p> }))}
            <ul class="grid gap-3 text-13">{capabilities.rows(Vec::clone, |one| one.capability.to_string(), row)}</ul>
        </Panel>
    }
}

#[component]
fn ServerPods(pods: Live<Vec<PodRow>>) -> impl IntoView {
    let shown = move |none| {
        if none {
            return view! { <EmptyState title="No CloudPods" text="New CloudPods are placed here automatically while the server is active and has capacity."/> }.into_any();
        }
        type C = Col<PodRow>;
        let columns = vec![
            C::name("CloudPod", |pod| (format!("/admin/cloudpods/{}", pod.id), pod.name.clone(), "")),
            C::state("Status", pod_label),
            C::text("Customer", |pod| pod.tenant_name.clone()),
            C::extra("Domain", |pod| pod.domain.clone()),
        ];
        view! { <Rows label="CloudPods on this server" columns key=|pod| pod.id.to_string() rows=pods/> }.into_any()
    };
    view! { <Panel title="CloudPods" flush=true>{pods.show(Vec::is_empty, shown)}</Panel> }
}
