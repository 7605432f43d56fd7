//! Registered domains: the list, and the page of one, for staff and customers.

use super::{
    panels::{CancelTransfer, HolderPanel, Leaving, Servers},
    parts::{description, expiry, renewal, status},
    server_fns::{list_own_registrations, list_registrations, read_own_registration, read_registration},
};
use app_kit::{prelude::*, time::day};
use model::{
    administration::accounts::Viewer,
    hosting::registrations::{RegistrationRow, RegistrationStatus, RegistrationView},
    ids::DomainRegistrationId,
    permission::{BillingManage, DomainsTransfer, DomainsWrite, SubscriptionsWrite},
};

/// The panel in which automatic renewal is turned off and on: billing's, for it is the subscription that goes on or ends. It is given the account of
/// a viewer who may.
pub type RenewalPanel = fn(RegistrationView, Option<String>) -> AnyView;

/// `/admin/domains/registrations` and `/t/:slug/domains/registrations`
#[component]
pub fn RegistrationsPage() -> impl IntoView {
    let scope = use_scope();
    let (staff, of, one) = (scope.is_platform(), scope.clone(), scope.clone());
    type C = Col<RegistrationRow>;
    let columns = vec![
        C::name("Domain", move |row| (one.path(&format!("domains/registrations/{}", row.id)), row.display_name.clone(), "")),
        C::state("Status", |row| status(row.status)),
        C::link("Customer", |row| (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone())).when(staff),
        C::text("Expires", |row| expiry(row.expires_at)),
        C::text("Renewal", |row| renewal(row.auto_renew)),
        C::day("Ordered", |row| row.created_at),
    ];
    let data = fetch_list(move |request| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => list_registrations(request).await,
                Scope::Tenant(slug) => list_own_registrations(slug, request).await,
            }
        }
    });
    let note = if staff {
        "Domains that customers have registered here or transferred in."
    } else {
        "Domains that you have registered here or transferred in."
    };
    let states = RegistrationStatus::ALL.iter().map(|one| (one.as_str(), status(*one).1)).collect();
    view! {
        <PageHead title="Registered domains" parents=vec![Crumb::new("Domains", scope.path("domains"))] note=move || note/>
        <Listing
            path=scope.path("domains/registrations") label="Registered domains" data columns key=|row| row.id.to_string() states search="Domain" verb="ordered"
            at=|row| row.created_at empty=("No registered domains yet", "Domains appear here when they are ordered.")
        />
    }
    .into_any()
}

/// `/admin/domains/registrations/:id` and `/t/:slug/domains/registrations/:id`
#[component]
pub fn RegistrationPage(
    /// The panel of automatic renewal.
    renewal: RenewalPanel,
) -> impl IntoView {
    let scope = use_scope();
    let of = scope.clone();
    let data = fetch_one("id", "Registration not found.", move |id: DomainRegistrationId| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => read_registration(id).await,
                Scope::Tenant(slug) => read_own_registration(slug, id).await,
            }
        }
    });
    view! { <Load data view={move |view: RegistrationView| view! { <Registration view scope=scope.clone() renewal/> }}/> }.into_any()
}

#[component]
fn Registration(view: RegistrationView, scope: Scope, renewal: RenewalPanel) -> impl IntoView {
    let row = view.row.clone();
    let slug = match &scope {
        Scope::Platform => None,
        Scope::Tenant(slug) => Some(slug.clone()),
    };
    let is_registered = row.status == RegistrationStatus::Active;
    let holds =
        |check: fn(&Viewer, &str) -> bool| slug.as_deref().filter(|slug| use_viewer().is_some_and(|viewer| check(&viewer, slug))).map(str::to_owned);
    let writes = holds(|viewer, slug| viewer.holds_in::<DomainsWrite>(slug)).filter(|_| is_registered);
    let is_deleted = row.status == RegistrationStatus::Redemption;
    let renews = holds(|viewer, slug| viewer.holds_in::<SubscriptionsWrite>(slug)).filter(|_| is_registered || is_deleted);
    let cancels = holds(|viewer, slug| viewer.holds_in::<DomainsTransfer>(slug)).filter(|_| row.status == RegistrationStatus::Transferring);
    let leaves = holds(|viewer, slug| viewer.holds_in::<DomainsTransfer>(slug)).filter(|_| is_registered);
    let to_pay = view.open_invoice.filter(|_| holds(|viewer, slug| viewer.holds_in::<BillingManage>(slug)).is_some());
    let invoice = to_pay.map(|invoice| scope.path(&format!("invoices/{invoice}")));
    let pay = move || invoice.clone().map(|href| view! { <LinkButton href kind=Kind::Primary>"Pay invoice"</LinkButton> });
    let parents = vec![Crumb::new("Domains", scope.path("domains")), Crumb::new("Registered domains", scope.path("domains/registrations"))];
    view! {
        <PageHead title=row.display_name.clone() parents state=move || head_badge(status(row.status)) actions=pay/>
        <Notices view=view.clone() scope=scope.clone()/>
        <About view=view.clone() scope/>
        <div class="grid gap-4 mt-4 max-w-[960px]">
            {renewal(view.clone(), renews)}
            {cancels.map(|slug| view! { <CancelTransfer view=view.clone() slug/> })}
            <Servers view=view.clone() slug=writes.clone()/>
            <HolderPanel view=view.clone() slug=writes.clone()/>
            <Leaving view slug=writes code=leaves/>
        </div>
    }
    .into_any()
}

/// What has happened and what happens next.
#[component]
fn Notices(view: RegistrationView, scope: Scope) -> impl IntoView {
    let failure = view.failure.clone().map(|reason| view! { <Banner notice=Notice::Failing boxed=true>{reason}</Banner> });
    let text = description(view.row.kind, view.row.status).map(|text| view! { <Banner notice=Notice::Info boxed=true>{text}</Banner> });
    let transfer = view.transfer.clone().map(|transfer| {
        let until = transfer.decides_at.map(|at| format!(" Without an answer it is decided on {}.", day(at))).unwrap_or_default();
        let text = if transfer.is_cancelling {
            "The cancellation of the transfer was sent to the registry. If the transfer was approved before that, the domain comes to your account anyway.".to_owned()
        } else if transfer.is_outgoing {
            "Another registrar has asked for this domain. Contact us at once if you don't want that.".to_owned()
        } else {
            format!("The transfer was requested.{until}")
        };
        view! { <Banner notice=if transfer.is_outgoing { Notice::Failing } else { Notice::Info } boxed=true>{text}</Banner> }
    });
    let deletion = view.deletes_at.map(|at| {
        let text = format!("The registration has ended and its renewal is not paid. The domain is deleted at the registry on {}.", day(at));
        view! { <Banner notice=Notice::Failing boxed=true>{text}</Banner> }
    });
    let differences =
        view.differences.clone().into_iter().map(|line| view! { <Banner notice=Notice::Info boxed=true>{line}</Banner> }).collect_view();
    let job = view.job.map(|job| view! { <p class="text-13"><a href=scope.path(&format!("jobs/{job}"))>"View the job"</a></p> });
    view! { <div class="grid gap-2 mb-4">{failure}{text}{deletion}{transfer}{differences}{job}</div> }.into_any()
}

#[component]
fn About(view: RegistrationView, scope: Scope) -> impl IntoView {
    let row = view.row;
    let customer = scope.is_platform().then(|| {
        view! { <Fact label="Customer"><a href=format!("/admin/customers/{}", row.tenant)>{row.tenant_name.clone()}</a></Fact> }
    });
    let domain = view.domain.map(|id| {
        let href = scope.path(&format!("domains/{id}"));
        view! { <Fact label="Domain"><a href=href>"Names and DNS"</a></Fact> }
    });
    let subscription = scope.path(&format!("subscriptions/{}", view.subscription));
    view! {
        <Facts>
            {customer}
            <Fact label="Expires">{expiry(row.expires_at)}</Fact>
            <Fact label="Renewal">{renewal(row.auto_renew)}</Fact>
            <Fact label="Transfer lock">{if view.is_locked { "On" } else { "Off" }}</Fact>
            <Fact label="Subscription"><a href=subscription>"View"</a></Fact>
            {domain}
            <Fact label="Checked at the registry">{match view.checked_at { Some(at) => view! { <At at whole=true/> }.into_any(), None => "Not yet".into_any() }}</Fact>
        </Facts>
    }
    .into_any()
}
