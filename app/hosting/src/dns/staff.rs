//! All zones and the name servers, for staff.

use super::server_fns::{AddNameServer, RemoveNameServer, list_name_servers, list_zones};
use app_kit::prelude::*;
use model::{
    hosting::dns::{MIN_NAME_SERVERS, NameServerRow, NameServersView, ZoneRow, ZoneStatus},
    permission::DnsManage,
};

fn status(status: ZoneStatus) -> (State, &'static str) {
    match status {
        ZoneStatus::InSync => (State::Ok, "In sync"),
        ZoneStatus::Behind => (State::Warning, "Behind"),
        ZoneStatus::TooFew => (State::Warning, "Too few servers"),
        ZoneStatus::Removing => (State::Waiting, "Deleting"),
    }
}

/// With one decimal.
fn per_second(per_minute: i64) -> String {
    format!("{}.{}", per_minute / 60, per_minute % 60 / 6)
}

/// `/admin/dns`
#[component]
pub fn ZonesPage() -> impl IntoView {
    type C = Col<ZoneRow>;
    let columns = vec![
        C::name("Zone", |row| (format!("/admin/domains/{}/dns", row.domain), row.display_name.clone(), "")),
        C::state("Status", |row| status(row.status)),
        C::link("Customer", |row| (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone())),
        C::text("Name servers", |row| format!("{} of {}", row.in_sync, row.servers)),
        C::number("Serial", |row| row.serial),
    ];
    let data = fetch_list(list_zones);
    let states = ZoneStatus::ALL.iter().map(|one| (one.as_str(), status(*one).1)).collect();
    let servers = fetch(|| (), |()| list_name_servers());
    view! {
        <PageHead
            title="DNS" note=|| "Zones of all customers, and the name servers that serve them."
            actions=|| view! { <LinkButton href="/admin/dns/templates">"Templates"</LinkButton> }
        />
        <div class="grid gap-4 mb-4"><Load data=servers view={|view: Live<NameServersView>| view! { <NameServers view/> }}/></div>
        <Listing
            path="/admin/dns" label="Zones" data columns key=|row| row.id.to_string() states search="Domain" verb="created" at=|row| row.created_at
            empty=("No zones yet", "Zones appear here when customers create them.")
        />
    }
    .into_any()
}

#[component]
fn NameServers(view: Live<NameServersView>) -> impl IntoView {
    let may = use_viewer().is_some_and(|viewer| viewer.holds::<DnsManage>());
    type C = Col<NameServerRow>;
    let remove = |(server, name): (model::ids::ServerId, String)| {
        let ask = Ask::new(
            format!("Remove {name}?"),
            format!("All zones are removed from this server. Customers must remove {name} at their registrars first."),
        );
        view! { <ActionButton call=RemoveNameServer { server } label="Remove" size=Size::Small ask=ask.label("Remove name server")/> }
    };
    let state = |row: &NameServerRow| match row.behind {
        0 => (State::Ok, "In sync".to_owned()),
        1 => (State::Warning, "1 zone behind".to_owned()),
        count => (State::Warning, format!("{count} zones behind")),
    };
    let columns = vec![
        C::title("Name", |row| (row.name.clone(), row.address.clone())),
        C::link("Server", |row| (format!("/admin/servers/{}", row.server), row.server_name.clone())),
        C::state("Status", state),
        C::number("Zones", |row| row.in_sync + row.behind),
        C::number("Queries per second", |row| row.load.as_ref().map_or_else(|| "Unknown".to_owned(), |load| per_second(load.queries_per_minute))),
        C::number("Failures per second", |row| row.load.as_ref().map_or_else(|| "Unknown".to_owned(), |load| per_second(load.failures_per_minute))),
        C::ago("Counted", "Not yet", |row| row.load.as_ref().map(|load| load.at)),
        C::actions(|row: &NameServerRow| (row.server, row.name.clone()), remove).when(may),
    ];
    let rows = view.map(|view| view.servers.clone());
    let few = view.show(
        |view| view.servers.len() < MIN_NAME_SERVERS,
        |few| few.then(|| view! { <Banner notice=Notice::Maintenance boxed=true>"Zones need at least two name servers so that one can be down. Install the DNS capability on a server, then add it here."</Banner> }),
    );
    view! {
        {few}
        <Panel title="Name servers" flush=true note="Each name must resolve to its address.">
            <Rows label="Name servers" columns key=|row| row.server.to_string() rows empty="No name servers yet"/>
        </Panel>
        {may.then(|| view.show(
            |view| view.candidates.clone(),
            |able| {
                let first = able.first().map(|(server, _)| *server)?;
                let options: Vec<_> = able.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
                Some(view! {
                    <Panel title="Add a name server" note="All zones are copied to this server and list it in their NS records.">
                        <Form action=AddNameServer { server: first, name: String::new() } refetch=true>
                            <Grid columns=Columns::Pairs>
                                <Select name="server" label="Server" options/>
                                <Input name="name" label="Host name" autocomplete="off" placeholder="ns1.example.com" help="The name that customers enter at their registrar."/>
                            </Grid>
                            <div><Submit>"Add name server"</Submit></div>
                        </Form>
                    </Panel>
                })
            },
        ))}
    }
}
