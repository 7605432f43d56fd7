//! CloudPods: lists and one, for staff and for the tenant.

use super::{
    parts::{PodJobs, SiteLink, Use, states},
    server_fns::{DeletePod, list_own_pods, list_pods, read_own_pod, read_pod},
};
use app_kit::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use model::{
    error::{ApiError, ErrorCode},
    hosting::cloudpods::{PodRow, PodStatus, PodView},
    ids::{CloudPodId, JobId},
};

const PATH: &str = "/admin/cloudpods";

fn not_here() -> app_kit::error::AppError {
    ApiError::new(ErrorCode::NotFound, "CloudPod not found.").into()
}

/// `/admin/cloudpods`
#[component]
pub fn CloudPodsPage() -> impl IntoView {
    let data = fetch_list(list_pods);
    let head = vec![
        (Column::Name, "CloudPod"),
        (Column::State, "Status"),
        (Column::Text, "Customer"),
        (Column::Text, "Domain"),
        (Column::Extra, "Stack"),
        (Column::Extra, "Server"),
        (Column::Number, "Last checked"),
    ];
    view! {
        <PageHead title="CloudPods" note=|| "A CloudPod is Running only after its site responded with the expected page."/>
        <Listing
            path=PATH label="CloudPods" data head states=states() search="Name or domain" verb="ordered" at=|row: &PodRow| row.created_at
            empty=("No CloudPods yet", "CloudPods appear here when a customer orders a plan.")
            row=|pod: PodRow| view! {
                <Tr>
                    <TdName href=format!("{PATH}/{}", pod.id) name=pod.name.clone()/>
                    <Td column=Column::State>{pod_badge(pod.status)}</Td>
                    <Td label="Customer"><a href=format!("/admin/customers/{}", pod.tenant)>{pod.tenant_name.clone()}</a></Td>
                    <Td label="Domain">{pod.domain.clone()}</Td>
                    <Td column=Column::Extra label="Stack">{pod.stack.title()}</Td>
                    <Td column=Column::Extra label="Server">{pod.server_name.clone().unwrap_or_else(|| "None".to_owned())}</Td>
                    <Td column=Column::Number label="Last checked">{match pod.observed_at { Some(at) => view! { <Ago at/> }.into_any(), None => "Not yet".into_any() }}</Td>
                </Tr>
            }
        />
    }
    .into_any()
}

/// `/admin/cloudpods/:id`
#[component]
pub fn CloudPodPage() -> impl IntoView {
    let params = use_params_map();
    let data = fetch(
        move || params.read().get("id").and_then(|id| id.parse::<CloudPodId>().ok()),
        |id| async move { read_pod(id.ok_or_else(not_here)?).await },
    );
    view! { <Load data view=|view: PodView| view! { <StaffPod view/> }/> }.into_any()
}

#[component]
fn StaffPod(view: PodView) -> impl IntoView {
    let pod = view.pod.clone();
    let (ask, delete) = (RwSignal::new(false), Call::<DeletePod>::new());
    let navigate = use_navigate();
    let done = Callback::new(move |job: JobId| navigate(&format!("/admin/jobs/{job}"), leptos_router::NavigateOptions::default()));
    let status = pod.status;
    let can_delete = matches!(status, PodStatus::Running | PodStatus::Failed);
    let (domain, plan) = (pod.domain.clone(), view.plan_code.clone());
    let (held, jobs, used) = (view.clone(), view.jobs.clone(), view.clone());
    view! {
        <PageHead
            title=pod.name.clone() parents=vec![Crumb::new("CloudPods", PATH)]
            state=move || { let (state, word) = pod_label(status); view! { <Badge soft=true state word/> } }
            note={ let url = pod.site_url.clone(); move || (status == PodStatus::Running).then(|| view! { <SiteLink url=url.clone()/> }) }
            actions=move || can_delete.then(|| view! { <Button kind=Kind::DangerOutline icon=Symbol::Trash on:click=move |_| ask.set(true)>"Delete CloudPod"</Button> })
        />
        <Held view=held/>
        <Facts>
            <Fact label="Customer"><a href=format!("/admin/customers/{}", pod.tenant)>{pod.tenant_name.clone()}</a></Fact>
            <Fact label="Domain">{pod.domain.clone()}</Fact>
            <Fact label="Stack">{pod.stack.title()}</Fact>
            <Fact label="Plan">{plan}</Fact>
            <Fact label="Server">{match (pod.server, pod.server_name.clone()) {
                (Some(id), Some(name)) => view! { <a href=format!("/admin/servers/{id}")>{name}</a> }.into_any(),
                _ => "None".into_any(),
            }}</Fact>
        </Facts>
        <div class="mt-4"><Grid>
            <PodJobs jobs base="/admin/jobs".to_owned()/>
            <Stack><Use view=used/><Seen view/></Stack>
        </Grid></div>
        <Confirm
            open=ask title=format!("Delete {}?", pod.name) deed="Delete CloudPod" action=delete
            values=vec![("id".to_owned(), pod.id.to_string())] name=pod.name.clone() on_done=done
        >
            <p>{format!("{domain} goes offline now. Files and databases are kept for the grace period; until it ends you can cancel the job to restore the CloudPod. After that they are permanently deleted.")}</p>
        </Confirm>
    }
}

/// Until when a pod's data is kept.
#[component]
fn Held(view: PodView) -> impl IntoView {
    view.held_until.filter(|_| view.pod.status == PodStatus::Held).map(|until| view! {
        <div class="mb-4"><Banner notice=Notice::Maintenance boxed=true>"Offline. Data is kept until " <At at=until whole=true/> ". Cancel the deletion job to restore it."</Banner></div>
    })
}

/// What was seen on the server last.
#[component]
fn Seen(view: PodView) -> impl IntoView {
    let seen = view.observed.clone().unwrap_or_default();
    let known = |text: Option<String>| text.unwrap_or_else(|| "Unknown".to_owned());
    view! {
        <Panel title="Site check">
            <KeyValues>
                <KeyValue label="Expected title">{view.site_title.clone()}</KeyValue>
                <KeyValue label="Actual title">{known(seen.title)}</KeyValue>
                <KeyValue label="HTTP response">{known(seen.http_status.map(|status| format!("HTTP {status}")))}</KeyValue>
                <KeyValue label="Last checked">{match view.pod.observed_at { Some(at) => view! { <At at whole=true/> }.into_any(), None => "Not yet".into_any() }}</KeyValue>
            </KeyValues>
        </Panel>
    }
}

fn slug() -> impl Fn() -> String + Copy + Send + Sync + 'static {
    let params = use_params_map();
    move || params.read_untracked().get("slug").unwrap_or_default()
}

/// `/t/:slug`
#[component]
pub fn OwnPodsPage() -> impl IntoView {
    let slug = slug();
    let data = fetch_list(move |request| list_own_pods(slug(), request));
    let order = || view! { <LinkButton href="/" kind=Kind::Primary icon=Symbol::Plus>"Order a CloudPod"</LinkButton> };
    view! {
        <PageHead title="CloudPods" actions=order/>
        <Listing
            path=format!("/t/{}", slug()) label="CloudPods" data verb="ordered" at=|row: &PodRow| row.created_at
            head=vec![(Column::Name, "CloudPod"), (Column::State, "Status"), (Column::Text, "Site"), (Column::Extra, "Stack"), (Column::Number, "Last checked")]
            empty=("No CloudPods yet", "Order a CloudPod to get started.") fill=order
            row=move |pod: PodRow| view! {
                <Tr>
                    <TdName href=format!("/t/{}/cloudpods/{}", slug(), pod.id) name=pod.name.clone()/>
                    <Td column=Column::State>{pod_badge(pod.status)}</Td>
                    <Td label="Site">{if pod.status == PodStatus::Running { view! { <SiteLink url=pod.site_url.clone()/> }.into_any() } else { pod.domain.clone().into_any() }}</Td>
                    <Td column=Column::Extra label="Stack">{pod.stack.title()}</Td>
                    <Td column=Column::Number label="Last checked">{match pod.observed_at { Some(at) => view! { <Ago at/> }.into_any(), None => "Not yet".into_any() }}</Td>
                </Tr>
            }
        />
    }
    .into_any()
}

/// `/t/:slug/cloudpods/:id`
#[component]
pub fn OwnPodPage() -> impl IntoView {
    let params = use_params_map();
    let slug = slug();
    let data = fetch(
        move || (params.read().get("slug").unwrap_or_default(), params.read().get("id").and_then(|id| id.parse::<CloudPodId>().ok())),
        |(slug, id)| async move { read_own_pod(slug, id.ok_or_else(not_here)?).await },
    );
    view! { <Load data view=move |view: PodView| view! { <OwnPod view slug=slug()/> }/> }.into_any()
}

#[component]
fn OwnPod(view: PodView, slug: String) -> impl IntoView {
    let pod = view.pod.clone();
    let (status, plan) = (pod.status, view.plan_code.clone());
    let (held, jobs) = (view.clone(), view.jobs.clone());
    view! {
        <PageHead
            title=pod.name.clone() parents=vec![Crumb::new("CloudPods", format!("/t/{slug}"))]
            state=move || { let (state, word) = pod_label(status); view! { <Badge soft=true state word/> } }
            actions={ let url = pod.site_url.clone(); move || (status == PodStatus::Running).then(|| view! { <LinkButton href=url.clone() kind=Kind::Primary external=true>"Open site"</LinkButton> }) }
        />
        <Held view=held/>
        <Facts>
            <Fact label="Domain">{pod.domain.clone()}</Fact>
            <Fact label="Stack">{pod.stack.title()}</Fact>
            <Fact label="Plan">{plan}</Fact>
            <Fact label="Ordered"><At at=pod.created_at whole=true/></Fact>
        </Facts>
        <div class="mt-4"><Grid>
            <PodJobs jobs base=format!("/t/{slug}/jobs")/>
            <Use view/>
        </Grid></div>
    }
}
