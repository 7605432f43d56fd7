//! How a customer's names are proved by DNS: wildcards, and records for names whose DNS is kept elsewhere.

use super::server_fns::{SetCertificateWildcard, check_certificate_setup};
use app_kit::prelude::*;
use model::hosting::certificates::{CertificateRow, DnsSetup};

/// Records that are to be set, and whether each was found.
#[component]
pub(super) fn Records(setup: Vec<DnsSetup>) -> impl IntoView {
    let record = |record: DnsSetup| {
        let (state, word) = if record.is_seen { (State::Ok, "Found") } else { (State::Warning, "Not found yet") };
        let values = record.values.into_iter().map(|text| view! { <dd class="min-w-0"><Copyable text label="Copy the value"/></dd> });
        view! {
            <dl class="grid gap-3 my-4 text-13">
                <div class="flex flex-wrap items-center gap-3"><dt class="text-12 text-3">"Type"</dt><dd>{record.kind}</dd><Badge state word=word/></div>
                <div class="min-w-0"><dt class="text-12 text-3">"Name"</dt><dd class="min-w-0"><Copyable text=record.name label="Copy the name"/></dd></div>
                <div class="min-w-0 grid gap-2"><dt class="text-12 text-3">"Value"</dt>{values.collect_view()}</div>
            </dl>
        }
    };
    setup.into_iter().map(record).collect_view()
}

/// Wildcards that the certificate can be for.
#[component]
pub(super) fn Wildcards(row: CertificateRow, slug: String) -> impl IntoView {
    let (id, chosen, covers) = (row.id, row.wildcards, row.state.covers);
    let mut all = row.wildcard_choices;
    all.extend(chosen.iter().filter(|one| !all.contains(one)).cloned().collect::<Vec<_>>());
    if all.is_empty() {
        return ().into_any();
    }
    let line = move |wildcard: String| {
        let is_on = chosen.contains(&wildcard);
        let (state, word) = match (is_on, covers.contains(&wildcard)) {
            (true, true) => (State::Ok, "In the certificate"),
            (true, false) => (State::Waiting, "Requested"),
            (false, _) => (State::Stopped, "Not used"),
        };
        let label = format!("{} {wildcard}", if is_on { "Remove" } else { "Use" });
        let call = SetCertificateWildcard { slug: slug.clone(), id, wildcard: wildcard.clone(), is_on: !is_on };
        view! {
            <div class="flex flex-wrap items-center gap-3">
                <span class="font-mono text-13 wrap-anywhere">{wildcard}</span><Badge state word=word/>
                <ActionButton call label size=Size::Small/>
            </div>
        }
    };
    view! {
        <Panel title="Wildcards" note="One certificate for all names below. It can be verified by DNS only: with our name servers, or with the records below.">
            <div class="grid gap-3">{all.into_iter().map(line).collect_view()}</div>
        </Panel>
    }
    .into_any()
}

/// Records for names whose DNS is kept elsewhere; nothing where there are none.
#[component]
pub(super) fn Setup(row: CertificateRow, slug: String) -> impl IntoView {
    let id = row.id;
    let data = fetch(|| (), move |()| check_certificate_setup(slug.clone(), id));
    let note = "Set these records at your DNS provider to get a certificate before your names point here, or for a wildcard. Keep them for renewals.";
    let show = move |setup: Vec<DnsSetup>| (!setup.is_empty()).then(|| view! { <Panel title="Verify by DNS" note><Records setup/></Panel> });
    view! { <Load data view=show/> }
}
