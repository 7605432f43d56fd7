//! Offers of domains to other accounts: what is offered to one, and the offer of a domain.

use super::server_fns::{AcceptDomain, DeclineDomain, OfferDomain, WithdrawDomainOffer, list_offered_domains};
use app_kit::{prelude::*, time::day};
use leptos_router::hooks::use_navigate;
use model::{
    hosting::domains::{DomainOffer, DomainStatus, DomainView, OfferedDomain},
    ids::DomainId,
    permission::DomainsTransfer,
};

/// The domains that other accounts offer to this one; nothing where there is none.
#[component]
pub(super) fn Offered(slug: String, may: bool) -> impl IntoView {
    let of = slug.clone();
    let data = fetch(|| (), move |()| list_offered_domains(of.clone()));
    let view = move |offers: Vec<OfferedDomain>| {
        let slug = slug.clone();
        (!offers.is_empty()).then(|| {
            let rows = offers.into_iter().map(|offer| view! { <Offer offer slug=slug.clone() may/> }).collect_view();
            view! {
                <div class="mb-4">
                    <Panel title="Offered to you" note="Other accounts want to transfer these domains to this one.">
                        <ul class="grid gap-4">{rows}</ul>
                    </Panel>
                </div>
            }
        })
    };
    view! { <Load data keep=true shape=Shape::Lines view/> }.into_any()
}

#[component]
fn Offer(offer: OfferedDomain, slug: String, may: bool) -> impl IntoView {
    let OfferedDomain { id, display_name: name, from, has_zone, is_signed, expires_at } = offer;
    let along = match (has_zone, is_signed) {
        (false, _) => "The domain has no DNS zone here.",
        (true, false) => "Its DNS zone comes along.",
        (true, true) => "Its DNS zone comes along, with the key that signs it.",
    };
    let actions = may.then(|| {
        let (navigate, to) = (use_navigate(), format!("/t/{slug}/domains"));
        let done = Callback::new(move |domain: DomainId| navigate(&format!("{to}/{domain}"), leptos_router::NavigateOptions::default()));
        let accept = Ask::new(
            format!("Accept {name}?"),
            format!("The domain belongs to this account from now on. {along} Keep its records right from then on."),
        );
        let decline = Ask::new(format!("Decline {name}?"), "The domain stays in the other account, which is told by email.");
        view! {
            <div class="flex flex-wrap gap-2">
                <ActionButton
                    call=AcceptDomain { slug: slug.clone(), offer: id } label="Accept domain" kind=Kind::Primary size=Size::Small
                    ask=accept.label("Accept domain") on_done=done
                />
                <ActionButton call=DeclineDomain { slug, offer: id } label="Decline" size=Size::Small ask=decline.label("Decline domain")/>
            </div>
        }
    });
    view! {
        <li class="grid gap-2">
            <b class="font-mid wrap-anywhere">{name.clone()}</b>
            <p class="text-13 text-2">{format!("From {from}, until {}. {along}", day(expires_at))}</p>
            {actions}
        </li>
    }
    .into_any()
}

/// The offer of a verified domain; where the viewer may, with what makes or ends it.
#[component]
pub(super) fn OfferPanel(domain: Live<DomainView>, scope: Scope, may: bool) -> impl IntoView {
    let Scope::Tenant(slug) = scope else { return ().into_any() };
    let offers = use_viewer().is_some_and(|viewer| viewer.holds_in::<DomainsTransfer>(&slug));
    let (id, name) = (domain.now().domain.id, domain.now().domain.display_name);
    domain
        .show(
            |view| (view.domain.status == DomainStatus::Verified).then(|| view.offer.clone()),
            move |shown| match shown {
                Some(Some(offer)) => view! { <Open offer slug=slug.clone() id may/> }.into_any(),
                Some(None) if offers => view! { <Begin slug=slug.clone() id name=name.clone()/> }.into_any(),
                _ => ().into_any(),
            },
        )
        .into_any()
}

#[component]
fn Open(offer: DomainOffer, slug: String, id: DomainId, may: bool) -> impl IntoView {
    let DomainOffer { account, expires_at, .. } = offer;
    let ask = Ask::new("Withdraw this offer?", "The domain stays in this account.");
    let withdraw = may.then(|| {
        view! { <div><ActionButton call=WithdrawDomainOffer { slug, domain: id } label="Withdraw offer" ask=ask.label("Withdraw offer")/></div> }
    });
    view! {
        <Panel title="Transfer to another account">
            <div class="grid gap-3">
                <div><Badge state=State::Waiting word="Waiting for acceptance"/></div>
                <p class="text-13 text-2">{format!("Offered to {account} until {}. Nothing changes before it is accepted. If no account has this ID or billing email, the offer ends unanswered.", day(expires_at))}</p>
                {withdraw}
            </div>
        </Panel>
    }
    .into_any()
}

#[component]
fn Begin(slug: String, id: DomainId, name: String) -> impl IntoView {
    view! {
        <Panel
            title="Transfer to another account"
            note="The other account has to accept within 14 days. The domain goes over with its DNS zone and the key that signs it; the zone's history doesn't. Remove sites and names of the domain first."
        >
            <Form action=OfferDomain { slug, domain: id, account: String::new(), confirm_name: String::new() } refetch=true>
                <Grid columns=Columns::Pairs>
                    <Input name="account" label="Account" autocomplete="off" help="The account's ID, as in its portal's address after /t/, or its billing email address."/>
                    <Input name="confirm_name" label=format!("Type {name} to confirm") autocomplete="off"/>
                </Grid>
                <div><Submit kind=Kind::DangerOutline>"Offer domain"</Submit></div>
            </Form>
        </Panel>
    }
    .into_any()
}
