//! Servers: list, form, detail.

use super::{
    enroll::Enrollment,
    parts::{capability_label, cores, simulated, state_of},
    server_fns::{AddServer, DrainServer, InstallCapability, ProbeServer, ReturnServerToService, list_servers, read_server},
};
use app_kit::{prelude::*, time::use_now};
use leptos_router::hooks::{use_navigate, use_params_map};
use model::{
    administration::servers::{CapabilityView, ServerDriver, ServerRow, ServerStatus, ServerView},
    error::{ApiError, ErrorCode},
    ids::ServerId,
};

const PATH: &str = "/admin/servers";

/// `/admin/servers`
#[component]
pub fn ServersPage() -> impl IntoView {
    let data = fetch_list(list_servers);
    let add = || view! { <LinkButton href="/admin/servers/new" kind=Kind::Primary icon=Symbol::Plus>"Add server"</LinkButton> };
    let head = vec![
        (Column::Name, "Server"),
        (Column::State, "Status"),
        (Column::Text, "Region"),
        (Column::Number, "CloudPods"),
        (Column::Number, "Memory"),
        (Column::Number, "Disk"),
        (Column::Number, "Last seen"),
    ];
    view! {
        <PageHead title="Servers" note=|| "Servers that host CloudPods, reached over your tailnet." actions=add/>
        <Listing
            path=PATH label="Servers" data head search="Name, address or region"
            states=vec![("ACTIVE", "Active"), ("DRAINING", "Draining"), ("PENDING", "Not enrolled"), ("QUARANTINED", "Quarantined")]
            verb="added" at=|row: &ServerRow| row.last_seen_at.unwrap_or_default()
            empty=("No servers yet", "Add a server to host CloudPods. You need its tailnet address and root access.") fill=add
            row=|row| view! { <ServerLine row/> }
        />
    }
    .into_any()
}

#[component]
fn ServerLine(row: ServerRow) -> impl IntoView {
    let now = use_now();
    let shown = row.clone();
    let state = Signal::derive(move || state_of(&shown, now.get()));
    let (tag, seen_at) = (simulated(&row), row.last_seen_at);
    let mini = |(taken, whole): (i64, i64)| view! { <MiniMeter used=Some(taken as f64) limit=whole as f64 words=size_words(taken as f64) limit_words=size_words(whole as f64)/> };
    view! {
        <Tr>
            <TdName href=format!("{PATH}/{}", row.id) name=row.name.clone() note=row.address.clone()/>
            <Td column=Column::State><Badge state=Signal::derive(move || state.get().0) word=Signal::derive(move || state.get().1)/>" "{tag}</Td>
            <Td label="Region">{row.region.clone()}</Td>
            <Td column=Column::Number label="CloudPods">{row.pods}</Td>
            <Td column=Column::Number label="Memory">{mini(row.memory_mb)}</Td>
            <Td column=Column::Number label="Disk">{mini(row.disk_mb)}</Td>
            <Td column=Column::Number label="Last seen">{match seen_at { Some(at) => view! { <Ago at/> }.into_any(), None => "Never".into_any() }}</Td>
        </Tr>
    }
}

/// `/admin/servers/new`
#[component]
pub fn AddServerPage() -> impl IntoView {
    let action = Call::<AddServer>::new();
    let navigate = use_navigate();
    let done = Callback::new(move |id: ServerId| navigate(&format!("{PATH}/{id}"), leptos_router::NavigateOptions::default()));
    view! {
        <PageHead title="Add server" parents=vec![Crumb::new("Servers", PATH)]/>
        <div class="max-w-[760px]"><Panel title="Server" note="Debian 12 on your tailnet, with a dedicated btrfs disk for CloudPods.">
            <Form action on_done=done>
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
    let params = use_params_map();
    let data = fetch(
        move || params.read().get("id").and_then(|id| id.parse::<ServerId>().ok()),
        |id| async move { read_server(id.ok_or_else(|| ApiError::new(ErrorCode::NotFound, "Server not found."))?).await },
    );
    let again = Callback::new(move |()| data.refetch());
    view! { <Load data view=move |view: ServerView| view! { <Server view again/> }/> }.into_any()
}

#[component]
fn Server(view: ServerView, again: Callback<()>) -> impl IntoView {
    let now = use_now();
    let server = view.server.clone();
    let (id, status) = (server.id, server.status);
    let shown = server.clone();
    let state = Signal::derive(move || state_of(&shown, now.get()));
    let badge = move || view! { <Badge soft=true state=Signal::derive(move || state.get().0) word=Signal::derive(move || state.get().1)/> };
    let note = {
        let server = server.clone();
        move || view! { {server.address.clone()}" in "{server.region.clone()}" "{simulated(&server)} }
    };
    let waits = matches!(status, ServerStatus::Pending | ServerStatus::Quarantined) && server.driver == ServerDriver::Ssh;
    let reason = server.status_reason.clone();
    view! {
        <PageHead title=server.name.clone() parents=vec![Crumb::new("Servers", PATH)] state=badge note actions=move || view! { <ServerActions id status again/> }/>
        {reason.map(|reason| view! { <div class="mb-4"><Banner notice=Notice::Failing boxed=true>{reason}</Banner></div> })}
        <Facts>
            <Fact label="Last seen">{match server.last_seen_at { Some(at) => view! { <Ago at/> }.into_any(), None => "Never".into_any() }}</Fact>
            <Fact label="CloudPods">{format!("{} of {}", server.pods, view.max_pods)}</Fact>
            <Fact label="CPU allocated">{format!("{} of {}", cores(server.cpu_millis.0), cores(server.cpu_millis.1))}</Fact>
            <Fact label="Memory allocated">{format!("{} of {}", size_words(server.memory_mb.0 as f64), size_words(server.memory_mb.1 as f64))}</Fact>
            <Fact label="Disk allocated">{format!("{} of {}", size_words(server.disk_mb.0 as f64), size_words(server.disk_mb.1 as f64))}</Fact>
        </Facts>
        <div class="mt-4"><Grid>
            <Stack>
                {waits.then(|| view! { <Enrollment id on_done=move |()| again.run(())/> })}
                <ServerPods pods=view.pods.clone()/>
            </Stack>
            <Stack>
                <Capabilities id capabilities=view.capabilities.clone() again/>
                <Panel title="Details">
                    <KeyValues>
                        <KeyValue label="Operating system">{view.system.clone().unwrap_or_else(|| "Unknown".to_owned())}</KeyValue>
                        <KeyValue label="Public address">{view.site_address.clone()}</KeyValue>
                        <KeyValue label="Agent version">{view.node_version.clone().unwrap_or_else(|| "Not installed".to_owned())}</KeyValue>
                        <KeyValue label="Host key"><span class="font-mono text-12">{view.host_key_fingerprint.clone().unwrap_or_else(|| "Not pinned".to_owned())}</span></KeyValue>
                        <KeyValue label="Enrolled">{match view.enrolled_at { Some(at) => view! { <At at whole=true/> }.into_any(), None => "Not yet".into_any() }}</KeyValue>
                    </KeyValues>
                </Panel>
            </Stack>
        </Grid></div>
    }
}

#[component]
fn ServerActions(id: ServerId, status: ServerStatus, again: Callback<()>) -> impl IntoView {
    let (probe, drain, back) = (Call::<ProbeServer>::new(), Call::<DrainServer>::new(), Call::<ReturnServerToService>::new());
    let done = Callback::new(move |()| again.run(()));
    let here = move || Hidden(HiddenProps { name: "id".to_owned(), value: Signal::stored(id.to_string()) });
    let in_service = matches!(status, ServerStatus::Active | ServerStatus::Draining);
    view! {
        {in_service.then(|| view! { <Form action=probe on_done=done class=tw!("block")>{here()}<Submit kind=Kind::Secondary icon=Symbol::Refresh block=true>"Check now"</Submit></Form> })}
        {(status == ServerStatus::Active).then(|| view! { <Form action=drain on_done=done class=tw!("block")>{here()}<Submit kind=Kind::Secondary block=true>"Drain"</Submit></Form> })}
        {(status == ServerStatus::Draining).then(|| view! { <Form action=back on_done=done class=tw!("block")>{here()}<Submit block=true>"Return to service"</Submit></Form> })}
    }
}

#[component]
fn Capabilities(id: ServerId, capabilities: Vec<CapabilityView>, again: Callback<()>) -> impl IntoView {
    let install = Call::<InstallCapability>::new();
    let done = Callback::new(move |()| again.run(()));
    view! {
        <Panel title="Capabilities">
            {capabilities.is_empty().then(|| view! { <p class="text-13 text-2">"Not checked yet."</p> })}
            <ul class="grid gap-3 text-13">
                {capabilities.into_iter().map(|one| view! {
                    <li class="grid gap-1">
                        <div class="flex items-center justify-between gap-3">
                            <span class="font-mid">{capability_label(one.capability)}</span>
                            {if one.ready { view! { <Badge state=State::Ok word="Ready"/> } } else { view! { <Badge state=State::Warning word="Missing requirements"/> } }}
                        </div>
                        {one.missing.clone().map(|missing| view! { <p class="text-12 text-2">{missing}</p> })}
                        {(!one.ready).then(|| view! {
                            <Form action=install on_done=done class=tw!("block")>
                                <Hidden name="id" value=id.to_string()/><Hidden name="capability" value=one.capability.to_string()/>
                                <Submit kind=Kind::Secondary size=Size::Small>"Install requirements"</Submit>
                            </Form>
                        })}
                    </li>
                }).collect_view()}
            </ul>
        </Panel>
    }
}

#[component]
fn ServerPods(pods: Vec<model::hosting::cloudpods::PodRow>) -> impl IntoView {
    view! {
        <Panel title="CloudPods" flush=true>
            {if pods.is_empty() {
                view! { <EmptyState title="No CloudPods" text="New CloudPods are placed here automatically while the server is active and has capacity."/> }.into_any()
            } else {
                view! {
                    <Table label="CloudPods on this server" head=vec![(Column::Name, "CloudPod"), (Column::State, "Status"), (Column::Text, "Customer"), (Column::Extra, "Domain")]>
                        {pods.into_iter().map(|pod| view! {
                            <Tr>
                                <TdName href=format!("/admin/cloudpods/{}", pod.id) name=pod.name.clone()/>
                                <Td column=Column::State>{pod_badge(pod.status)}</Td>
                                <Td label="Customer">{pod.tenant_name.clone()}</Td>
                                <Td column=Column::Extra label="Domain">{pod.domain.clone()}</Td>
                            </Tr>
                        }).collect_view()}
                    </Table>
                }.into_any()
            }}
        </Panel>
    }
}
