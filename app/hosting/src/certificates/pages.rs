//! Certificates: the list and one of them, for staff.

use super::{
    parts::{Trouble, date, status},
    server_fns::{IssueCertificate, list_certificates, read_certificate},
};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    hosting::certificates::{CertificateRow, CertificateStatus},
    ids::JobId,
    permission::SslManage,
};

const PATH: &str = "/admin/certificates";

fn main_name(row: &CertificateRow) -> String {
    row.names.first().cloned().unwrap_or_else(|| row.pod_name.clone())
}

/// `/admin/certificates`
#[component]
pub fn CertificatesPage() -> impl IntoView {
    type C = Col<CertificateRow>;
    let columns = vec![
        C::name("Site", |row| (format!("{PATH}/{}", row.id), main_name(row), "")),
        C::state("Status", status),
        C::link("Customer", |row| (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone())),
        C::text("Issuer", |row| row.issuer.clone().unwrap_or_else(|| "None".to_owned())),
        C::of(Column::Text, "Valid until", |row| row.not_after, |at| date(at, "None")),
        C::of(Column::Text, "Problem", |row| row.failure.clone(), |failure: Option<String>| failure.unwrap_or_else(|| "None".to_owned()).into_any()),
        C::ago("Last attempt", "Never", |row| row.last_try_at),
        C::of(Column::Text, "Next attempt", |row| row.next_try_at, |at| date(at, "Not yet")),
    ];
    let states = CertificateStatus::ALL.iter().map(|status| (status.as_str(), status.title())).collect();
    view! {
        <PageHead title="Certificates" note=|| "Issued and renewed automatically once a site's names point to its server."/>
        <Listing
            path=PATH label="Certificates" data=fetch_list(list_certificates) columns key=|row| row.id.to_string() states search="Name"
            verb="added" at=|row| row.created_at
            empty=("No certificates yet", "Sites are checked once a certificate authority is configured (acme.directory_url) and a CloudPod is running.")
        />
    }
    .into_any()
}

/// `/admin/certificates/:id`
#[component]
pub fn CertificatePage() -> impl IntoView {
    view! { <Load data=fetch_one("id", "Certificate not found.", read_certificate) view=|row: CertificateRow| view! { <Certificate row/> }/> }
        .into_any()
}

#[component]
fn Certificate(row: CertificateRow) -> impl IntoView {
    let state = status(&row);
    let (id, is_first) = (row.id, row.not_after.is_none());
    let navigate = use_navigate();
    let done = Callback::new(move |job: JobId| navigate(&format!("/admin/jobs/{job}"), leptos_router::NavigateOptions::default()));
    let actions = move || {
        let may = use_viewer().is_some_and(|viewer| viewer.holds::<SslManage>());
        let label = if is_first { "Issue certificate" } else { "Renew now" };
        may.then(|| view! { <ActionButton call=IssueCertificate { id } label kind=Kind::Primary on_done=done/> })
    };
    let redirect = if row.is_redirecting { "Redirected to HTTPS" } else { "Served over HTTP" };
    view! {
        <PageHead title=main_name(&row) parents=vec![Crumb::new("Certificates", PATH)] state=move || head_badge(state) actions/>
        <Trouble row=row.clone() staff=true/>
        <Facts>
            <Fact label="Customer"><a href=format!("/admin/customers/{}", row.tenant)>{row.tenant_name.clone()}</a></Fact>
            <Fact label="CloudPod"><a href=format!("/admin/cloudpods/{}", row.cloud_pod)>{row.pod_name.clone()}</a></Fact>
            <Fact label="Site names">{row.names.join(", ")}</Fact>
            <Fact label="HTTP visitors">{redirect}</Fact>
        </Facts>
        <div class="mt-4"><Panel title="Certificate in use"><Facts>
            <Fact label="Issuer">{row.issuer.clone().unwrap_or_else(|| "None".to_owned())}</Fact>
            <Fact label="Valid for">{if row.covers.is_empty() { "None".to_owned() } else { row.covers.join(", ") }}</Fact>
            <Fact label="Issued">{date(row.issued_at, "Not yet")}</Fact>
            <Fact label="Valid until">{date(row.not_after, "None")}</Fact>
            <Fact label="Last verified from outside">{date(row.verified_at, "Not yet")}</Fact>
            <Fact label="SHA-256"><span class="wrap-anywhere">{row.fingerprint.clone().unwrap_or_else(|| "None".to_owned())}</span></Fact>
        </Facts></Panel></div>
        <div class="mt-4"><Panel title="Attempts"><Facts>
            <Fact label="Last attempt">{date(row.last_try_at, "Never")}</Fact>
            <Fact label="Next attempt">{date(row.next_try_at, "Not yet")}</Fact>
            <Fact label="Failures in a row">{row.failures}</Fact>
        </Facts></Panel></div>
    }
}
