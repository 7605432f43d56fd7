//! Domains: the list, connecting one, and the page of one, for staff and customers.

use super::{
    offers::{OfferPanel, Offered},
    parts::{Names, Proof, may_read_dns},
    server_fns::{ConnectDomain, DisconnectDomain, list_domains, list_own_domains, read_domain, read_own_domain},
    steps::{ConnectSteps, DomainSteps},
};
use crate::registrations::{Links, Registered};
use app_kit::{prelude::*, time::day};
use leptos_router::hooks::use_navigate;
use model::{
    hosting::domains::{DomainRow, DomainStatus, DomainView},
    ids::DomainId,
    permission::DomainsWrite,
};

fn status(status: DomainStatus) -> (State, &'static str) {
    match status {
        DomainStatus::Pending => (State::Warning, "Waiting for DNS"),
        DomainStatus::Verified => (State::Ok, "Verified"),
    }
}

/// What is used of it.
fn used(row: &DomainRow) -> String {
    match row.used {
        0 => "Not used".to_owned(),
        1 => "1 name".to_owned(),
        count => format!("{count} names"),
    }
}

/// Whether the viewer may change domains of this scope.
fn may_write(scope: &Scope) -> bool {
    use_viewer().is_some_and(|viewer| match scope {
        Scope::Platform => false,
        Scope::Tenant(slug) => viewer.holds_in::<DomainsWrite>(slug),
    })
}

/// `/admin/domains` and `/t/:slug/domains`
#[component]
pub fn DomainsPage() -> impl IntoView {
    let scope = use_scope();
    let (staff, of, one) = (scope.is_platform(), scope.clone(), scope.clone());
    type C = Col<DomainRow>;
    let columns = vec![
        C::name("Domain", move |row| (one.path(&format!("domains/{}", row.id)), row.display_name.clone(), "")),
        C::state("Status", |row| status(row.status)),
        C::link("Customer", |row| (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone())).when(staff),
        C::text("Use", used),
        C::ago("Last checked", "Not yet", |row| row.checked_at),
    ];
    let data = fetch_list(move |request| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => list_domains(request).await,
                Scope::Tenant(slug) => list_own_domains(slug, request).await,
            }
        }
    });
    let may = may_write(&scope);
    let offered = match &scope {
        Scope::Tenant(slug) => Some(slug.clone()),
        Scope::Platform => None,
    };
    let to = scope.path("domains/connect");
    let connect = move || may.then(|| view! { <LinkButton href=to.clone() kind=Kind::Primary icon=Symbol::Plus>"Connect domain"</LinkButton> });
    let note = if staff { "Domains that customers have connected." } else { "Your own domains, for your CloudPods." };
    let empty = if staff { "Domains appear here when customers connect them." } else { "Connect a domain to use it for your CloudPods." };
    let states = DomainStatus::ALL.iter().map(|one| (one.as_str(), status(*one).1)).collect();
    view! {
        <PageHead title="Domains" note=move || note actions=connect.clone()/>
        <Links scope=scope.clone()/>
        {offered.map(|slug| view! { <Offered slug may/> })}
        <Listing
            path=scope.path("domains") label="Domains" data columns key=|row| row.id.to_string() states search="Domain" verb="connected"
            at=|row| row.created_at empty=("No domains yet", empty) fill=connect
        />
    }
    .into_any()
}

/// `/t/:slug/domains/connect`
#[component]
pub fn ConnectDomainPage() -> impl IntoView {
    let scope = use_scope();
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    let navigate = use_navigate();
    let to = scope.clone();
    let done = Callback::new(move |id: DomainId| navigate(&to.path(&format!("domains/{id}")), leptos_router::NavigateOptions::default()));
    view! {
        <PageHead title="Connect a domain" parents=vec![Crumb::new("Domains", scope.path("domains"))]/>
        <ConnectSteps flow=Flow::At(0)/>
        <div class="max-w-[760px]"><Panel title="Domain" note="You verify that it is yours on the next page. It stays at your current DNS provider.">
            <Form action=ConnectDomain { slug, name: String::new() } on_done=done>
                <Input name="name" label="Domain" autocomplete="off" placeholder="northpier.example" help="The domain you own, without www."/>
                <div><Submit>"Connect domain"</Submit></div>
            </Form>
        </Panel></div>
    }
    .into_any()
}

/// `/admin/domains/:id` and `/t/:slug/domains/:id`
#[component]
pub fn DomainPage() -> impl IntoView {
    let scope = use_scope();
    let of = scope.clone();
    let data = fetch_one("id", "Domain not found.", move |id| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => read_domain(id).await,
                Scope::Tenant(slug) => read_own_domain(slug, id).await,
            }
        }
    });
    view! { <Load data view={move |domain: Live<DomainView>| view! { <Domain domain scope=scope.clone()/> }}/> }.into_any()
}

#[component]
fn Domain(domain: Live<DomainView>, scope: Scope) -> impl IntoView {
    let (staff, may) = (scope.is_platform(), may_write(&scope));
    let (id, name) = (domain.now().domain.id, domain.now().domain.display_name);
    let of = scope.clone();
    let reads_dns = may_read_dns(&scope);
    let actions = move || {
        let dns = of.path(&format!("domains/{id}/dns"));
        let link = reads_dns.then(|| view! { <LinkButton href=dns>{if staff { "View DNS" } else { "Manage DNS" }}</LinkButton> });
        let Scope::Tenant(slug) = of.clone() else { return link.into_any() };
        if !may {
            return link.into_any();
        }
        let (navigate, list) = (use_navigate(), of.path("domains"));
        let done = Callback::new(move |()| navigate(&list, leptos_router::NavigateOptions::default()));
        let ask = Ask::new(format!("Disconnect {name}?"), "You can connect and verify it again. Main domains of CloudPods stay as they are.");
        view! {
            {link}
            <ActionButton call=DisconnectDomain { slug, id } label="Disconnect domain" ask=ask.label("Disconnect domain") on_done=done/>
        }
        .into_any()
    };
    let note = move || {
        domain.show(
            |view| (view.expires_at, view.verified_at),
            |(expires, verified)| match (expires, verified) {
                (Some(at), _) => format!("Expires on {} unless it is verified.", day(at)),
                (_, Some(at)) => format!("Verified on {}.", day(at)),
                (None, None) => String::new(),
            },
        )
    };
    let (proof, offer, registered) = (scope.clone(), scope.clone(), scope.clone());
    view! {
        <PageHead
            title=domain.text(|view| view.domain.display_name.clone()) parents=vec![Crumb::new("Domains", scope.path("domains"))]
            state=move || domain.show(|view| view.domain.status, |at| head_badge(status(at))) note actions
        />
        {(!staff).then(|| view! { <DomainSteps domain/> })}
        {staff.then(|| view! {
            <Facts>
                <Fact label="Customer">{domain.show(
                    |view| (view.domain.tenant, view.domain.tenant_name.clone()),
                    |(id, name)| view! { <a href=format!("/admin/customers/{id}")>{name}</a> },
                )}</Fact>
                <Fact label="Connected">{domain.show(|view| view.domain.created_at, |at| view! { <At at whole=true/> })}</Fact>
            </Facts>
        })}
        <div class="grid gap-4 mt-4 max-w-[960px]">
            {domain.show(
                |view| view.registration,
                move |registration| registration.map(|registration| view! { <Registered registration scope=registered.clone()/> }),
            )}
            // A domain that is registered here counts as proved without a record.
            {domain.show(
                |view| view.registration.is_none() || view.domain.status == DomainStatus::Pending,
                move |shown| shown.then(|| view! { <Proof domain scope=proof.clone() may/> }),
            )}
            {domain.show(
                |view| view.domain.status == DomainStatus::Verified || !view.names.is_empty(),
                move |shown| shown.then(|| view! { <Names domain scope=scope.clone() may/> }),
            )}
            <OfferPanel domain scope=offer may/>
        </div>
    }
    .into_any()
}
