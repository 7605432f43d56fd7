//! Plans, checkout, the sandbox's payment page, and the result page with the live job.

use super::{
    order::{OrderForm, currencies},
    payment::{PaymentForm, ResultView},
    server_fns::{list_plans, read_payment_page, read_result},
};
use app_kit::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{
    billing::{
        checkout::{CheckoutView, Shop},
        products::{BillingCycle, ProductType, ProductView},
    },
    error::{ApiError, ErrorCode},
    ids::CheckoutId,
    money::Currency,
};

/// `/`
#[component]
pub fn PlansPage() -> impl IntoView {
    let shop = fetch(|| (), |()| list_plans());
    let query = use_query_map();
    let currency = Signal::derive(move || query.with(|query| query.get("currency")).and_then(|code| code.parse().ok()));
    view! {
        <PublicHead title="Hosting plans" lead="Choose a plan and watch your site go live."/>
        <Load data=shop view=move |shop: Shop| view! { <Plans shop currency/> }/>
    }
    .into_any()
}

#[component]
fn Plans(shop: Shop, currency: Signal<Option<Currency>>) -> impl IntoView {
    let plans: Vec<_> = shop.products.into_iter().filter(|product| product.kind == ProductType::Cloudpod).collect();
    if plans.is_empty() {
        return view! { <EmptyState title="No plans available" text="Plans appear here once they are published."/> }.into_any();
    }
    let columns = if plans.len() % 3 == 1 { Columns::Pairs } else { Columns::Thirds };
    let currencies = currencies(&plans);
    let first = currencies.first().copied();
    let several = currencies.len() > 1;
    let tabs = Signal::derive(move || {
        let shown = currency.get().or(first);
        currencies.iter().map(|one| Tab::new(one.to_string(), format!("/?currency={one}"), shown == Some(*one))).collect::<Vec<_>>()
    });
    let plans = move || plans.iter().map(|plan| view! { <Plan plan=plan.clone() currency=currency.get()/> }).collect_view();
    view! {
        {several.then(|| view! { <div class="mt-6"><Tabs label="Prices by currency" tabs/></div> })}
        <div class="mt-6"><Grid columns>{plans}</Grid></div>
    }
    .into_any()
}

#[component]
fn Plan(plan: ProductView, currency: Option<Currency>) -> impl IntoView {
    // One that is not sold in it shows what it is sold in.
    let plan = currency.and_then(|currency| plan.in_currency(currency)).unwrap_or(plan);
    let order = format!("/checkout?plan={}&currency={}", plan.code, plan.monthly.currency);
    let yearly = plan.yearly.map(|price| format!("or {price} {}", BillingCycle::Yearly.per()));
    view! {
        <Panel title=plan.name.clone()>
            <p class="text-2 text-13">{plan.description.clone()}</p>
            <p class="mt-4 text-24 font-bold tracking-tight num">{plan.monthly.to_string()}<span class="ml-1.5 text-13 font-normal text-3">{BillingCycle::Monthly.per()}", excl. VAT"</span></p>
            <p class="text-13 text-3 num">{yearly}</p>
            {(plan.trial_days > 0).then(|| view! { <p class="text-13">{format!("{} days free", plan.trial_days)}</p> })}
            {(plan.setup_fee.minor > 0).then(|| view! { <p class="text-13 text-3">{format!("Set-up fee {}", plan.setup_fee)}</p> })}
            <ul class="grid gap-1.5 my-4 text-13">
                {plan.features.iter().map(|line| view! { <li class="flex gap-2"><Icon symbol=Symbol::Check class="size-4 mt-0.5 text-ok-mark"/>{line.clone()}</li> }).collect_view()}
            </ul>
            <LinkButton href=order kind=Kind::Primary block=true>{format!("Order {}", plan.name)}</LinkButton>
        </Panel>
    }
}

/// `/checkout`
#[component]
pub fn CheckoutPage() -> impl IntoView {
    let query = use_query_map();
    let shop = fetch(|| (), |()| list_plans());
    view! {
        <Load data=shop view={move |shop: Live<Shop>| {
            let asked = |name: &str| query.read_untracked().get(name);
            view! { <OrderForm shop=shop.now() plan=asked("plan") currency=asked("currency")/> }
        }}/>
    }
    .into_any()
}

/// Id and token of the checkout in the URL.
fn use_checkout(token: &'static str) -> impl Fn() -> (Option<CheckoutId>, String) + Copy + Send + Sync + 'static {
    let (id, query) = (use_param("id"), use_query_map());
    move || (id(), query.with(|query| query.get(token)).unwrap_or_default())
}

fn not_found_error() -> app_kit::error::AppError {
    ApiError::new(ErrorCode::NotFound, "Order not found. Check that you opened the complete link.").into()
}

/// `/pay/:id`
#[component]
pub fn PayPage() -> impl IntoView {
    let key = use_checkout("token");
    let page = fetch(key, |(id, token)| async move { read_payment_page(id.ok_or_else(not_found_error)?, token).await });
    view! { <Load data=page view=move |checkout: CheckoutView| view! { <PaymentForm checkout token=key().1/> }/> }.into_any()
}

/// `/checkout/result/:id`
#[component]
pub fn ResultPage() -> impl IntoView {
    let key = use_checkout("follow");
    let result = fetch(key, |(id, token)| async move { read_result(id.ok_or_else(not_found_error)?, token).await });
    view! { <Load data=result view=move |checkout: CheckoutView| view! { <ResultView checkout token=key().1/> }/> }.into_any()
}
