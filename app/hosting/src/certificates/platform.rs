//! The platform's own certificates, above the list of all.

use super::{
    parts::{badge, date},
    server_fns::{IssuePlatformCertificate, list_platform_certificates},
    setup::Records,
};
use app_kit::prelude::*;
use model::{
    hosting::certificates::{CertificateStatus, PlatformCertificateKind as Kind, PlatformCertificateRow},
    permission::SslManage,
};

/// What each is for, and what it means where it stands.
const fn note(kind: Kind) -> &'static str {
    match kind {
        Kind::Sites => {
            "Shared by all sites that use a platform domain, so that they don't use up the authority's weekly limit. Its private key is on every web \
             server. Without it, each site gets a certificate of its own."
        }
        Kind::Panel => "Served by mPanel itself. A self-signed certificate is shown until the first one is issued.",
    }
}

/// Both, where they are to be issued.
#[component]
pub fn PlatformCertificates() -> impl IntoView {
    let data = fetch(|| (), |()| list_platform_certificates());
    let show = |rows: Vec<PlatformCertificateRow>| {
        (!rows.is_empty()).then(|| {
            view! { <div class="grid gap-4 mb-4">{rows.into_iter().map(|row| view! { <PlatformCertificate row/> }).collect_view()}</div> }
        })
    };
    view! { <Load data view=show/> }
}

#[component]
fn PlatformCertificate(row: PlatformCertificateRow) -> impl IntoView {
    let kind = row.kind;
    let is_ready = row.setup.iter().all(|record| record.is_seen);
    let may = use_viewer().is_some_and(|viewer| viewer.holds::<SslManage>());
    let issue = move || {
        let label = if row.state.not_after.is_some() { "Renew now" } else { "Issue certificate" };
        let said = ("Certificate requested", "The one in use stays until the new one is issued.".to_owned());
        (may && is_ready).then(|| view! { <ActionButton call=IssuePlatformCertificate { kind } label size=Size::Small toast=said.clone()/> })
    };
    let verified = (kind == Kind::Panel).then(|| view! { <Fact label="Last verified from outside">{date(row.state.verified_at, "Not yet")}</Fact> });
    let trouble = row.state.failure.clone().map(|failure| {
        let notice = if row.state.status == CertificateStatus::Failing { Notice::Maintenance } else { Notice::Failing };
        let remedy = row.state.remedy.clone().unwrap_or_default();
        view! { <div class="mb-4"><Banner notice boxed=true>{failure}" "{remedy}</Banner></div> }
    });
    let setup = row.setup.clone();
    view! {
        <Panel title=kind.title() note=note(kind) aside=issue>
            {trouble}
            <Facts>
                <Fact label="Status">{head_badge(badge(row.state.status))}</Fact>
                <Fact label="Names">{row.state.names.join(", ")}</Fact>
                <Fact label="Issuer">{row.state.issuer.clone().unwrap_or_else(|| "None".to_owned())}</Fact>
                <Fact label="Valid until">{date(row.state.not_after, "None")}</Fact>
                {verified}
                <Fact label="Last attempt">{date(row.state.last_try_at, "Never")}</Fact>
                <Fact label="Next attempt">{date(row.state.next_try_at, "Not yet")}</Fact>
            </Facts>
            {(!setup.is_empty()).then(|| view! {
                <p class="text-13 text-2 mt-4">"Records that this certificate needs in the DNS of the platform's domain, wherever that is kept:"</p>
                <Records setup/>
            })}
        </Panel>
    }
}
