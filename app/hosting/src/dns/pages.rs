//! The zone of a domain, for staff and customers.

pub use super::history::{ZoneFilePage, ZoneHistoryPage};
use super::{
    dnssec::Dnssec,
    editor::Records,
    parts::{Servers, TooFew, may_delete, may_write, sync_status},
    propagation::PropagationPanel,
    server_fns::{CreateZone, DeleteZone, read_own_zone, read_zone},
};
use app_kit::prelude::*;
use model::{hosting::dns::ZoneView, ids::DomainId, live::LiveObject};

/// `/admin/domains/:id/dns` and `/t/:slug/domains/:id/dns`
#[component]
pub fn ZonePage() -> impl IntoView {
    let scope = use_scope();
    let of = scope.clone();
    let data = fetch_one("id", "Domain not found.", move |id: DomainId| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => read_zone(id).await,
                Scope::Tenant(slug) => read_own_zone(slug, id).await,
            }
        }
    });
    view! { <Load data view={move |zone: Live<ZoneView>| view! { <Zone zone scope=scope.clone()/> }}/> }.into_any()
}

#[component]
fn Zone(zone: Live<ZoneView>, scope: Scope) -> impl IntoView {
    let id = zone.now().domain;
    watch_object(LiveObject::DnsZone(id));
    let may = may_write(&scope);
    let slug = match &scope {
        Scope::Tenant(slug) => Some(slug.clone()),
        Scope::Platform => None,
    };
    let deleting = slug.clone().filter(|slug| may_delete(slug));
    let customer = slug.clone();
    let writing = slug.clone().filter(|_| may);
    let (links, path) = (slug.is_some(), scope.path(&format!("domains/{id}/dns")));
    let actions = move || {
        let path = path.clone();
        zone.show(
            |view| view.zone.is_some(),
            move |there| {
                (there && links).then(|| {
                    view! {
                        <LinkButton href=format!("{path}/file")>"Import and export"</LinkButton>
                        <LinkButton href=format!("{path}/history")>"History"</LinkButton>
                    }
                })
            },
        )
    };
    let state =
        move || zone.show(|view| view.zone.as_ref().map(sync_status), |found| found.map(|(state, word)| view! { <Badge soft=true state word/> }));
    let note = move || zone.text(|view| format!("DNS of {}", view.display_name)).get();
    let parents = vec![Crumb::new("Domains", scope.path("domains")), Crumb::new(zone.now().display_name, scope.path(&format!("domains/{id}")))];
    view! {
        <PageHead title="DNS" parents state note actions/>
        <div class="grid gap-4 mt-4">
            <TooFew zone/>
            {zone.show(
                |view| view.zone.is_some(),
                move |there| {
                    let (writing, deleting) = (writing.clone(), deleting.clone());
                    if there {
                        let asking = customer.clone();
                        view! { <Records zone id slug=writing.clone()/><Servers zone/><Dnssec zone id slug=writing/>{asking.map(|slug| view! { <PropagationPanel slug id/> })}{deleting.map(|slug| view! { <Delete zone slug id/> })} }.into_any()
                    } else if customer.is_some() {
                        view! { <Create zone id slug=writing/> }.into_any()
                    } else {
                        view! { <Panel title="No zone yet"><p class="text-13 text-2">"The customer has not created a zone."</p></Panel> }.into_any()
                    }
                },
            )}
        </div>
    }
    .into_any()
}

/// Explains what a zone is for, and creates it.
#[component]
fn Create(zone: Live<ZoneView>, id: DomainId, slug: Option<String>) -> impl IntoView {
    zone.show(
        |view| (view.obstacle.clone(), view.name_servers.clone()),
        move |(obstacle, servers)| {
            let words = (!servers.is_empty()).then(|| format!("Name servers: {}.", servers.join(", ")));
            let action = match (obstacle, slug.clone()) {
                (Some(obstacle), _) => view! { <p class="text-13 text-2">{obstacle}</p> }.into_any(),
                (None, Some(slug)) => view! {
                    <div><ActionButton call=CreateZone { slug, id } label="Create zone" kind=Kind::Primary/></div>
                }
                .into_any(),
                (None, None) => ().into_any(),
            };
            view! {
                <Panel title="No zone yet" note="Manage the DNS records of this domain here. Once the zone has all the records you need, enter the name servers at your registrar. The zone starts with the current addresses of your CloudPods; addresses follow when a CloudPod moves to another server.">
                    <div class="grid gap-3">{words.map(|words| view! { <p class="text-13 text-2">{words}</p> })}{action}</div>
                </Panel>
            }
        },
    )
}

#[component]
fn Delete(zone: Live<ZoneView>, slug: String, id: DomainId) -> impl IntoView {
    let name = zone.now().display_name;
    let what = "The name servers stop serving this domain. Its websites and email stop working unless you enter other name servers at your registrar first. You can create a new zone later.";
    let ask = Ask::new(format!("Delete the zone of {name}?"), what).typed(name).label("Delete zone");
    let call = DeleteZone { slug, id, confirm_name: String::new() };
    view! { <div><ActionButton call label="Delete zone" kind=Kind::DangerOutline icon=Symbol::Trash ask/></div> }
}
