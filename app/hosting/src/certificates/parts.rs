//! What pages show of a certificate.

use super::server_fns::{read_own_pod_certificates, read_pod_certificates};
use app_kit::prelude::*;
use model::{
    hosting::certificates::{CertificateRow, CertificateStatus},
    ids::CloudPodId,
    live::LiveObject,
};

/// Status as a badge.
pub fn status(row: &CertificateRow) -> (State, &'static str) {
    badge(row.state.status)
}

/// A status as a badge.
pub(super) fn badge(status: CertificateStatus) -> (State, &'static str) {
    let state = match status {
        CertificateStatus::Pending => State::Waiting,
        CertificateStatus::Active => State::Ok,
        CertificateStatus::Failing => State::Warning,
        CertificateStatus::Failed | CertificateStatus::Expired => State::Failing,
    };
    (state, status.title())
}

/// What to do about what has failed: customers read it where they can do it themselves.
pub(super) fn remedy(row: &CertificateRow, staff: bool) -> String {
    match staff || row.owner_can_fix {
        true => row.state.remedy.clone().unwrap_or_default(),
        false => "If your domain does not point here yet, change its DNS record. We take care of everything else.".to_owned(),
    }
}

/// First what still holds, then why the last try has failed, then what to do.
#[component]
pub fn Trouble(
    /// The certificate.
    row: CertificateRow,
    /// Shows the remedy also where only staff can carry it out.
    staff: bool,
) -> impl IntoView {
    row.state.failure.clone().map(|failure| {
        let remedy = remedy(&row, staff);
        let holds = row.state.not_after.filter(|_| row.state.status == CertificateStatus::Failing);
        view! {
            <div class="mb-4"><Banner notice=if holds.is_some() { Notice::Maintenance } else { Notice::Failing } boxed=true>
                {holds.map(|at| view! { "The certificate is valid until "<At at whole=true/>". Until then the site works as before. " })}
                {failure}" "{remedy}
            </Banner></div>
        }
    })
}

/// How the sites of a CloudPod are served; nothing where no certificates are issued.
#[component]
pub fn PodHttps(
    /// The CloudPod.
    pod: CloudPodId,
    /// Whose page it stands on.
    scope: Scope,
) -> impl IntoView {
    let of = scope.clone();
    let data = fetch(
        || (),
        move |()| {
            let scope = of.clone();
            async move {
                match scope {
                    Scope::Platform => read_pod_certificates(pod).await,
                    Scope::Tenant(slug) => read_own_pod_certificates(slug, pod).await,
                }
            }
        },
    );
    view! {
        <Load data view={move |rows: Live<Vec<CertificateRow>>| {
            watch_object(LiveObject::CloudPod(pod));
            let scope = scope.clone();
            rows.show(Clone::clone, move |rows| {
                let is_one = rows.len() == 1;
                rows.into_iter().map(|row| {
                    let name = row.state.names.first().cloned().unwrap_or_default();
                    let (shown, over_http) = (status(&row), visitors(&row));
                    let (staff, href) = (scope.is_platform(), scope.path(&format!("certificates/{}", row.id)));
                    let title = if is_one { "HTTPS".to_owned() } else { format!("HTTPS for {name}") };
                    view! {
                        <Panel title>
                            <Trouble row=row.clone() staff/>
                            <Facts>
                                <Fact label="Status">{head_badge(shown)}</Fact>
                                <Fact label="Valid until">{date(row.state.not_after, "None")}</Fact>
                                <Fact label="HTTP visitors">{over_http}</Fact>
                                <Fact label="Certificate"><a href=href>"Details"</a></Fact>
                            </Facts>
                        </Panel>
                    }
                }).collect_view().into_any()
            })
        }}/>
    }
}

/// What becomes of visitors who come over HTTP.
pub fn visitors(row: &CertificateRow) -> &'static str {
    if row.is_redirecting { "Redirected to HTTPS" } else { "Served over HTTP" }
}

/// A time, or what stands for none.
pub fn date(at: Option<model::Time>, none: &'static str) -> AnyView {
    match at {
        Some(at) => view! { <At at whole=true/> }.into_any(),
        None => none.into_any(),
    }
}
