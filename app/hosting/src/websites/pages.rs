//! The page of a site, and the one that makes another one, for staff and customers.

use super::{
    cron_jobs::CronJobs,
    http_rules::HttpRulesPanel,
    logs::Logs,
    release::CurrentRelease,
    serving::Serving,
    settings::Settings,
    sleep::{Sleep, asleep_banner},
    variables::Variables,
};
use super::{
    parts::{may_delete, may_write, status},
    server_fns::{
        AddWebsiteName, CreateWebsite, DeleteWebsite, SetMainDomain, SetWebsiteRedirect, SetWebsiteRuntime, StartWebsite, StopWebsite,
        read_own_website, read_website,
    },
};
use crate::{
    cloudpods::{SiteLink, server_fns::read_own_pod},
    domains::server_fns::RemoveDomainName,
    previews::parts::PreviewNotice,
};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    hosting::{
        cloudpods::{PodView, Runtime, Stack as SiteStack},
        websites::{SiteAnswer, SiteStatus, WebsiteName, WebsiteView},
    },
    ids::{CloudPodId, JobId, WebsiteId},
    live::LiveObject,
};

/// To the page of a job.
pub(crate) fn to_job(scope: &Scope) -> Callback<JobId> {
    let (navigate, jobs) = (use_navigate(), scope.clone());
    Callback::new(move |job: JobId| navigate(&jobs.path(&format!("jobs/{job}")), leptos_router::NavigateOptions::default()))
}

/// To the page of a job, where one was started.
fn to_job_if_any(scope: &Scope) -> Callback<Option<JobId>> {
    let (to, toasts) = (to_job(scope), use_toasts());
    Callback::new(move |job: Option<JobId>| match job {
        Some(job) => to.run(job),
        None => toasts.show(
            State::Ok,
            "Domain saved",
            "They are applied as soon as the CloudPod's current job has ended, or when it is back online.".to_owned(),
        ),
    })
}

/// `/t/:slug/cloudpods/:id/new-site`
#[component]
pub fn NewSitePage() -> impl IntoView {
    let scope = use_scope();
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    let of = slug.clone();
    let data = fetch_one("id", "CloudPod not found.", move |pod: CloudPodId| {
        let of = of.clone();
        async move { read_own_pod(of, pod).await }
    });
    view! { <Load data view={move |pod: Live<PodView>| view! { <NewSite pod slug=slug.clone() scope=scope.clone()/> }}/> }.into_any()
}

#[component]
fn NewSite(pod: Live<PodView>, slug: String, scope: Scope) -> impl IntoView {
    let (pod, name) = (pod.now().pod.id, pod.now().pod.name);
    let parents = vec![Crumb::new("CloudPods", scope.path("")), Crumb::new(name, scope.path(&format!("cloudpods/{pod}")))];
    if !may_write(&scope) {
        return view! { <PageHead title="Create site" parents/><p class="text-13 text-2">"You cannot create sites in this account."</p> }.into_any();
    }
    let stacks = [SiteStack::Wordpress, SiteStack::Php, SiteStack::Node, SiteStack::Static];
    let options: Vec<_> = stacks.iter().map(|one| (one.as_str().to_owned(), one.title().to_owned())).collect();
    let stack = RwSignal::new(SiteStack::Wordpress.as_str().to_owned());
    let runtimes = move || {
        let stack = stacks.into_iter().find(|one| one.as_str() == stack.get())?;
        let offered = stack.runtimes().iter().filter(|one| !one.has_ended(now()));
        let options: Vec<_> = offered.map(|one| (one.as_str().to_owned(), version(*one, false))).collect();
        let value = stack.default_runtime().map(|one| one.as_str().to_owned()).unwrap_or_default();
        (!options.is_empty()).then(|| view! { <Select name="runtime" label="Version" options value/> })
    };
    let call = CreateWebsite { slug, pod, title: String::new(), stack: SiteStack::Wordpress, runtime: None, domain: String::new() };
    view! {
        <PageHead title="Create site" parents/>
        <div class="max-w-[760px]"><Panel title="Site" note="It shares this CloudPod's resources with its other sites.">
            <Form action=call on_done=to_job(&scope)>
                <Input name="title" label="Title" autocomplete="off"/>
                <Select name="stack" label="Stack" options bind=stack help="WordPress gets a database of its own."/>
                {runtimes}
                <Input
                    name="domain" label="Domain" optional=true autocomplete="off" placeholder="shop.northpier.example"
                    help="A name at or below a domain that you have verified. Leave empty for a free platform domain."
                />
                <div><Submit>"Create site"</Submit></div>
            </Form>
        </Panel></div>
    }
    .into_any()
}

/// `/admin/websites/:id` and `/t/:slug/websites/:id`
#[component]
pub fn WebsitePage() -> impl IntoView {
    let scope = use_scope();
    let of = scope.clone();
    let data = fetch_one("id", "Site not found.", move |id| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => read_website(id).await,
                Scope::Tenant(slug) => read_own_website(slug, id).await,
            }
        }
    });
    view! { <Load data view={move |site: Live<WebsiteView>| view! { <Website site scope=scope.clone()/> }}/> }.into_any()
}

#[component]
fn Website(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let now = site.now();
    let staff = scope.is_platform();
    watch_object(LiveObject::CloudPod(now.cloud_pod));
    let list = if staff { scope.path("cloudpods") } else { scope.path("") };
    let pod = scope.path(&format!("cloudpods/{}", now.cloud_pod));
    let parents = vec![Crumb::new("CloudPods", list), Crumb::new(now.pod_name.clone(), pod.clone())];
    let of = scope.clone();
    let open = move || {
        site.show(
            |view| (view.site.is_pod_running && view.site.status == SiteStatus::Active && !view.site.is_stopped).then(|| view.site.url.clone()),
            |url| url.map(|url| view! { <SiteLink url/> }),
        )
    };
    let can_deploy = now.site.stack != SiteStack::Wordpress;
    let deploys = scope.path(&format!("websites/{}/deploys", now.site.id));
    let actions = move || view! { {can_deploy.then(|| view! { <LinkButton href=deploys.clone()>"Deploys"</LinkButton> })}<StopOrStart site scope=of.clone()/><Delete site scope=of.clone()/> };
    let (pod_name, stack) = (now.pod_name, now.site.stack);
    view! {
        <PageHead
            title=site.text(|view| view.site.title.clone()) parents
            state=move || site.show(|view| status(&view.site), head_badge) note=open actions
        />
        <Notices site scope=scope.clone()/>
        <PreviewNotice site scope=scope.clone()/>
        <Facts>
            {staff.then(|| view! {
                <Fact label="Customer">{site.show(
                    |view| (view.tenant, view.tenant_name.clone()),
                    |(id, name)| view! { <a href=format!("/admin/customers/{id}")>{name}</a> },
                )}</Fact>
            })}
            <Fact label="CloudPod"><a href=pod>{pod_name}</a></Fact>
            <Fact label="Domain">{site.text(|view| view.site.domain.clone())}</Fact>
            <Fact label="Stack">{site.text(|view| view.site.stack.title_with(view.site.runtime))}</Fact>
            <Fact label="Response">{site.show(|view| view.site.observed, |observed| match observed {
                None => view! { "Not checked yet" }.into_any(),
                Some(SiteAnswer { http_status, observed_at }) => {
                    let words = http_status.map_or_else(|| "None".to_owned(), |status| format!("HTTP {status}"));
                    view! { {words}" "<span class="text-12 text-3"><Ago at=observed_at/></span> }.into_any()
                }
            })}</Fact>
            <Fact label="Created">{site.show(|view| view.site.created_at, |at| view! { <At at whole=true/> })}</Fact>
        </Facts>
        <div class="mt-4">{tabs(site, stack, scope)}</div>
    }
    .into_any()
}

/// The panels of a site. A static one has no programs.
fn tabs(site: Live<WebsiteView>, stack: SiteStack, scope: Scope) -> AnyView {
    let of = move || scope.clone();
    let [names, settings, variables, jobs, logs] = [of.clone(), of.clone(), of.clone(), of.clone(), of];
    // WordPress keeps its own files, and has no releases.
    let released = (stack != SiteStack::Wordpress).then(|| site.now().site.id);
    let mut pages = vec![
        TabPage::new("", "Overview", move || {
            let release = released.map(|id| view! { <CurrentRelease site=id scope=names()/> });
            column(view! { {release}<Names site scope=names()/> }.into_any())
        }),
        TabPage::new("settings", "Settings", move || {
            let panels = view! {
                <Version site scope=settings()/>
                <Sleep site scope=settings()/>
                <Settings site scope=settings()/>
                <HttpRulesPanel site scope=settings()/>
                <Serving site scope=settings()/>
            };
            column(panels.into_any())
        }),
    ];
    if stack != SiteStack::Static {
        pages.push(TabPage::new("environment", "Environment", move || column(view! { <Variables site scope=variables()/> }.into_any())));
        pages.push(TabPage::new("jobs", "Scheduled jobs", move || column(view! { <CronJobs site scope=jobs()/> }.into_any())));
    }
    pages.push(TabPage::new("logs", "Logs", move || view! { <div class="mt-4"><Logs site scope=logs()/></div> }.into_any()));
    view! { <TabPages label="Site" pages/> }.into_any()
}

fn column(panels: AnyView) -> AnyView {
    view! { <div class="grid gap-4 mt-4 max-w-[960px]">{panels}</div> }.into_any()
}

/// What the viewer should know of the site before anything else: its job, and why it cannot be changed.
#[component]
fn Notices(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let staff = scope.is_platform();
    let tell = |view: &WebsiteView| {
        (view.site.status, view.job, view.is_pod_deleted, view.site.is_pod_running, view.site.is_stopped, view.site.asleep_since)
    };
    site.show(tell, move |(status, job, is_pod_deleted, is_pod_running, is_stopped, asleep_since)| {
        let job = job.map(|job| view! { " "<a href=scope.path(&format!("jobs/{job}"))>"Open the job"</a> });
        let (notice, words) = match status {
            SiteStatus::Requested => (Notice::Info, "This site has not been created yet."),
            SiteStatus::Creating => (Notice::Info, "This site is being created."),
            SiteStatus::Deleting => (Notice::Info, "This site is being deleted."),
            SiteStatus::Failed if staff => (Notice::Failing, "This site could not be created. Its job shows why, and can be retried."),
            SiteStatus::Failed => (Notice::Failing, "This site could not be created. Its job shows why. Delete the site, then create it again."),
            SiteStatus::Deleted => return ().into_any(),
            SiteStatus::Active if is_pod_deleted => (Notice::Info, "This site was deleted with its CloudPod."),
            SiteStatus::Active if !is_pod_running => {
                let words = "This CloudPod is not running. Its sites can be changed once it is running.";
                return view! { <div class="mb-4"><Banner notice=Notice::Info boxed=true>{words}</Banner></div> }.into_any();
            }
            SiteStatus::Active if is_stopped => {
                let words = "This site is stopped. Start it to change its version and settings.";
                return view! { <div class="mb-4"><Banner notice=Notice::Info boxed=true>{words}</Banner></div> }.into_any();
            }
            SiteStatus::Active => return asleep_since.map_or_else(|| ().into_any(), |since| asleep_banner(since, "It starts")),
        };
        view! { <div class="mb-4"><Banner notice boxed=true>{words}{job}</Banner></div> }.into_any()
    })
}

/// Whether what is asked for can be done now.
pub(super) fn can_change(view: &WebsiteView) -> bool {
    view.site.is_pod_running && view.site.status == SiteStatus::Active
}

/// The button that stops it, or starts it again.
#[component]
fn StopOrStart(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| (may && can_change(view)).then(|| (view.site.id, view.site.domain.clone(), view.site.is_stopped)),
        move |one| {
            let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
            let Some((id, domain, is_stopped)) = one else { return ().into_any() };
            let done = to_job(&scope);
            if is_stopped {
                return view! { <ActionButton call=StartWebsite { slug, id } label="Start site" kind=Kind::Primary on_done=done/> }.into_any();
            }
            let what = "Visitors get a neutral page with status 503. Files, database, domains and certificate stay, and you can start it again.";
            let ask = Ask::new(format!("Stop {domain}?"), what);
            view! { <ActionButton call=StopWebsite { slug, id } label="Stop site" ask on_done=done/> }.into_any()
        },
    )
}

/// The button that deletes it.
#[component]
fn Delete(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let may = may_delete(&scope);
    let whole = |view: &WebsiteView| matches!(view.site.status, SiteStatus::Requested | SiteStatus::Active | SiteStatus::Failed);
    // A preview has a shorter way out, in its notice.
    let is_own = |view: &WebsiteView| view.preview.is_none() && (!view.is_last || view.site.status != SiteStatus::Active);
    let can = move |view: &WebsiteView| may && view.site.is_pod_running && whole(view) && is_own(view);
    site.show(
        move |view| can(view).then(|| (view.site.id, view.site.domain.clone())),
        move |one| {
            let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
            let Some((id, domain)) = one else { return ().into_any() };
            let what = "The site, its files and its database are removed now. This cannot be undone.";
            let ask = Ask::new(format!("Delete {domain}?"), what).typed(domain);
            let call = DeleteWebsite { slug, id, confirm_name: String::new() };
            view! { <ActionButton call label="Delete site" kind=Kind::DangerOutline icon=Symbol::Trash ask on_done=to_job(&scope)/> }.into_any()
        },
    )
}

/// A version with the end of its life: `PHP 8.2, security updates until 2026-12-31`.
fn version(runtime: Runtime, is_end_of_life: bool) -> String {
    let end = if is_end_of_life { "end of life since" } else { "security updates until" };
    format!("{}, {end} {}", runtime.title(), runtime.last_day())
}

/// The version that it runs on, and the form for another one.
#[component]
fn Version(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| {
            let can = may && can_change(view) && !view.site.is_stopped;
            view.site.runtime.map(|runtime| (view.site.id, runtime, view.site.is_end_of_life, view.offered.clone(), can))
        },
        move |found| {
            let Some((id, runtime, is_end_of_life, offered, can)) = found else { return ().into_any() };
            let form = match (scope.clone(), offered.first()) {
                (Scope::Tenant(slug), Some(first)) if can => {
                    let options: Vec<_> = offered.iter().map(|one| (one.as_str().to_owned(), version(*one, false))).collect();
                    let call = SetWebsiteRuntime { slug, id, runtime: *first };
                    view! {
                        <Form action=call on_done=to_job(&scope)>
                            <Select name="runtime" label="Switch to" options help="The site restarts. If it doesn't respond correctly, it is switched back."/>
                            <div><Submit>"Switch version"</Submit></div>
                        </Form>
                    }
                    .into_any()
                }
                _ => ().into_any(),
            };
            view! {
                <Panel title="Runtime">
                    <div class="grid gap-4">
                        <div class="flex flex-wrap items-center gap-x-3 gap-y-1 text-13">
                            <span>{version(runtime, is_end_of_life)}</span>
                            {is_end_of_life.then(|| view! { <Badge state=State::Warning word="End of life"/> })}
                        </div>
                        {form}
                    </div>
                </Panel>
            }
            .into_any()
        },
    )
}

/// Domains that lead to it, and the form for another one.
#[component]
fn Names(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let (now, may) = (site.now(), may_write(&scope));
    let (id, is_wordpress) = (now.site.id, now.site.stack == SiteStack::Wordpress);
    type C = Col<WebsiteName>;
    let of = scope.clone();
    let name = C::title("Domain", |one| (one.name.clone(), if one.is_main { "Main domain" } else { "" }));
    let actions = C::actions(
        |one: &WebsiteName| (one.name.clone(), one.is_main, one.is_pod_main),
        move |(name, is_main, is_pod_main)| {
            let Scope::Tenant(slug) = of.clone() else { return ().into_any() };
            let main = (!is_main && !is_wordpress).then(|| {
                let call = SetMainDomain { slug: slug.clone(), id, name: name.clone() };
                view! { <ActionButton call label="Set as main domain" size=Size::Small on_done=to_job_if_any(&of)/> }
            });
            let remove = (!is_main && !is_pod_main).then(|| {
                let ask = Ask::new(format!("Remove {name}?"), "The site will no longer respond to this domain.");
                let call = RemoveDomainName { slug, name };
                view! { <ActionButton call label="Remove" size=Size::Small ask=ask.label("Remove domain") on_done=to_job_if_any(&of)/> }
            });
            view! { <div class="flex gap-2">{main}{remove}</div> }.into_any()
        },
    );
    view! {
        <Panel title="Domains" flush=true>
            {site.show(move |view| may && view.site.status == SiteStatus::Active, move |can| {
                let columns = vec![name.clone(), actions.clone().when(can)];
                view! { <Rows label="Domains" columns key=|one| one.name.clone() rows=site.map(|view| view.names.clone())/> }
            })}
        </Panel>
        <OtherNames site scope=scope.clone()/>
        {site.show(move |view| may && view.site.status == SiteStatus::Active && view.preview.is_none(), move |shown| {
            let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
            if shown { view! { <AddName slug id scope=scope.clone()/> }.into_any() } else { ().into_any() }
        })}
    }
}

/// What visitors of the other domains get, and the button that changes it. WordPress has a rule of its own.
#[component]
fn OtherNames(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| {
            let is_asked = view.names.len() > 1 && view.site.stack != SiteStack::Wordpress;
            let can = may && can_change(view) && !view.site.is_stopped;
            is_asked.then(|| (view.site.id, view.config.redirect_to_main, view.site.domain.clone(), can))
        },
        move |found| {
            let Some((id, redirects, main, can)) = found else { return ().into_any() };
            let words = if redirects { format!("Visitors of other domains are redirected to {main}.") } else { "Every domain shows the site.".to_owned() };
            let button = match &scope {
                Scope::Tenant(slug) if can => {
                    let label = if redirects { "Show the site on every domain" } else { "Redirect to the main domain" };
                    let call = SetWebsiteRedirect { slug: slug.clone(), id, redirect_to_main: !redirects };
                    view! { <ActionButton call label on_done=to_job(&scope)/> }.into_any()
                }
                _ => ().into_any(),
            };
            view! { <Panel title="Other domains"><div class="flex flex-wrap items-center justify-between gap-3 text-13"><span>{words}</span>{button}</div></Panel> }.into_any()
        },
    )
}

#[component]
fn AddName(slug: String, id: WebsiteId, scope: Scope) -> impl IntoView {
    view! {
        <Panel title="Add domain">
            <Form action=AddWebsiteName { slug, id, domain: String::new() } on_done=to_job_if_any(&scope) refetch=true>
                <Input
                    name="domain" label="Domain" autocomplete="off" placeholder="www.northpier.example"
                    help="A domain that you have verified, or a name below it. One of another site of this CloudPod moves here."
                />
                <div><Submit>"Add domain"</Submit></div>
            </Form>
        </Panel>
    }
}
