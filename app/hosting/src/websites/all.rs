//! Lists of sites across CloudPods: of all customers for staff, of one account for its members.

use super::{
    parts::{may_write, status},
    server_fns::{list_all_own_websites, list_all_websites},
};
use crate::cloudpods::server_fns::list_own_pods;
use app_kit::prelude::*;
use model::{
    hosting::{
        cloudpods::{PodRow, PodStatus},
        websites::{SiteFilter, SiteListRow},
    },
    page::{Page, PageRequest},
    permission::CloudpodsRead,
};

/// What the list can be narrowed down to, with its words.
fn states() -> Vec<(&'static str, &'static str)> {
    let word = |filter: SiteFilter| match filter {
        SiteFilter::Running => "Running",
        SiteFilter::Stopped => "Stopped",
        SiteFilter::Offline => "CloudPod not running",
        SiteFilter::Creating => "Creating",
        SiteFilter::Failed => "Failed",
        SiteFilter::Deleting => "Deleting",
        SiteFilter::Preview => "Previews",
    };
    SiteFilter::ALL.iter().map(|filter| (filter.as_str(), word(*filter))).collect()
}

/// `/admin/websites` and `/t/:slug/websites`
#[component]
pub fn WebsitesPage() -> impl IntoView {
    let scope = use_scope();
    let (staff, of, one, pod) = (scope.is_platform(), scope.clone(), scope.clone(), scope.clone());
    type C = Col<SiteListRow>;
    let columns = vec![
        C::name("Site", move |row| {
            let kind = if row.site.preview_of.is_some() { "Preview" } else { "" };
            (one.path(&format!("websites/{}", row.site.id)), row.site.title.clone(), kind)
        }),
        C::state("Status", |row| status(&row.site)),
        C::link("Customer", |row| (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone())).when(staff),
        C::text("Domain", |row| row.site.domain.clone()),
        C::link("CloudPod", move |row| (pod.path(&format!("cloudpods/{}", row.cloud_pod)), row.pod_name.clone())),
        C::extra("Stack", |row| row.site.stack.title_with(row.site.runtime)),
        C::extra("Server", |row| row.server_name.clone().unwrap_or_else(|| "None".to_owned())).when(staff),
        C::ago("Last checked", "Not checked yet", |row| row.site.observed.map(|observed| observed.observed_at)),
    ];
    let data = fetch_list(move |request| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => list_all_websites(request).await,
                Scope::Tenant(slug) => list_all_own_websites(slug, request).await,
            }
        }
    });
    let empty = if staff { "Sites appear here when a customer orders a plan." } else { "Order a CloudPod to get your first site." };
    let path = scope.path("websites");
    let listing = match staff {
        true => view! {
            <Listing
                path label="Sites" data columns key=|row| row.site.id.to_string() states=states() search="Title or domain"
                help="Filters: customer:northpier server:web1. Combine with a title or domain." verb="created" at=|row| row.site.created_at
                empty=("No sites yet", empty)
            />
        }
        .into_any(),
        false => view! {
            <Listing
                path label="Sites" data columns key=|row| row.site.id.to_string() states=states() search="Title or domain" verb="created"
                at=|row| row.site.created_at empty=("No sites yet", empty)
            />
        }
        .into_any(),
    };
    let create = move || match scope.clone() {
        Scope::Tenant(slug) if may_write(&scope) => Some(view! { <CreateSite slug scope=scope.clone()/> }),
        _ => None,
    };
    view! { <PageHead title="Sites" actions=create/>{listing} }.into_any()
}

/// To the form of another site: at once where there is one CloudPod, else by a choice of them.
#[component]
fn CreateSite(slug: String, scope: Scope) -> impl IntoView {
    if !use_viewer().is_some_and(|viewer| viewer.holds_in::<CloudpodsRead>(&slug)) {
        return ().into_any();
    }
    let running = PageRequest { state: Some(PodStatus::Running.as_str().to_owned()), ..PageRequest::default() };
    let data = fetch(|| (), move |()| list_own_pods(slug.clone(), running.clone()));
    let show = move |pods: Page<PodRow>| {
        let form = |pod: &PodRow| scope.path(&format!("cloudpods/{}/new-site", pod.id));
        match pods.rows.as_slice() {
            [] => ().into_any(),
            [only] => view! { <LinkButton href=form(only) kind=Kind::Primary icon=Symbol::Plus>"Create site"</LinkButton> }.into_any(),
            several => {
                let item = |pod: &PodRow| {
                    let (href, name) = (form(pod), pod.name.clone());
                    view! { <MenuItem href>{name}</MenuItem> }
                };
                let items = several.iter().map(item).collect_view();
                view! { <Menu id="create-site" label="Create site">{items}</Menu> }.into_any()
            }
        }
    };
    view! { <Load data shape=Shape::Lines view=show/> }.into_any()
}
