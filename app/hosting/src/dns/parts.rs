//! Parts of the DNS pages.

use app_kit::prelude::*;
use model::{
    counted,
    hosting::dns::{AliasView, MIN_NAME_SERVERS, PlanLine, ZoneContent, ZonePlan, ZoneServer, ZoneView},
    permission::{DnsDelete, DnsWrite},
};

/// Most lines of a plan that are shown.
const MAX_LINES: usize = 200;

/// Whether the viewer may change zones of this scope.
pub(super) fn may_write(scope: &Scope) -> bool {
    use_viewer().is_some_and(|viewer| match scope {
        Scope::Platform => false,
        Scope::Tenant(slug) => viewer.holds_in::<DnsWrite>(slug),
    })
}

/// Whether the viewer may delete zones of this account.
pub(super) fn may_delete(slug: &str) -> bool {
    use_viewer().is_some_and(|viewer| viewer.holds_in::<DnsDelete>(slug))
}

/// A TTL in its largest whole unit.
pub(super) fn ttl(seconds: u32) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s % 3600 == 0 => format!("{} h", s / 3600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// The zone's state and its label.
pub(super) fn sync_status(zone: &ZoneContent) -> (State, String) {
    let (all, right) = (zone.servers.len(), zone.servers.iter().filter(|server| server.is_in_sync(zone.serial)).count());
    if zone.is_in_sync() {
        (State::Ok, "In sync".to_owned())
    } else if all == 0 {
        (State::Warning, "No name servers".to_owned())
    } else if right == all {
        (State::Warning, "Only one name server".to_owned())
    } else {
        (State::Warning, format!("{} of {} behind", all - right, counted(all, "name server")))
    }
}

/// Warns while a zone has too few name servers.
#[component]
pub(super) fn TooFew(zone: Live<ZoneView>) -> impl IntoView {
    zone.show(
        |view| view.zone.as_ref().map(|_| view.name_servers.len()).filter(|count| *count < MIN_NAME_SERVERS),
        |count| {
            count.map(|count| {
                let words = match count {
                    0 => "No name servers are available yet, so this domain does not resolve.",
                    _ => "There is only one name server. If it is down, this domain does not resolve.",
                };
                view! { <Banner notice=Notice::Maintenance boxed=true>{words}</Banner> }
            })
        },
    )
}

/// What each name server serves.
#[component]
pub(super) fn Servers(zone: Live<ZoneView>) -> impl IntoView {
    type C = Col<(ZoneServer, u32)>;
    let state = |(server, serial): &(ZoneServer, u32)| match (server.is_in_sync(*serial), server.seen_at) {
        (true, _) => (State::Ok, "In sync".to_owned()),
        (false, None) => (State::Waiting, "Not checked yet".to_owned()),
        (false, Some(_)) => (State::Warning, "Behind".to_owned()),
    };
    let columns = vec![
        C::title("Name server", |(server, _)| (server.name.clone(), server.error.clone().unwrap_or_default())),
        C::state("Status", state),
        C::number("Serial", |(server, _)| server.seen_serial.map_or_else(|| "None".to_owned(), |serial| serial.to_string())),
        C::ago("Last response", "Never", |(server, _)| server.seen_at),
        C::ago("Behind since", "Not behind", |(server, _)| server.behind_since),
    ];
    let rows = zone.map(|view| {
        let content = view.zone.as_ref();
        content.map(|zone| zone.servers.iter().map(|server| (server.clone(), zone.serial)).collect::<Vec<_>>()).unwrap_or_default()
    });
    let note = zone.text(|view| {
        let serial = view.zone.as_ref().map(|zone| zone.serial).unwrap_or_default();
        format!("Enter these name servers at your registrar. In sync when all of them return serial {serial}.")
    });
    view! {
        <Panel title="Name servers" note flush=true>
            <Rows label="Name servers" columns key=|(server, _)| server.name.clone() rows empty="No name servers yet"/>
        </Panel>
    }
}

/// What a change would do.
#[component]
pub(super) fn Plan(plan: ZonePlan) -> impl IntoView {
    let line = |line: &PlanLine| DiffLine::of(format!("{} {}", line.name, line.kind), line.before.clone(), line.after.clone());
    let lines: Vec<DiffLine> = plan.lines.iter().map(line).collect();
    let more = lines.len().saturating_sub(MAX_LINES);
    let words = format!("{}. {} unchanged.", diff_words(&lines), counted(plan.kept, "record"));
    let shown: Vec<DiffLine> = lines.into_iter().take(MAX_LINES).collect();
    let (faults, warnings) = (plan.faults, plan.warnings);
    view! {
        <div class="grid gap-3">
            <p class="text-13 text-2">{words}</p>
            <Diff label="Changes" lines=Signal::stored(shown)/>
            {(more > 0).then(|| view! { <p class="text-12 text-3">{format!("{more} more not shown.")}</p> })}
            {(!faults.is_empty()).then(|| view! {
                <Banner notice=Notice::Failing boxed=true>{faults.join(" ")}</Banner>
            })}
            {(!warnings.is_empty()).then(|| view! { <Banner boxed=true>{warnings.join(" ")}</Banner> })}
        </div>
    }
}

/// What the ALIAS records of a zone lead to; nothing for a zone without one.
#[component]
pub(super) fn Aliases(zone: Live<ZoneView>) -> impl IntoView {
    type C = Col<AliasView>;
    let columns = vec![
        C::title("Target", |alias| (alias.target.clone(), alias.error.clone().unwrap_or_default())),
        C::state("Status", |alias| if alias.error.is_none() { (State::Ok, "Found") } else { (State::Warning, "Last addresses kept") }),
        C::of(
            Column::Text,
            "Addresses",
            |alias| alias.addresses.join(", "),
            |words| view! { <span class="font-mono text-12 wrap-anywhere">{words}</span> },
        ),
        C::ago("Last checked", "Never", |alias| Some(alias.checked_at)),
    ];
    let rows = zone.map(|view| view.zone.as_ref().map(|zone| zone.aliases.clone()).unwrap_or_default());
    zone.show(
        |view| view.zone.as_ref().is_some_and(|zone| !zone.aliases.is_empty()),
        move |any| {
            let columns = columns.clone();
            any.then(move || {
                view! {
                    <Panel title="ALIAS targets" note="Name servers answer ALIAS records with these addresses." flush=true>
                        <Rows label="ALIAS targets" columns key=|alias: &AliasView| alias.target.clone() rows empty="No ALIAS records"/>
                    </Panel>
                }
            })
        },
    )
}
