//! CloudPods: the list and detail, for staff and customers.

use super::{
    migrate::Migrate,
    parts::{PodJobs, ResourceUsage, RetentionNotice, SiteCheck, SiteLink, StateCheck, states},
    plan::ServerPlan,
    restart::Restart,
    server_fns::{DeletePod, list_own_pods, list_pods, preview_delete, read_own_pod, read_pod},
};
use crate::certificates::parts::PodHttps;
use crate::suspensions::parts::{Suspend, SuspensionNotice};
use crate::websites::{parts::PodSites, sleep::asleep_banner};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    hosting::cloudpods::{PodRow, PodStatus, PodView},
    ids::JobId,
    live::LiveObject,
};

/// `/admin/cloudpods` and `/t/:slug`
#[component]
pub fn CloudPodsPage() -> impl IntoView {
    let scope = use_scope();
    let (staff, of, one) = (scope.is_platform(), scope.clone(), scope.clone());
    type C = Col<PodRow>;
    let columns = vec![
        C::name("CloudPod", move |pod| (one.path(&format!("cloudpods/{}", pod.id)), pod.name.clone(), "")),
        C::state("Status", pod_label),
        C::link("Customer", |pod| (format!("/admin/customers/{}", pod.tenant), pod.tenant_name.clone())).when(staff),
        C::text("Domain", |pod| pod.domain.clone()).when(staff),
        C::of(Column::Text, "Site", |pod| (pod.status, pod.site_url.clone(), pod.domain.clone()), site).when(!staff),
        C::extra("Stack", |pod| pod.stack.title()),
        C::extra("Server", |pod| pod.server_name.clone().unwrap_or_else(|| "None".to_owned())).when(staff),
        C::ago("Last checked", "Not yet", |pod| pod.observed_at),
    ];
    let data = fetch_list(move |request| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => list_pods(request).await,
                Scope::Tenant(slug) => list_own_pods(slug, request).await,
            }
        }
    });
    let order = move || (!staff).then(|| view! { <LinkButton href="/" kind=Kind::Primary icon=Symbol::Plus>"Order a CloudPod"</LinkButton> });
    let note = move || staff.then_some("A CloudPod is Running only after its site responded with the expected page.");
    let empty = if staff { "CloudPods appear here when a customer orders a plan." } else { "Order a CloudPod to get started." };
    let path = if staff { scope.path("cloudpods") } else { scope.path("") };
    // An account has few: it needs neither tabs nor search.
    let (states, search) = if staff { (states(), "Name or domain") } else { (Vec::new(), "") };
    view! {
        <PageHead title="CloudPods" note actions=order/>
        <Listing
            path label="CloudPods" data columns key=|pod| pod.id.to_string() states search verb="ordered" at=|pod| pod.created_at
            empty=("No CloudPods yet", empty) fill=order
        />
    }
    .into_any()
}

/// The site as a link once it answers, else its domain.
fn site((status, url, domain): (PodStatus, String, String)) -> AnyView {
    if status == PodStatus::Running { view! { <SiteLink url/> }.into_any() } else { domain.into_any() }
}

/// `/admin/cloudpods/:id` and `/t/:slug/cloudpods/:id`
#[component]
pub fn CloudPodPage() -> impl IntoView {
    let scope = use_scope();
    let of = scope.clone();
    let data = fetch_one("id", "CloudPod not found.", move |id| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => read_pod(id).await,
                Scope::Tenant(slug) => read_own_pod(slug, id).await,
            }
        }
    });
    view! { <Load data view={move |pod: Live<PodView>| view! { <CloudPod pod scope=scope.clone()/> }}/> }.into_any()
}

#[component]
fn CloudPod(pod: Live<PodView>, scope: Scope) -> impl IntoView {
    let staff = scope.is_platform();
    watch_object(LiveObject::CloudPod(pod.now().pod.id));
    let list = if staff { scope.path("cloudpods") } else { scope.path("") };
    let running = move || {
        pod.show(
            |view| (view.pod.status == PodStatus::Running).then(|| view.pod.site_url.clone()),
            move |url: Option<String>| {
                url.map(|url| {
                    if staff {
                        view! { <SiteLink url/> }.into_any()
                    } else {
                        view! { <LinkButton href=url kind=Kind::Primary external=true>"Open site"</LinkButton> }.into_any()
                    }
                })
            },
        )
    };
    let of = scope.clone();
    let of_sites = scope.clone();
    let sites = move || {
        let scope = of_sites.clone();
        pod.show(
            |view| view.pod.status.is_placed().then_some((view.pod.id, view.pod.status == PodStatus::Running, view.limits.sites)),
            move |placed| placed.map(|(pod, is_running, max_sites)| view! { <PodSites pod is_running max_sites scope=scope.clone()/> }),
        )
    };
    let https = view! { <PodHttps pod=pod.now().pod.id scope=scope.clone()/> };
    let actions = move || {
        let scope = of.clone();
        if staff {
            view! { <Restart pod scope/><Migrate pod/><Suspend pod/><Delete pod/> }.into_any()
        } else {
            view! { <Restart pod scope/>{running()} }.into_any()
        }
    };
    view! {
        <PageHead
            title=pod.text(|view| view.pod.name.clone()) parents=vec![Crumb::new("CloudPods", list)]
            state=move || pod.show(|view| pod_label(&view.pod), head_badge)
            note=move || staff.then(running) actions
        />
        <RetentionNotice pod/>
        <SuspensionNotice pod staff/>
        {pod.show(
            |view| view.pod.asleep_since.filter(|_| pod_label(&view.pod).0 == State::Asleep),
            |since| since.map(|since| asleep_banner(since, "Its sites start")),
        )}
        <Facts>
            {staff.then(|| view! {
                <Fact label="Customer">{pod.show(
                    |view| (view.pod.tenant, view.pod.tenant_name.clone()),
                    |(id, name)| view! { <a href=format!("/admin/customers/{id}")>{name}</a> },
                )}</Fact>
            })}
            <Fact label="Domain">{pod.text(|view| view.pod.domain.clone())}</Fact>
            <Fact label="Stack">{pod.text(|view| view.pod.stack.title_with(view.runtime))}</Fact>
            <Fact label="Plan">{pod.text(|view| view.plan_code.clone())}</Fact>
            {if staff {
                view! {
                    <Fact label="Server">{pod.show(|view| (view.pod.server, view.pod.server_name.clone()), |server| match server {
                        (Some(id), Some(name)) => view! { <a href=format!("/admin/servers/{id}")>{name}</a> }.into_any(),
                        _ => "None".into_any(),
                    })}</Fact>
                }.into_any()
            } else {
                view! { <Fact label="Ordered">{pod.show(|view| view.pod.created_at, |at| view! { <At at whole=true/> })}</Fact> }.into_any()
            }}
        </Facts>
        <div class="mt-4"><Grid>
            <Stack>{sites}<PodJobs jobs=pod.map(|view| view.jobs.clone()) scope=scope.clone()/></Stack>
            <Stack>{https}<ResourceUsage pod/>{staff.then(|| view! { <StateCheck pod/><SiteCheck pod/> })}</Stack>
        </Grid></div>
    }
    .into_any()
}

/// The button that deletes it, for what can be deleted.
#[component]
fn Delete(pod: Live<PodView>) -> impl IntoView {
    let navigate = use_navigate();
    let done = Callback::new(move |job: JobId| navigate(&format!("/admin/jobs/{job}"), leptos_router::NavigateOptions::default()));
    pod.show(
        |view| (view.pod.status.is_placed() || view.pod.status == PodStatus::Failed).then(|| (view.pod.id, view.pod.name.clone(), view.pod.domain.clone())),
        move |one| {
            one.map(|(id, name, domain)| {
                let what = format!("{domain} goes offline now. Files and databases are kept for the grace period; until it ends you can cancel the job to restore the CloudPod. After that they are permanently deleted.");
                let ask = Ask::new(format!("Delete {name}?"), what).typed(name);
                let call = DeletePod { id, confirm_name: String::new() };
                let more = move || view! { <ServerPlan plan=fetch(|| (), move |()| preview_delete(id))/> };
                view! { <ActionButton call label="Delete CloudPod" kind=Kind::DangerOutline icon=Symbol::Trash ask more on_done=done/> }
            })
        },
    )
}
