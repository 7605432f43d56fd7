//! The zone of a domain, for staff and customers.

pub use super::history::ZoneFilePage;
use super::{
    dnssec::Dnssec,
    editor::{Editor, Pending, Records},
    history::History,
    parts::{Servers, TooFew, may_delete, may_write, sync_status},
    propagation::PropagationPanel,
    server_fns::{CreateZone, DeleteZone, read_own_zone, read_zone},
    templates::Templates,
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
    let address = path.clone();
    let actions = move || {
        let path = path.clone();
        zone.show(
            |view| view.zone.is_some(),
            move |there| {
                (there && links).then(|| {
                    view! { <LinkButton href=format!("{path}/file")>"Import and export"</LinkButton> }
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
                    let writing = writing.clone();
                    if there {
                        let of = ZoneTabs { zone, id, customer: customer.clone(), writing, deleting: deleting.clone(), address: address.clone() };
                        of.view()
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

/// What the parts of a zone's page need.
struct ZoneTabs {
    zone: Live<ZoneView>,
    id: DomainId,
    /// The account whose customer looks at it; nothing for staff.
    customer: Option<String>,
    /// The same where the viewer may change the zone.
    writing: Option<String>,
    /// The same where the viewer may delete the zone.
    deleting: Option<String>,
    /// Address of the page.
    address: String,
}

impl ZoneTabs {
    /// The changes that are not applied yet, above the tabs: they stay while the viewer goes from one to another.
    fn view(self) -> AnyView {
        let Self { zone, id, customer, writing, deleting, address } = self;
        let editor = Editor::new();
        let pending = writing.clone().map(|slug| view! { <Pending editor zone slug id/> });
        let (recording, signing) = (writing.clone(), writing.clone());
        let mut pages = vec![TabPage::new("", "Records", move || {
            let panels = view! {
                <Records editor zone id slug=recording.clone()/>
                <Servers zone/>
                {deleting.clone().map(|slug| view! { <Delete zone slug id/> })}
            };
            column(panels.into_any())
        })];
        if let Some(slug) = writing {
            let stage = Callback::new(move |changes| editor.stage(changes));
            pages.push(TabPage::new("templates", "Templates", move || column(view! { <Templates zone id slug=slug.clone() stage/> }.into_any())));
        }
        if let Some(slug) = customer.clone() {
            let path = format!("{address}?tab=history");
            pages.push(TabPage::new("history", "History", move || {
                column(view! { <History zone slug=slug.clone() id path=path.clone()/> }.into_any())
            }));
        }
        pages.push(TabPage::new("dnssec", "DNSSEC", move || column(view! { <Dnssec zone id slug=signing.clone()/> }.into_any())));
        if let Some(slug) = customer {
            pages.push(TabPage::new("propagation", "Propagation", move || column(view! { <PropagationPanel slug=slug.clone() id/> }.into_any())));
        }
        view! { {pending}<TabPages label="DNS" pages/> }.into_any()
    }
}

fn column(panels: AnyView) -> AnyView {
    view! { <div class="grid gap-4">{panels}</div> }.into_any()
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
