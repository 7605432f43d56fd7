//! `/admin/revenue`: each figure stands with what it counts, and the page with its time.

use super::{
    parts::{ByMonth, Cohorts, Movements, Next30Days, OutstandingByAge},
    server_fns::read_revenue,
};
use app_kit::{prelude::*, time::full};
use model::{
    billing::revenue::{CurrencyRevenue, RevenueView},
    money::{Money, grouped},
};

/// `/admin/revenue`
#[component]
pub fn RevenuePage() -> impl IntoView {
    let data = fetch(|| (), |()| read_revenue());
    view! { <Load data view=|view: RevenueView| view! { <Revenue view/> }/> }.into_any()
}

#[component]
fn Revenue(view: RevenueView) -> impl IntoView {
    let at = view.at;
    let checked = match view.snapshot_at {
        Some(at) => format!("Movements are compared with all subscriptions once a day, last {}.", full(at)),
        None => "Movements are compared with all subscriptions once a day; not yet.".to_owned(),
    };
    let (several, none) = (view.currencies.len() > 1, view.currencies.is_empty());
    let parts = view.currencies.into_iter().map(|revenue| {
        let checked = checked.clone();
        let name = revenue.mrr.currency.as_str();
        let cohorts = revenue.cohorts.clone();
        let (moved, by_month, open, next) = (revenue.clone(), revenue.clone(), revenue.clone(), revenue.clone());
        view! {
            {several.then(|| view! { <h2 class="mt-2 text-16 font-bold">{name}</h2> })}
            <Figures revenue/>
            <Grid>
                <Stack><Movements revenue=moved/><ByMonth revenue=by_month checked/><Cohorts cohorts/></Stack>
                <Stack><OutstandingByAge revenue=open/><Next30Days revenue=next/></Stack>
            </Grid>
        }
    });
    let parts = parts.collect_view();
    view! {
        <PageHead title="Revenue" note=move || view! { "Excl. VAT unless stated. Computed " <At at whole=true/> "." }/>
        {none.then(|| view! { <EmptyState title="No revenue yet" text="Figures appear here after the first order."/> })}
        <Stack>{parts}</Stack>
    }
}

/// `+€3.00`, `-€3.00`.
pub(super) fn signed(money: Money) -> String {
    if money.minor > 0 { format!("+{money}") } else { money.to_string() }
}

pub(super) fn count(number: i64) -> String {
    grouped(number.unsigned_abs())
}

/// `1.6 %`, from hundredths of a percent.
pub(super) fn percent(bp: Option<i64>) -> String {
    bp.map_or_else(|| "Unknown".to_owned(), |bp| format!("{}.{} %", bp / 100, bp % 100 / 10))
}

#[component]
fn Figures(revenue: CurrencyRevenue) -> impl IntoView {
    let net = Money::new(revenue.mrr.minor - revenue.before.minor, revenue.mrr.currency);
    let per_customer = revenue.per_customer.map_or_else(|| "Unknown".to_owned(), |money| money.to_string());
    view! {
        <Stats columns=6>
            <Stat label="MRR" value=revenue.mrr.to_string() note="prices a month of active and past-due subscriptions"/>
            <Stat label="ARR" value=revenue.arr.to_string() note="12 × MRR"/>
            <Stat label="Net new MRR" value=signed(net) note=format!("in 30 days, from {}", revenue.before)/>
            <Stat label="MRR churn" value=percent(revenue.churn_bp) note=format!("{} suspended or ended in 30 days, of {}", revenue.churned, revenue.before)/>
            <Stat label="Net revenue retention" value=percent(revenue.retention_bp) note="MRR now of subscriptions of 30 days ago, of their MRR then"/>
            <Stat label="Average per customer" value=per_customer note=format!("MRR of {} customers", count(revenue.customers))/>
        </Stats>
    }
}
