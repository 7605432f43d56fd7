//! Logs of a site: the newest part, which is followed, and older ones. Log, search and part are in the address.

use super::server_fns::{read_own_website_log, read_website_log};
use app_kit::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use model::hosting::{
    cloudpods::Stack as SiteStack,
    site_logs::{LOG_DAYS, SiteLogKind, SiteLogPart},
    websites::WebsiteView,
};
use model::ids::WebsiteId;

/// Which part of which log the address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Asked {
    log: Option<SiteLogKind>,
    search: Option<String>,
    before: Option<String>,
}

impl Asked {
    fn of(query: &ParamsMap) -> Self {
        let get = |name: &str| query.get(name).filter(|value| !value.is_empty());
        Self { log: get("log").and_then(|log| log.parse().ok()), search: get("search"), before: get("before") }
    }

    fn log(&self) -> SiteLogKind {
        self.log.unwrap_or(SiteLogKind::Access)
    }

    fn href(&self, path: &str) -> String {
        let mut query = ParamsMap::new();
        query.insert("tab", "logs".to_owned());
        query.insert("log", self.log().as_str().to_owned());
        for (name, value) in [("search", &self.search), ("before", &self.before)] {
            if let Some(value) = value {
                query.insert(name, value.clone());
            }
        }
        format!("{path}{}", query.to_query_string())
    }
}

/// The logs. Those of a deleted CloudPod went with it: no server is asked for them.
#[component]
pub(super) fn Logs(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    site.show(
        |view| view.is_pod_deleted,
        move |is_deleted| {
            if is_deleted {
                view! { <EmptyState title="No logs" text="The logs were deleted with the CloudPod."/> }.into_any()
            } else {
                view! { <Reader site scope=scope.clone()/> }.into_any()
            }
        },
    )
}

/// What a server has of them, one log at a time.
#[component]
fn Reader(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let (id, stack) = (site.now().site.id, site.now().site.stack);
    let path = scope.path(&format!("websites/{id}"));
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(Asked::of));
    let of = scope.clone();
    let data = fetch(
        move || asked.get(),
        move |asked| {
            let of = of.clone();
            async move {
                let log = asked.log();
                match of {
                    Scope::Platform => read_website_log(id, log, asked.search, asked.before).await,
                    Scope::Tenant(slug) => read_own_website_log(slug, id, log, asked.search, asked.before).await,
                }
            }
        },
    );
    let kinds: Vec<_> = SiteLogKind::ALL.iter().copied().filter(|log| stack != SiteStack::Static || *log != SiteLogKind::Application).collect();
    let (to, action, downloaded) = (path.clone(), path.clone(), scope);
    let tabs = Signal::derive(move || {
        let now = asked.get().log();
        let href = |log: SiteLogKind| Asked { log: Some(log), ..Asked::default() }.href(&to);
        kinds.iter().map(|log| Tab::new(log.label(), href(*log), *log == now)).collect::<Vec<_>>()
    });
    view! {
        <div class="min-w-0">
            <Tabs label="Log" tabs/>
            <div class="flex flex-wrap items-center justify-between gap-x-3">
                <Filters action=action label="Search the log">
                    <input type="hidden" name="tab" value="logs"/>
                    <input type="hidden" name="log" value=move || asked.get().log().as_str()/>
                    <SearchBox label="Find in the log" value=Signal::derive(move || asked.get().search.unwrap_or_default())/>
                </Filters>
                {move || {
                    let log = asked.get().log().as_str();
                    let href = download(&downloaded, id, log);
                    view! { <LinkButton href size=Size::Small attr:download=format!("{log}.log")>"Download log"</LinkButton> }
                }}
            </div>
            <Load data shape=Shape::Lines view={move |part: SiteLogPart| view! { <Part part id asked=asked.get_untracked() path=path.clone()/> }}/>
            <p class="mt-3 text-12 text-3">
                {format!("Lines are kept for up to {LOG_DAYS} days; a log that grows fast is kept for less. Access logs contain the IP addresses of visitors. Times are UTC.")}
            </p>
        </div>
    }
    .into_any()
}

fn download(scope: &Scope, id: WebsiteId, log: &str) -> String {
    match scope {
        Scope::Platform => format!("/api/admin/hosting/websites/log_file?id={id}&log={log}"),
        Scope::Tenant(slug) => format!("/api/tenant/hosting/websites/log_file?slug={slug}&id={id}&log={log}"),
    }
}

/// A part of the log. The newest one grows while it is followed.
#[component]
fn Part(part: SiteLogPart, id: WebsiteId, asked: Asked, path: String) -> impl IntoView {
    let (is_newest, log) = (asked.before.is_none(), asked.log());
    let older = part.older.clone().map(|before| Asked { before: Some(before), ..asked.clone() }.href(&path));
    let newest = Asked { before: None, ..asked.clone() }.href(&path);
    let is_on = RwSignal::new(is_newest);
    let tail = use_log_tail(part, (id, log, asked.search.clone()), is_on.into());
    let nothing = nothing(&asked, older.is_some());
    let lines = move || tail.lines.get();
    view! {
        <section class="border border-line rounded-lg overflow-hidden bg-surface min-w-0">
            <div class="flex flex-wrap items-center gap-x-3 gap-y-1 min-h-11.5 px-panel py-1.5 border-b border-line">
                <h2 class="text-14 font-bold">{format!("{} log", log.label())}</h2>
                <LinkState link=tail.link/>
                <div class="flex flex-wrap items-center gap-2 ml-auto">
                    {older.map(|href| view! { <LinkButton href size=Size::Small>"Older lines"</LinkButton> })}
                    {if is_newest {
                        let press = move |_| is_on.update(|on| *on = !*on);
                        view! { <Button size=Size::Small on:click=press>{move || if is_on.get() { "Pause" } else { "Follow" }}</Button> }.into_any()
                    } else {
                        view! { <LinkButton href=newest size=Size::Small>"Newest lines"</LinkButton> }.into_any()
                    }}
                </div>
            </div>
            {move || tail.failed.get().map(|why| view! {
                <div class="px-panel py-2 border-b border-line"><Banner boxed=true>"No new lines for now: " {why}</Banner></div>
            })}
            <LogOutput>
                <For each=lines key=|(number, _)| *number let:line>
                    <li class="px-panel text-1 whitespace-pre-wrap wrap-anywhere hover:bg-hover">{line.1}</li>
                </For>
                {move || tail.lines.with(Vec::is_empty).then(|| view! { <li class="px-panel font-sans text-3">{nothing}</li> })}
            </LogOutput>
        </section>
    }
    .into_any()
}

/// What stands in the place of lines.
fn nothing(asked: &Asked, has_older: bool) -> &'static str {
    match (asked.log(), &asked.search) {
        (_, Some(_)) if has_older => "No line in this part of the log matches. Older lines may.",
        (_, Some(_)) => "No line matches.",
        (_, None) if asked.before.is_some() => "No older lines.",
        (SiteLogKind::Access, None) => "No requests yet. Each request to this site appears here as it is answered.",
        (SiteLogKind::Error, None) => "No errors yet. Requests that the web server could not answer as it should appear here.",
        (SiteLogKind::Application, None) => {
            "No output yet. What the site's programs write to standard output and error appears here, and PHP's errors."
        }
    }
}
