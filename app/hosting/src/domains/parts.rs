//! Parts of a domain's page: its proof, and the names that lead to CloudPods.

use super::{
    answers::{NameAnswers, ProofAnswers},
    server_fns::{AddDomainName, CheckDomain, RemoveDomainName, check_domain_names},
};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    hosting::domains::{DomainStatus, DomainView, NameCheck, SiteName},
    ids::{DomainId, JobId, WebsiteId},
    permission::DnsRead,
};

/// Whether the viewer may read DNS zones of this scope.
pub(super) fn may_read_dns(scope: &Scope) -> bool {
    use_viewer().is_some_and(|viewer| match scope {
        Scope::Platform => viewer.holds::<DnsRead>(),
        Scope::Tenant(slug) => viewer.holds_in::<DnsRead>(slug),
    })
}

/// The TXT record to set, and what was found of it.
#[component]
pub(super) fn Proof(domain: Live<DomainView>, scope: Scope, may: bool) -> impl IntoView {
    let now = domain.now();
    let id = now.domain.id;
    let answers = match &scope {
        Scope::Tenant(slug) => Some(view! { <ProofAnswers slug=slug.clone() id/> }),
        Scope::Platform => None,
    };
    let check = move || {
        let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
        domain.show(
            |view| view.domain.status,
            move |status| {
                (may && status == DomainStatus::Pending)
                    .then(|| view! { <ActionButton call=CheckDomain { slug: slug.clone(), id } label="Check now" size=Size::Small/> })
            },
        )
    };
    let lead = domain.show(
        |view| view.domain.status,
        |status| match status {
            DomainStatus::Pending => "Set this record at your DNS provider. It is checked every minute on the first day, then every 15 minutes.",
            DomainStatus::Verified => "Keep this record. Without it, another account that sets one can take the domain over.",
        },
    );
    let found = move || {
        domain.show(
            |view| (view.domain.status, view.finding.clone(), view.domain.checked_at),
            |(status, finding, at)| {
                let (state, word) = if status == DomainStatus::Verified { (State::Ok, "Found") } else { (State::Warning, "Not found yet") };
                let words = finding.unwrap_or_else(|| "Not checked yet.".to_owned());
                view! {
                    <div class="flex flex-wrap items-center gap-x-3 gap-y-1 text-13">
                        <Badge state word=word/>
                        <span class="min-w-0 text-2 wrap-anywhere">{words}</span>
                        {at.map(|at| view! { <span class="text-12 text-3"><Ago at/></span> })}
                    </div>
                }
            },
        )
    };
    view! {
        <Panel title="Ownership" aside=check>
            <p class="text-13 text-2">{lead}</p>
            <dl class="grid gap-3 my-4 text-13">
                <div class="min-w-0"><dt class="text-12 text-3">"Type"</dt><dd>"TXT"</dd></div>
                <div class="min-w-0"><dt class="text-12 text-3">"Name"</dt><dd class="min-w-0"><Copyable text=now.record_name label="Copy the name"/></dd></div>
                <div class="min-w-0"><dt class="text-12 text-3">"Value"</dt><dd class="min-w-0"><Copyable text=now.record_value label="Copy the value"/></dd></div>
            </dl>
            {found}
        </Panel>
        {answers}
    }
}

/// Names at or below the domain that lead to sites, and the form for another one.
#[component]
pub(super) fn Names(domain: Live<DomainView>, scope: Scope, may: bool) -> impl IntoView {
    let id = domain.now().domain.id;
    let staff = scope.is_platform();
    type C = Col<SiteName>;
    let (sites, names) = (scope.clone(), scope.clone());
    let columns = vec![
        C::title("Name", |site| (site.name.clone(), if site.is_main { "Main domain" } else { "" })),
        C::link("Site", move |name| (sites.path(&format!("websites/{}", name.site.id)), name.site.title.clone())),
        C::extra("CloudPod", |name| name.site.pod_name.clone()),
        C::text("Expected address", |site| site.address.clone().unwrap_or_else(|| "No server yet".to_owned())),
        C::actions(
            |site| (site.name.clone(), site.is_main),
            move |(name, is_main)| {
                let Scope::Tenant(slug) = names.clone() else { return ().into_any() };
                if is_main {
                    return ().into_any();
                }
                let ask = Ask::new(format!("Remove {name}?"), "The site will no longer respond to this name.");
                view! { <ActionButton call=RemoveDomainName { slug, name } label="Remove" size=Size::Small ask=ask.label("Remove name")/> }.into_any()
            },
        )
        .when(may && !staff),
    ];
    let rows = domain.map(|view| view.names.clone());
    let (form, zone) = (scope.clone(), scope.path(&format!("domains/{id}/dns")));
    let note = domain.text(|view| match view.has_zone {
        true => "Point each name to the expected address in the DNS zone, with an A or AAAA record.",
        false => "Point each name to the expected address at your DNS provider, with an A or AAAA record.",
    });
    let reads_dns = may_read_dns(&scope);
    let aside = move || {
        let zone = zone.clone();
        domain.show(|view| view.has_zone, move |there| (there && reads_dns).then(|| view! { <a href=zone.clone()>"DNS zone"</a> }))
    };
    view! {
        <Panel title="Names" flush=true note aside>
            <Rows label="Names" columns key=|site| site.name.clone() rows empty="No site responds to a name of this domain yet."/>
        </Panel>
        {match scope {
            Scope::Tenant(slug) => domain.show(
                |view| !view.names.is_empty(),
                move |any| any.then(|| view! { <Checks slug=slug.clone() id/> }),
            ).into_any(),
            Scope::Platform => ().into_any(),
        }}
        {(may && !staff).then(|| domain.show(
            |view| (view.domain.status == DomainStatus::Verified).then(|| (view.domain.name.clone(), view.sites.clone())),
            move |found| found.map(|(name, sites)| {
                let Scope::Tenant(slug) = form.clone() else { return ().into_any() };
                let Some(first) = sites.first().map(|site| site.id) else {
                    return view! { <p class="text-13 text-2">"Order a CloudPod to use this domain."</p> }.into_any();
                };
                let options: Vec<_> = sites.into_iter().map(|site| (site.id.to_string(), format!("{} ({})", site.title, site.pod_name))).collect();
                view! { <AddName slug id domain=name first options scope=form.clone()/> }.into_any()
            }),
        ))}
    }
}

#[component]
fn AddName(slug: String, id: DomainId, domain: String, first: WebsiteId, options: Vec<(String, String)>, scope: Scope) -> impl IntoView {
    let (navigate, toasts) = (use_navigate(), use_toasts());
    let done = Callback::new(move |job: Option<JobId>| match job {
        Some(job) => navigate(&scope.path(&format!("jobs/{job}")), leptos_router::NavigateOptions::default()),
        None => toasts.show(
            State::Ok,
            "Name added",
            "The site responds to it as soon as the CloudPod's current job has ended, or when it is back online.".to_owned(),
        ),
    });
    view! {
        <Panel title="Add a name">
            <Form action=AddDomainName { slug, id, name: String::new(), site: first } on_done=done refetch=true>
                <Grid columns=Columns::Pairs>
                    <Input name="name" label="Name" optional=true autocomplete="off" suffix=format!(".{domain}") help="For example www. Leave empty for the domain itself."/>
                    <Select name="site" label="Site" options/>
                </Grid>
                <div><Submit>"Add name"</Submit></div>
            </Form>
        </Panel>
    }
}

/// Where the names lead, as DNS says.
#[component]
fn Checks(slug: String, id: DomainId) -> impl IntoView {
    let asked = RwSignal::new(0);
    let data = fetch(move || asked.get(), move |_| check_domain_names(slug.clone(), id));
    type C = Col<NameCheck>;
    let state = |check: &NameCheck| match (check.is_right, check.found.is_empty()) {
        (true, _) => (State::Ok, "Correct"),
        (false, true) => (State::Warning, "No address found"),
        (false, false) => (State::Failing, "Points elsewhere"),
    };
    let found = |check: &NameCheck| if check.found.is_empty() { "None".to_owned() } else { check.found.join(", ") };
    let columns = vec![C::title("Name", |check| (check.name.clone(), "")), C::state("Status", state), C::text("Resolves to", found)];
    let again = move || view! { <Button size=Size::Small on:click=move |_| asked.update(|times| *times += 1)>"Check again"</Button> };
    view! {
        <Panel title="DNS check" flush=true note="What the names resolve to now." aside=again>
            <Load data keep=true view={move |checks: Live<Vec<NameCheck>>| view! {
                <Rows label="DNS answers" columns=columns.clone() key=|check| check.name.clone() rows=checks/>
                <NameAnswers checks/>
            }}/>
        </Panel>
    }
}
