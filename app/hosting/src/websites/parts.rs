//! What pages show of websites.

use super::server_fns::{list_own_websites, list_websites};
use app_kit::prelude::*;
use model::{
    counted,
    hosting::websites::{SiteStatus, WebsiteRow},
    ids::CloudPodId,
    live::LiveObject,
    permission::{WebsitesDelete, WebsitesRead, WebsitesWrite},
};

/// Status as a badge.
pub fn status(row: &WebsiteRow) -> (State, &'static str) {
    match row.status {
        SiteStatus::Requested => (State::Waiting, "Pending"),
        SiteStatus::Creating => (State::Working, "Creating"),
        SiteStatus::Failed => (State::Failing, "Failed"),
        SiteStatus::Deleting => (State::Working, "Deleting"),
        SiteStatus::Deleted => (State::Stopped, "Deleted"),
        // In the order of `website_state`, by which lists are narrowed down.
        SiteStatus::Active if !row.is_pod_running => (State::Stopped, "CloudPod not running"),
        SiteStatus::Active if row.is_stopped => (State::Stopped, "Stopped"),
        SiteStatus::Active if row.asleep_since.is_some() => (State::Asleep, "Asleep"),
        SiteStatus::Active => match row.observed.map(|observed| observed.http_status) {
            None => (State::Waiting, "Not checked yet"),
            Some(Some(..500)) => (State::Ok, "Running"),
            Some(_) => (State::Failing, "Not responding"),
        },
    }
}

/// Whether the viewer may change sites of this scope.
pub fn may_write(scope: &Scope) -> bool {
    use_viewer().is_some_and(|viewer| match scope {
        Scope::Platform => false,
        Scope::Tenant(slug) => viewer.holds_in::<WebsitesWrite>(slug),
    })
}

/// Whether the viewer may delete sites of this scope.
pub fn may_delete(scope: &Scope) -> bool {
    use_viewer().is_some_and(|viewer| match scope {
        Scope::Platform => false,
        Scope::Tenant(slug) => viewer.holds_in::<WebsitesDelete>(slug),
    })
}

/// The sites of a CloudPod, on its page.
#[component]
pub fn PodSites(
    /// The CloudPod.
    pod: CloudPodId,
    /// Whether it is running: only then another one can be created.
    is_running: bool,
    /// How many its plan allows.
    max_sites: i32,
    /// Whose page it stands on.
    scope: Scope,
) -> impl IntoView {
    let may_read = use_viewer().is_some_and(|viewer| match &scope {
        Scope::Platform => viewer.holds::<WebsitesRead>(),
        Scope::Tenant(slug) => viewer.holds_in::<WebsitesRead>(slug),
    });
    if !may_read {
        return ().into_any();
    }
    let (of, one) = (scope.clone(), scope.clone());
    let data = fetch(
        || (),
        move |()| {
            let of = of.clone();
            async move {
                match of {
                    Scope::Platform => list_websites(pod).await,
                    Scope::Tenant(slug) => list_own_websites(slug, pod).await,
                }
            }
        },
    );
    type C = Col<WebsiteRow>;
    let columns = vec![
        C::name("Site", move |row| (one.path(&format!("websites/{}", row.id)), row.title.clone(), "")),
        C::state("Status", status),
        C::text("Domain", |row| row.domain.clone()),
        C::ago("Last checked", "Not checked yet", |row| row.observed.map(|observed| observed.observed_at)),
        C::extra("Stack", |row| row.stack.title_with(row.runtime)),
    ];
    let (may, to) = (is_running && may_write(&scope), scope.path(&format!("cloudpods/{pod}/new-site")));
    let is_full = move |rows: &[WebsiteRow]| i32::try_from(rows.len()).is_ok_and(|count| count >= max_sites);
    view! {
        <Load data keep=true view={move |sites: Live<Vec<WebsiteRow>>| {
            watch_object(LiveObject::CloudPod(pod));
            let (columns, to) = (columns.clone(), to.clone());
            let add = move || {
                let to = to.clone();
                sites.show(
                    move |rows| may && !is_full(rows),
                    move |can| can.then(|| view! { <LinkButton href=to.clone() size=Size::Small icon=Symbol::Plus>"Create site"</LinkButton> }),
                )
            };
            let why_not = sites.text(move |rows| match is_full(rows) {
                true => format!("The plan of this CloudPod allows {}.", counted(max_sites, "site")),
                false => String::new(),
            });
            view! {
                <Panel title="Sites" flush=true aside=add note=why_not>
                    <Rows label="Sites of this CloudPod" columns key=|row| row.id.to_string() rows=sites/>
                </Panel>
            }
        }}/>
    }
    .into_any()
}
