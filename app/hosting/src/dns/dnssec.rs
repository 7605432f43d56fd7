//! DNSSEC of a zone.

use super::{
    rollover::{Replace, Rollover},
    server_fns::{KeepDnssec, TurnOffDnssec, TurnOnDnssec, list_parent_ds},
};
use app_kit::prelude::*;
use model::{
    hosting::dns::{DnssecStatus, DnssecView, ZoneView},
    ids::DomainId,
};

fn status(view: &DnssecView) -> (State, &'static str) {
    match view.status {
        DnssecStatus::Signing => (State::Working, "Signing"),
        DnssecStatus::WaitingForDs => (State::Waiting, "Pending DS"),
        DnssecStatus::Secured => (State::Ok, "Active"),
        DnssecStatus::Mismatch => (State::Failing, "DS mismatch"),
        DnssecStatus::TurningOff => (State::Working, "Turning off"),
    }
}

/// What the status means and what to do about it.
fn advice(view: &DnssecView) -> String {
    match (view.status, view.off_at) {
        (DnssecStatus::Signing, _) => "The name servers are being given the key. The DS record is shown here once all of them sign.".to_owned(),
        (DnssecStatus::WaitingForDs, _) => {
            let from = view.ds_from.filter(|from| *from > now()).map(|from| format!(", not before {}: until then resolvers have unsigned answers", short(from)));
            format!(
                "Enter this DS record at your registrar{}. Some registrars ask for its parts, some for the public key. The parent zone is checked every few minutes.",
                from.unwrap_or_default()
            )
        }
        (DnssecStatus::Secured, _) => "The parent zone has the DS record of this key. Resolvers that validate refuse forged answers.".to_owned(),
        (DnssecStatus::Mismatch, _) => {
            "The parent zone has a DS record of another key, so resolvers that validate refuse this domain. Replace it at your registrar with this one.".to_owned()
        }
        (DnssecStatus::TurningOff, Some(at)) => {
            format!("Signing stops after {}, when resolvers no longer have the DS record. Don't enter it again.", short(at))
        }
        (DnssecStatus::TurningOff, None) => {
            "The parent zone has a DS record again. Remove it at your registrar; signing stops after resolvers have forgotten it.".to_owned()
        }
    }
}

/// DNSSEC; where the viewer may, with what turns it on and off.
#[component]
pub(super) fn Dnssec(zone: Live<ZoneView>, id: DomainId, slug: Option<String>) -> impl IntoView {
    zone.show(
        |view| view.zone.as_ref().and_then(|zone| zone.dnssec.clone()),
        move |dnssec| match dnssec {
            Some(view) => view! { <Signed view id slug=slug.clone()/> }.into_any(),
            None => view! { <Unsigned id slug=slug.clone()/> }.into_any(),
        },
    )
}

#[component]
fn Unsigned(id: DomainId, slug: Option<String>) -> impl IntoView {
    let ask = Ask::new(
        "Turn on DNSSEC?",
        "All name servers sign the zone with a new key. Nothing changes for visitors until you enter the DS record at your registrar.",
    );
    let warning = slug.clone().map(|slug| {
        let data = fetch(|| (), move |()| list_parent_ds(slug.clone(), id));
        let view = |found: Vec<String>| {
            (!found.is_empty()).then(|| {
                let words = format!(
                    "The parent zone has a DS record of another key: {}. Remove it at your registrar and wait for its TTL before you switch name servers.",
                    found.join(", ")
                );
                view! { <Banner boxed=true>{words}</Banner> }
            })
        };
        view! { <Load data keep=true shape=Shape::Lines view/> }
    });
    let action = slug.map(|slug| {
        view! { <div><ActionButton call=TurnOnDnssec { slug, id } label="Turn on DNSSEC" ask=ask.label("Turn on DNSSEC")/></div> }
    });
    view! {
        <Panel title="DNSSEC" note="Lets resolvers verify that answers for this domain are genuine. Your registrar must support DS records.">
            <div class="grid gap-3"><div><Badge state=State::Stopped word="Off"/></div>{warning}{action}</div>
        </Panel>
    }
    .into_any()
}

#[component]
fn Signed(view: DnssecView, id: DomainId, slug: Option<String>) -> impl IntoView {
    let ((state, word), words) = (status(&view), advice(&view));
    let ds = view.ds();
    let is_off = view.status == DnssecStatus::TurningOff;
    let shows_ds = !is_off && view.status != DnssecStatus::Signing;
    let notice = (view.status == DnssecStatus::Mismatch).then_some(Notice::Failing);
    let advice = match notice {
        Some(notice) => view! { <Banner notice boxed=true>{words}</Banner> }.into_any(),
        None => view! { <p class="text-13 text-2">{words}</p> }.into_any(),
    };
    let (key, rollover) = (view.key_tag, view.rollover);
    let replace = slug.clone().filter(|_| view.status == DnssecStatus::Secured && rollover.is_none());
    let rolling = slug.clone();
    let parts = shows_ds.then(|| {
        view! {
            <KeyValue label="DS record"><Copyable text=ds label="Copy DS record" whole=true/></KeyValue>
            <KeyValue label="Key tag">{view.key_tag}</KeyValue>
            <KeyValue label="Algorithm">"13 (ECDSA P-256 with SHA-256)"</KeyValue>
            <KeyValue label="Digest type">"2 (SHA-256)"</KeyValue>
            <KeyValue label="Digest"><Copyable text=view.digest label="Copy digest" whole=true/></KeyValue>
            <KeyValue label="Flags">"257 (KSK)"</KeyValue>
            <KeyValue label="Protocol">"3"</KeyValue>
            <KeyValue label="Public key"><Copyable text=view.public_key label="Copy public key" whole=true/></KeyValue>
        }
    });
    let parent = match (view.at_parent.is_empty(), view.checked_at) {
        (_, None) => "Not checked yet".to_owned(),
        (true, Some(_)) => "No DS record".to_owned(),
        (false, Some(_)) => view.at_parent.join(", "),
    };
    let action = slug.map(|slug| match is_off {
        true => view! { <ActionButton call=KeepDnssec { slug, id } label="Keep DNSSEC on"/> }.into_any(),
        false => {
            let ask = Ask::new(
                "Turn off DNSSEC?",
                "Remove the DS record at your registrar first. If the parent zone still has it, nothing is turned off; otherwise signing stops after at least 24 hours, once resolvers have forgotten it.",
            );
            view! { <ActionButton call=TurnOffDnssec { slug, id } label="Turn off DNSSEC" ask=ask.label("Turn off DNSSEC")/> }.into_any()
        }
    });
    view! {
        <Panel title="DNSSEC" note=format!("Key {key}, the same on all name servers.")>
            <div class="grid gap-3">
                <div><Badge state word/></div>
                {advice}
                <KeyValues>
                    {parts}
                    <KeyValue label="At the parent zone">{parent}</KeyValue>
                    <KeyValue label="Last checked">
                        {match view.checked_at {
                            Some(at) => view! { <Ago at/> }.into_any(),
                            None => "Never".into_any(),
                        }}
                    </KeyValue>
                </KeyValues>
                {view.error.map(|error| view! { <p class="text-13 text-2">{error}</p> })}
                <div class="flex flex-wrap gap-2 empty:hidden">{replace.map(|slug| view! { <Replace slug id/> })}{action}</div>
            </div>
        </Panel>
        {rollover.map(|view| view! { <Rollover view old=key id slug=rolling/> })}
    }
    .into_any()
}
