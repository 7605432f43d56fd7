//! The replacement of a zone's DNSSEC key.

use super::server_fns::{CancelDnssecRollover, StartDnssecRollover};
use app_kit::prelude::*;
use model::{
    hosting::dns::{RolloverStatus, RolloverView},
    ids::DomainId,
};

/// Starts it.
#[component]
pub(super) fn Replace(slug: String, id: DomainId) -> impl IntoView {
    let ask = Ask::new(
        "Replace the DNSSEC key?",
        "All name servers sign with a new key too. You then replace the DS record at your registrar; the old key goes once no resolver needs it any more.",
    );
    view! { <ActionButton call=StartDnssecRollover { slug, id } label="Replace key" ask=ask.label("Replace key")/> }.into_any()
}

fn status(view: &RolloverView) -> (State, &'static str) {
    match view.status {
        RolloverStatus::Signing => (State::Working, "Adding key"),
        RolloverStatus::WaitingForDs => (State::Waiting, "Pending DS"),
        RolloverStatus::RemoveOldDs => (State::Waiting, "Remove old DS"),
        RolloverStatus::Retiring => (State::Working, "Retiring old key"),
    }
}

/// What the status means and what to do about it.
fn advice(view: &RolloverView, old: u16) -> String {
    match (view.status, view.ends_at) {
        (RolloverStatus::Signing, _) => {
            "The name servers are being given the new key. Its DS record is shown here once all of them sign with both.".to_owned()
        }
        (RolloverStatus::WaitingForDs, _) => {
            let from = view
                .ds_from
                .filter(|from| *from > now())
                .map(|from| format!(", not before {}: until then resolvers have answers that only the old key has signed", short(from)));
            format!(
                "Replace the DS record at your registrar with this one{}. The parent zone's name servers are checked every few minutes.",
                from.unwrap_or_default()
            )
        }
        (RolloverStatus::RemoveOldDs, _) => {
            format!("The parent zone has the DS records of both keys. Remove the one with key tag {old} at your registrar.")
        }
        (RolloverStatus::Retiring, Some(at)) => {
            format!("The old key signs until {}, when resolvers no longer have its DS record. Don't enter that one again.", short(at))
        }
        (RolloverStatus::Retiring, None) => {
            "The parent zone has the new DS record only. The old key goes once resolvers no longer have its DS record.".to_owned()
        }
    }
}

/// How far it is, with the new key's DS record; where the viewer may, with what cancels it.
#[component]
pub(super) fn Rollover(view: RolloverView, old: u16, id: DomainId, slug: Option<String>) -> impl IntoView {
    let ((state, word), words, ds) = (status(&view), advice(&view, old), view.ds());
    let is_hidden = view.status == RolloverStatus::Signing;
    let parts = (!is_hidden).then(|| {
        view! {
            <KeyValues>
                <KeyValue label="New DS record"><Copyable text=ds label="Copy new DS record" whole=true/></KeyValue>
                <KeyValue label="New key tag">{view.key_tag}</KeyValue>
                <KeyValue label="New digest"><Copyable text=view.digest label="Copy new digest" whole=true/></KeyValue>
                <KeyValue label="New public key"><Copyable text=view.public_key label="Copy new public key" whole=true/></KeyValue>
            </KeyValues>
        }
    });
    let cancel =
        slug.filter(|_| is_hidden).map(|slug| view! { <div><ActionButton call=CancelDnssecRollover { slug, id } label="Keep current key"/></div> });
    view! {
        <Panel title="Key replacement" note="Both keys sign until no resolver can have the old key's DS record.">
            <div class="grid gap-3">
                <div><Badge state word/></div>
                <p class="text-13 text-2">{words}</p>
                {parts}
                {cancel}
            </div>
        </Panel>
    }
    .into_any()
}
