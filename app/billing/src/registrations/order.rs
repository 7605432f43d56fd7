//! Ordering a domain: look for a name, see what it costs, say who will hold it, and pay; or bring one here with its code.

use super::server_fns::{OrderDomain, SearchDomains, quote_domain};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    hosting::registrations::{DomainOrderInput, DomainQuote, FoundName, NameAvailability, OrderedDomain},
    money::Money,
};

/// The steps of an order, where domains are sold.
#[component]
pub fn OrderDomainSteps(
    /// The account.
    slug: String,
    /// Whether the domain comes from another registrar.
    is_transfer: bool,
    /// The fields of the holder, which are called `input[holder][...]`.
    #[prop(into)]
    holder: ViewFn,
) -> impl IntoView {
    // What is ordered, and how often something was chosen: the same name chosen again has another quote.
    let (chosen, last) = (RwSignal::new(None::<FoundName>), RwSignal::new(None::<(FoundName, u32)>));
    let choose = Callback::new(move |name: FoundName| {
        last.update(|last| *last = Some((name.clone(), last.as_ref().map_or(0, |(_, times)| times + 1))));
        chosen.set(Some(name));
    });
    let back = Callback::new(move |()| chosen.set(None));
    let is_begun = Memo::new(move |_| last.with(Option::is_some));
    let is_ordering = Memo::new(move |_| chosen.with(Option::is_some));
    let steps = vec![FlowStep::new("Domain"), FlowStep::new("Holder and payment")];
    let flow = Signal::derive(move || Flow::At(usize::from(is_ordering.get())));
    let of = slug.clone();
    view! {
        <Stepper label="Order steps" steps flow/>
        <div class="grid gap-4 max-w-[760px]">
            <div hidden=move || is_ordering.get()><div class="grid gap-4"><Search slug is_transfer choose/></div></div>
            // Whoever goes back finds again what was typed.
            <div hidden=move || !is_ordering.get()>
                {move || is_begun.get().then(|| view! { <Order slug=of.clone() is_transfer last back holder=holder.clone()/> })}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Search(slug: String, is_transfer: bool, choose: Callback<FoundName>) -> impl IntoView {
    let found = RwSignal::new(None::<Vec<FoundName>>);
    let done = Callback::new(move |names: Vec<FoundName>| found.set(Some(names)));
    let (title, note, label) = if is_transfer {
        (
            "Domain",
            "A transfer adds one year. Unlock the domain at your current registrar and ask it for the authorization code first.",
            "Find domain",
        )
    } else {
        ("Find a domain", "You pay for the first year now. Later years are invoiced 30 days ahead.", "Search")
    };
    let example = if is_transfer { "northpier.example" } else { "northpier" };
    view! {
        <Panel title note>
            <Form action=SearchDomains { slug, query: String::new(), is_transfer: Some(is_transfer) } on_done=done>
                <Input name="query" label="Domain" autocomplete="off" placeholder=example/>
                <div><Submit>{label}</Submit></div>
            </Form>
        </Panel>
        {move || found.get().map(|names| view! { <Results names is_transfer choose/> })}
    }
    .into_any()
}

#[component]
fn Results(names: Vec<FoundName>, is_transfer: bool, choose: Callback<FoundName>) -> impl IntoView {
    if names.is_empty() {
        return view! { <Panel title="Results"><p class="text-13 text-2" role="status">"No domain with this name can be had here. Try another name."</p></Panel> }.into_any();
    }
    let row = move |name: FoundName| {
        let obstacle = obstacle(name.availability, is_transfer);
        let price = price(&name, is_transfer);
        let text =
            if is_transfer { format!("{price} with one more year") } else { format!("{price} for the first year, then {} a year", name.renew) };
        let label = if is_transfer { "Transfer" } else { "Order" };
        let shown = name.display_name.clone();
        view! {
            <li class="flex flex-wrap items-center justify-between gap-3">
                <div class="grid gap-1">
                    <b class="font-mid wrap-anywhere">{shown.clone()}</b>
                    <span class="text-13 text-2 num">{obstacle.map_or(text, str::to_owned)}</span>
                </div>
                {obstacle.is_none().then(|| view! {
                    <Button kind=Kind::Primary size=Size::Small on:click=move |_| choose.run(name.clone())>{label}<span class="sr-only">{format!(" {shown}")}</span></Button>
                })}
            </li>
        }
    };
    view! { <Panel title="Results" note="Prices exclude VAT."><ul class="grid gap-4" role="status">{names.into_iter().map(row).collect_view()}</ul></Panel> }
        .into_any()
}

/// Why a name cannot be ordered, or brought here.
const fn obstacle(availability: NameAvailability, is_transfer: bool) -> Option<&'static str> {
    match (availability, is_transfer) {
        (NameAvailability::Available, false) | (NameAvailability::Taken, true) => None,
        (NameAvailability::Available, true) => Some("Nobody has registered this domain yet. Register it instead."),
        (NameAvailability::Taken, false) => Some("This domain is taken. If it is yours, you can transfer it here."),
        (NameAvailability::Premium, _) => Some("The registry asks a special price for this name; it can't be ordered here."),
        (NameAvailability::Unknown, _) => Some("The registry did not answer for this name. Try again later."),
    }
}

fn price(name: &FoundName, is_transfer: bool) -> Money {
    if is_transfer { name.transfer } else { name.register }
}

/// What was chosen: what it costs, and who holds it.
#[component]
fn Order(slug: String, is_transfer: bool, last: RwSignal<Option<(FoundName, u32)>>, back: Callback<()>, holder: ViewFn) -> impl IntoView {
    let of = slug.clone();
    let key = move || last.get().map(|(name, times)| (name.name, times)).unwrap_or_default();
    let data = fetch(key, move |(domain, _)| quote_domain(of.clone(), domain, Some(is_transfer)));
    let view = move |quote: Live<DomainQuote>| view! { <OrderForm slug=slug.clone() is_transfer last quote back holder=holder.clone()/> };
    view! { <Load data keep=true view/> }.into_any()
}

#[component]
fn OrderForm(
    slug: String,
    is_transfer: bool,
    last: RwSignal<Option<(FoundName, u32)>>,
    quote: Live<DomainQuote>,
    back: Callback<()>,
    holder: ViewFn,
) -> impl IntoView {
    let (navigate, base) = (use_navigate(), format!("/t/{slug}"));
    let done = Callback::new(move |ordered: OrderedDomain| {
        navigate(&format!("{base}/domains/registrations/{}", ordered.registration), leptos_router::NavigateOptions::default());
    });
    let input = DomainOrderInput { is_transfer, holder: quote.now().holder, ..DomainOrderInput::default() };
    let domain = Signal::derive(move || last.get().map(|(name, _)| name.name).unwrap_or_default());
    let what = if is_transfer { "order transfer" } else { "order" };
    let label = move || {
        quote.with(|quote| match quote.method {
            Some(_) if quote.due.minor > 0 => format!("Pay {} and {what}", quote.due),
            _ if is_transfer => "Order transfer".to_owned(),
            _ => "Order domain".to_owned(),
        })
    };
    let paid = quote.text(|quote| match &quote.method {
        _ if quote.due.minor == 0 => "Nothing is due today. If the registry refuses, what you paid becomes account credit.".to_owned(),
        Some(method) => format!("{} is charged now. If the registry refuses, it is refunded.", method.label()),
        None => "No card is saved: you pay the invoice on the next page. If the registry refuses, what you paid is refunded to your card or becomes account credit.".to_owned(),
    });
    view! {
        <Panel title=quote.text(|quote| quote.display_name.clone()) note="The registry asks who holds the domain. Give your own data: the holder owns the domain.">
            {quote.show(DomainQuote::clone, |quote| view! { <Costs quote/> })}
            <div class="mt-4"><Form action=OrderDomain { slug, input } on_done=done>
                <Hidden name="input[domain]" value=domain/>
                <Hidden name="input[total]" value=quote.text(|quote| quote.total.minor)/>
                <Hidden name="input[due]" value=quote.text(|quote| quote.due.minor)/>
                <Hidden name="input[total_then]" value=quote.text(|quote| quote.total_then.minor)/>
                {is_transfer.then(|| view! {
                    <Input name="input[auth_code]" label="Authorization code" autocomplete="off" help="From your current registrar, also called auth code or EPP code."/>
                })}
                {holder.run()}
                <p class="text-13 text-2">{move || paid.get()}</p>
                <p class="text-12 text-3">"You are charged exactly what is shown. If anything has changed when you order, nothing is charged."</p>
                <div class="flex flex-wrap gap-2"><Submit>{label}</Submit><Button on:click=move |_| back.run(())>"Back"</Button></div>
            </Form></div>
        </Panel>
    }
    .into_any()
}

#[component]
fn Costs(quote: DomainQuote) -> impl IntoView {
    let credit = Money::new(-quote.credit_used.minor, quote.credit_used.currency).to_string();
    let card = quote.method.as_ref().filter(|_| quote.due.minor > 0).map(|method| method.label()).unwrap_or_default();
    view! {
        <Sum label="Order">
            <SumRow label=quote.display_name.clone() note="One year" amount=quote.net.to_string()/>
            <SumRow label=crate::tax_label(quote.tax_rate_bp) amount=quote.tax.to_string()/>
            {(quote.credit_used.minor > 0).then(|| view! { <SumRow label="Account credit" amount=credit/> })}
            <SumRow label="Due today" note=card amount=quote.due.to_string() kind=SumKind::Total/>
        </Sum>
        <p class="mt-2 text-13 text-2">{format!("Each further year: {} with VAT.", quote.total_then)}</p>
    }
    .into_any()
}
