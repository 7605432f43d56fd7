//! Certificates: the lists for staff and customers, one of them, and installing one of one's own.

use super::{
    parts::{Trouble, date, remedy, status, visitors},
    platform::PlatformCertificates,
    server_fns::{
        CreateCertificateCsr, InstallCertificate, IssueCertificate, IssueOwnCertificate, SetCertificateHsts, list_certificates,
        list_own_certificates, read_certificate, read_own_certificate,
    },
    setup::{Setup, Wildcards},
};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    hosting::certificates::{CertificateRow, CertificateStatus, Hsts, Verification},
    ids::JobId,
    permission::SslManage,
};

fn main_name(row: &CertificateRow) -> String {
    row.state.names.first().cloned().unwrap_or_else(|| row.pod_name.clone())
}

/// How many names it is for beside the main one.
fn more_names(row: &CertificateRow) -> String {
    match row.state.names.len() {
        0 | 1 => String::new(),
        count => format!("and {} more", count - 1),
    }
}

/// `/admin/certificates` and `/t/:slug/certificates`
#[component]
pub fn CertificatesPage() -> impl IntoView {
    let scope = use_scope();
    let (staff, of, one, pod) = (scope.is_platform(), scope.clone(), scope.clone(), scope.clone());
    type C = Col<CertificateRow>;
    let columns = vec![
        C::name("Names", move |row| (one.path(&format!("certificates/{}", row.id)), main_name(row), more_names(row))),
        C::state("Status", status),
        C::link("Customer", |row| (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone())).when(staff),
        C::link("CloudPod", move |row| (pod.path(&format!("cloudpods/{}", row.cloud_pod)), row.pod_name.clone())).when(!staff),
        C::text("Issuer", |row| row.state.issuer.clone().unwrap_or_else(|| "None".to_owned())),
        C::of(Column::Text, "Valid until", |row| row.state.not_after, |at| date(at, "None")),
        C::of(
            Column::Text,
            "Problem",
            move |row| row.state.failure.clone().map(|failure| (failure, remedy(row, staff))),
            |problem: Option<(String, String)>| match problem {
                Some((failure, remedy)) => {
                    view! { <span class="block min-w-0 wrap-anywhere">{failure}<span class="block text-12 text-3">{remedy}</span></span> }.into_any()
                }
                None => "None".into_any(),
            },
        ),
        C::ago("Last attempt", "Never", |row| row.state.last_try_at),
        C::of(Column::Text, "Next attempt", |row| row.state.next_try_at, |at| date(at, "Not yet")),
    ];
    let states = CertificateStatus::ALL.iter().map(|status| (status.as_str(), status.title())).collect();
    let data = fetch_list(move |request| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => list_certificates(request).await,
                Scope::Tenant(slug) => list_own_certificates(slug, request).await,
            }
        }
    });
    let (note, empty) = match staff {
        true => (
            "Issued and renewed automatically once a site's names point to its server.",
            "Sites are checked once a certificate authority is configured (acme.directory_url) and a CloudPod is running.",
        ),
        // Where no certificates are issued nothing links here, and the text must not promise one to a visitor who types the address.
        false => ("For the names of your sites.", "A certificate appears here once the names of a site have been checked."),
    };
    view! {
        <PageHead title="Certificates" note=move || note/>
        {staff.then(|| view! { <PlatformCertificates/> })}
        <Listing
            path=scope.path("certificates") label="Certificates" data columns key=|row| row.id.to_string() states search="Name"
            verb="added" at=|row| row.created_at empty=("No certificates yet", empty)
        />
    }
    .into_any()
}

/// Whether the viewer may change certificates of this scope.
fn may_manage(scope: &Scope) -> bool {
    use_viewer().is_some_and(|viewer| match scope {
        Scope::Platform => viewer.holds::<SslManage>(),
        Scope::Tenant(slug) => viewer.holds_in::<SslManage>(slug),
    })
}

/// Leads to the job that was started.
fn to_job(scope: &Scope) -> Callback<JobId> {
    let (navigate, scope) = (use_navigate(), scope.clone());
    Callback::new(move |job: JobId| navigate(&scope.path(&format!("jobs/{job}")), leptos_router::NavigateOptions::default()))
}

/// To the list of all.
fn parent(scope: &Scope) -> Crumb {
    Crumb::new("Certificates", scope.path("certificates"))
}

/// `/admin/certificates/:id` and `/t/:slug/certificates/:id`
#[component]
pub fn CertificatePage() -> impl IntoView {
    let scope = use_scope();
    let of = scope.clone();
    let data = fetch_one("id", "Certificate not found.", move |id| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => read_certificate(id).await,
                Scope::Tenant(slug) => read_own_certificate(slug, id).await,
            }
        }
    });
    view! { <Load data view=move |row: CertificateRow| view! { <Certificate row scope=scope.clone()/> }/> }.into_any()
}

#[component]
fn Certificate(row: CertificateRow, scope: Scope) -> impl IntoView {
    let (state, id, may) = (status(&row), row.id, may_manage(&scope));
    let (is_first, is_own, over_http) = (row.state.not_after.is_none(), row.is_own, visitors(&row));
    let of = scope.clone();
    let actions = move || {
        if !may {
            return ().into_any();
        }
        let (label, on_done) = (if is_first { "Issue certificate" } else { "Renew now" }, to_job(&of));
        match of.clone() {
            Scope::Platform => view! { <ActionButton call=IssueCertificate { id } label kind=Kind::Primary on_done/> }.into_any(),
            Scope::Tenant(slug) => {
                let label = if is_own { "Switch to automatic certificate" } else { label };
                let own = of.path(&format!("certificates/{id}/install"));
                view! {
                    <ActionButton call=IssueOwnCertificate { slug, id } label on_done/>
                    <LinkButton href=own>"Install certificate"</LinkButton>
                }
                .into_any()
            }
        }
    };
    let customer = scope.is_platform().then(|| {
        let (href, name) = (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone());
        view! { <Fact label="Customer"><a href=href>{name}</a></Fact> }
    });
    let issuer = match (&row.state.issuer, row.is_own) {
        (Some(issuer), true) => format!("{issuer} (installed by the customer)"),
        (Some(issuer), false) if row.is_platform => format!("{issuer} (shared by all platform domains)"),
        (Some(issuer), false) => issuer.clone(),
        (None, _) => "None".to_owned(),
    };
    let hsts = match &scope {
        Scope::Tenant(slug) if may && row.is_redirecting => Some(view! { <HstsForm row=row.clone() slug=slug.clone() scope=scope.clone()/> }),
        _ => None,
    };
    let of_customer = match &scope {
        Scope::Tenant(slug) => Some(view! {
            {may.then(|| view! { <Wildcards row=row.clone() slug=slug.clone()/> })}
            <Setup row=row.clone() slug=slug.clone()/>
        }),
        Scope::Platform => None,
    };
    view! {
        <PageHead title=main_name(&row) parents=vec![parent(&scope)] state=move || head_badge(state) actions/>
        <Trouble row=row.clone() staff=scope.is_platform()/>
        <Facts>
            {customer}
            <Fact label="CloudPod"><a href=scope.path(&format!("cloudpods/{}", row.cloud_pod))>{row.pod_name.clone()}</a></Fact>
            <Fact label="Site names">{row.state.names.join(", ")}</Fact>
            <Fact label="HTTP visitors">{over_http}</Fact>
            <Fact label="HSTS">{row.hsts.unwrap_or(Hsts::Off).title()}</Fact>
        </Facts>
        <div class="grid gap-4 mt-4">
            <Panel title="Certificate in use"><Facts>
                <Fact label="Issuer">{issuer}</Fact>
                <Fact label="Valid for">{if row.state.covers.is_empty() { "None".to_owned() } else { row.state.covers.join(", ") }}</Fact>
                <Fact label="Names verified by">{row.verification.map_or("None", Verification::title)}</Fact>
                <Fact label="Issued">{date(row.state.issued_at, "Not yet")}</Fact>
                <Fact label="Valid until">{date(row.state.not_after, "None")}</Fact>
                <Fact label="Last verified from outside">{date(row.state.verified_at, "Not yet")}</Fact>
                <Fact label="SHA-256"><span class="wrap-anywhere">{row.state.fingerprint.clone().unwrap_or_else(|| "None".to_owned())}</span></Fact>
            </Facts></Panel>
            {hsts}
            {of_customer}
            <Panel title="Attempts"><Facts>
                <Fact label="Last attempt">{date(row.state.last_try_at, "Never")}</Fact>
                <Fact label=if is_own { "Automatic replacement" } else { "Next attempt" }>{date(row.state.next_try_at, "Not yet")}</Fact>
                <Fact label="Failures in a row">{row.state.failures}</Fact>
            </Facts></Panel>
        </div>
    }
}

/// For how long browsers insist on HTTPS, and the way back.
#[component]
fn HstsForm(row: CertificateRow, slug: String, scope: Scope) -> impl IntoView {
    let options: Vec<(String, String)> = Hsts::ALL.iter().map(|choice| (choice.as_str().to_owned(), choice.title().to_owned())).collect();
    let (id, now) = (row.id, row.hsts.unwrap_or(Hsts::Off));
    view! {
        <Panel title="HSTS" note="For this long, browsers that have visited the site open it only over HTTPS.">
            <Form action=SetCertificateHsts { slug, id, hsts: now } on_done=to_job(&scope)>
                <Select
                    name="hsts" label="Duration" options value=now.as_str()
                    help="Start with 1 day. To undo, select Off and keep HTTPS working: browsers forget it on their next visit."
                />
                <div><Submit>"Save"</Submit></div>
            </Form>
        </Panel>
    }
}

/// The signing request for a certificate that the customer buys elsewhere.
#[component]
fn Csr(row: CertificateRow, slug: String) -> impl IntoView {
    let (id, name) = (row.id, main_name(&row));
    let create = move |label: &'static str, ask: Option<Ask>| {
        let call = CreateCertificateCsr { slug: slug.clone(), id };
        match ask {
            Some(ask) => view! { <ActionButton call label ask/> }.into_any(),
            None => view! { <ActionButton call label/> }.into_any(),
        }
    };
    let current = match row.csr {
        Some(csr) => {
            let letters = csr.replace('+', "%2B").replace('\n', "%0A").replace(' ', "%20");
            let ask = Ask::new(
                "Create a new CSR?",
                "Its private key replaces the current one. A certificate issued for the current CSR can then be installed only with a key of your own.",
            );
            view! {
                <Facts><Fact label="Created">{date(row.csr_at, "Not yet")}</Fact></Facts>
                <div class="my-3 whitespace-pre-wrap wrap-anywhere font-mono text-12"><Copyable text=csr label="Copy the CSR" whole=true/></div>
                <div class="flex gap-3 items-center">
                    <a href=format!("data:application/pkcs10,{letters}") download=format!("{name}.csr")>"Download"</a>
                    {create("Create new CSR", Some(ask))}
                </div>
            }
            .into_any()
        }
        None => create("Create CSR", None),
    };
    view! {
        <Panel title="Certificate signing request (CSR)" note="For a certificate that you buy elsewhere. Its private key stays here, encrypted.">
            {current}
        </Panel>
    }
    .into_any()
}

/// `/t/:slug/certificates/:id/install`
#[component]
pub fn InstallCertificatePage() -> impl IntoView {
    let scope = use_scope();
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    let of = slug.clone();
    let data = fetch_one("id", "Certificate not found.", move |id| read_own_certificate(of.clone(), id));
    let form = move |row: CertificateRow| {
        let scope = scope.clone();
        let back = Crumb::new(main_name(&row), scope.path(&format!("certificates/{}", row.id)));
        let action = InstallCertificate { slug: slug.clone(), id: row.id, chain: String::new(), key: String::new() };
        let done = to_job(&scope);
        let names = format!(
            "The certificate must be valid for {}. It replaces the current one only after we have verified it from outside.",
            row.state.names.join(", ")
        );
        view! {
            <PageHead title="Install a certificate" parents=vec![parent(&scope), back]/>
            <div class="grid gap-4 max-w-[760px]"><Csr row=row.clone() slug=slug.clone()/><Panel title="Certificate" note=names>
                <Form action on_done=done>
                    <Textarea name="chain" label="Certificate and chain" rows=8 help="In PEM: your certificate first, then those of its authority."/>
                    <Textarea name="key" label="Private key" rows=6 help="PEM (PKCS #8), unencrypted. Stored encrypted and never shown again. Leave empty for a certificate issued for the CSR above."/>
                    <div><Submit>"Install certificate"</Submit></div>
                </Form>
            </Panel></div>
        }
    };
    view! { <Load data view=form/> }.into_any()
}
