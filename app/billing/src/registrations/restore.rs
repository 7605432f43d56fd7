//! Restoring a deleted domain, or renewing one whose subscription has ended: what it costs, until when it can be, and the order.

use super::server_fns::{OrderDomainRestore, quote_domain_restore};
use app_kit::{prelude::*, time::day};
use leptos_router::hooks::use_navigate;
use model::{
    hosting::registrations::{OrderedDomain, RegistrationStatus, RegistrationView, RestoreInput, RestoreQuote},
    ids::DomainRegistrationId,
    money::Money,
};

/// The panel of a domain that nobody pays for any more, for a viewer who may order.
#[component]
pub(super) fn Restore(view: RegistrationView, slug: String) -> impl IntoView {
    let (id, of) = (view.row.id, slug.clone());
    let title = if view.row.status == RegistrationStatus::Redemption { "Restore domain" } else { "Renew domain" };
    let data = fetch(|| (), move |()| quote_domain_restore(of.clone(), id));
    let view = move |quote: Option<RestoreQuote>| match quote {
        Some(quote) => view! { <Offer slug=slug.clone() id quote/> }.into_any(),
        None => view! { <p class="text-13 text-2">"This domain can't be ordered here. Contact support."</p> }.into_any(),
    };
    view! { <Panel title><Load data shape=Shape::Lines view/></Panel> }.into_any()
}

#[component]
fn Offer(slug: String, id: DomainRegistrationId, quote: RestoreQuote) -> impl IntoView {
    let (navigate, base) = (use_navigate(), format!("/t/{slug}"));
    let done = Callback::new(move |ordered: OrderedDomain| {
        navigate(&format!("{base}/domains/registrations/{}", ordered.registration), leptos_router::NavigateOptions::default());
    });
    let is_deleted = quote.fee.is_some();
    let until = match quote.restorable_until {
        Some(at) => format!("The registry keeps the domain for you until about {}. After that anybody can register it.", day(at)),
        None if is_deleted => "The registry keeps the domain for you for about 30 days after its deletion.".to_owned(),
        None => "The subscription of this domain has ended. It can be renewed while the registry has it.".to_owned(),
    };
    let (verb, order) = if is_deleted { ("restore", "Order restoration") } else { ("renew", "Order renewal") };
    let label = if quote.due.minor > 0 && quote.method.is_some() { format!("Pay {} and {verb}", quote.due) } else { order.to_owned() };
    let paid = match &quote.method {
        _ if quote.due.minor == 0 => "Nothing is due today.".to_owned(),
        Some(method) => format!("{} is charged now.", method.label()),
        None => "No card is saved: you pay the invoice on the next page.".to_owned(),
    };
    let ask = Ask::new(
        format!("{order}: {}?", quote.display_name),
        format!(
            "{paid} The registry is asked once it is paid. If the registry refuses, what you paid is refunded to your card or becomes account credit."
        ),
    );
    let input = RestoreInput { total: quote.total.minor, due: quote.due.minor, total_then: quote.total_then.minor };
    let credit = Money::new(-quote.credit_used.minor, quote.credit_used.currency).to_string();
    let renewal = format!("One year, until {}", day(quote.expires_at));
    view! {
        <p class="text-13 text-2 mb-3">{until}</p>
        <Sum label="Order">
            {quote.fee.map(|fee| view! { <SumRow label="Restore fee" amount=fee.to_string()/> })}
            <SumRow label="Renewal" note=renewal amount=quote.renewal.to_string()/>
            <SumRow label=crate::tax_label(quote.tax_rate_bp) amount=quote.tax.to_string()/>
            {(quote.credit_used.minor > 0).then(|| view! { <SumRow label="Account credit" amount=credit/> })}
            <SumRow label="Due today" note=paid amount=quote.due.to_string() kind=SumKind::Total/>
        </Sum>
        <p class="mt-2 mb-3 text-13 text-2">{format!("Each further year: {} with VAT.", quote.total_then)}</p>
        <ActionButton call=OrderDomainRestore { slug, id, input } label kind=Kind::Primary ask=ask.label(order) on_done=done/>
    }
    .into_any()
}
