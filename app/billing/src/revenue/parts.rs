//! Panels of the revenue page.

use super::{
    chart::{MovementsChart, units},
    pages::{count, percent, signed},
};
use app_kit::{prelude::*, time::day};
use model::{
    Time,
    billing::revenue::{Cohort, CurrencyRevenue, MovementKind, Outstanding, RevenueMonth},
    money::Money,
};

/// A month as `Nov 2026`.
fn month(at: Time) -> String {
    day(at).split_once(' ').map(|(_, month)| month.to_owned()).unwrap_or_default()
}

/// MRR by month, and what has moved it over the year.
#[component]
pub(super) fn Movements(revenue: CurrencyRevenue) -> impl IntoView {
    let zero = Money::new(0, revenue.mrr.currency);
    let opening = revenue.months.first().map_or(zero, |month| month.opening);
    let sums: Vec<_> = MovementKind::ALL
        .iter()
        .enumerate()
        .map(|(at, kind)| {
            let moved = revenue.months.iter().filter_map(|month| month.movements.get(at)).map(|money| money.minor).sum();
            (*kind, signed(Money::new(moved, zero.currency)))
        })
        .collect();
    let labels: Vec<String> = revenue.months.iter().map(|one| month(one.start)).collect();
    let (names, months) = (labels.clone(), revenue.months.clone());
    let series = Series::new("MRR", revenue.months.iter().map(|month| units(month.closing)));
    let summary = format!("From {opening} to {} in twelve months.", revenue.mrr);
    view! {
        <Panel title="MRR by month" note=format!("At the end of each month, the last one as of now, in {}.", zero.currency)>
            <Chart label="MRR by month" summary kind=ChartKind::Bar labels label_head="Month" series/>
            <h3 class="mt-4 mb-2 text-13 font-bold">"Movements"</h3>
            <MovementsChart months labels=names/>
            <div class="mt-4">
                <Sum label="Movements of twelve months">
                    <SumRow label="Twelve months ago" amount=opening.to_string()/>
                    {sums.into_iter().map(|(kind, amount)| view! { <SumRow label=kind.title() note=meaning(kind) amount/> }).collect_view()}
                    <SumRow label="Now" amount=revenue.mrr.to_string() kind=SumKind::Total/>
                </Sum>
            </div>
        </Panel>
    }
}

const fn meaning(kind: MovementKind) -> &'static str {
    match kind {
        MovementKind::New => "subscriptions that began to be paid",
        MovementKind::Expansion => "larger plans, higher quantities and prices",
        MovementKind::Contraction => "smaller plans, lower quantities and prices",
        MovementKind::Churn => "subscriptions suspended for non-payment, or ended",
        MovementKind::Reactivation => "suspended subscriptions that were paid",
    }
}

/// The same month by month.
#[component]
pub(super) fn ByMonth(revenue: CurrencyRevenue, checked: String) -> impl IntoView {
    const HEADS: [&str; 8] = ["Month", "Opening", "New", "Expansion", "Contraction", "Churn", "Reactivation", "Closing"];
    let head = HEADS.iter().enumerate().map(|(at, word)| (if at == 0 { Column::Text } else { Column::Number }, *word)).collect();
    let row = |one: RevenueMonth| {
        let amounts: Vec<String> =
            [one.opening.to_string()].into_iter().chain(one.movements.into_iter().map(signed)).chain([one.closing.to_string()]).collect();
        view! {
            <Tr>
                <Td column=Column::Text label="Month">{month(one.start)}</Td>
                {amounts.into_iter().zip(HEADS.into_iter().skip(1)).map(|(amount, label)| view! { <Td column=Column::Number label>{amount}</Td> }).collect_view()}
            </Tr>
        }
    };
    view! {
        <Panel title="By month" note="Opening plus movements is closing, before rounding." flush=true foot=move || checked.clone()>
            <Table label="Revenue by month" head>{revenue.months.into_iter().rev().map(row).collect_view()}</Table>
        </Panel>
    }
}

/// Months after the first one for which a cohort is shown.
const COHORT_AGES: [i32; 5] = [1, 2, 3, 6, 9];

/// What is left of the subscriptions that began in a month.
#[component]
pub(super) fn Cohorts(cohorts: Vec<Cohort>) -> impl IntoView {
    const HEADS: [&str; 8] = ["Started", "Subscriptions", "MRR at start", "After 1 month", "2 months", "3 months", "6 months", "9 months"];
    let head = HEADS.iter().enumerate().map(|(at, word)| (if at == 0 { Column::Text } else { Column::Number }, *word)).collect();
    let row = |cohort: Cohort| {
        let left = COHORT_AGES.map(|age| match cohort.after.iter().find(|after| after.months == age) {
            Some(after) => format!("{} ({})", percent(after.mrr_bp), count(after.subscriptions)),
            None => "Not yet".to_owned(),
        });
        let cells = [count(cohort.subscriptions), cohort.mrr.to_string()].into_iter().chain(left).zip(HEADS.into_iter().skip(1));
        view! {
            <Tr>
                <Td column=Column::Text label=HEADS[0]>{month(cohort.start)}</Td>
                {cells.map(|(words, label)| view! { <Td column=Column::Number label>{words}</Td> }).collect_view()}
            </Tr>
        }
    };
    let none = cohorts.is_empty();
    view! {
        <Panel title="Retention by cohort" note="Share of the starting MRR left at the end of each later month, with the number of subscriptions in parentheses." flush=true>
            {none.then(|| view! { <p class="p-4 text-13 text-2">"No cohorts yet. Subscriptions that started in the last 12 months appear here."</p> })}
            {(!none).then(|| view! { <Table label="Retention by cohort" head>{cohorts.into_iter().rev().map(row).collect_view()}</Table> })}
        </Panel>
    }
}

fn age(from_days: Option<i32>) -> &'static str {
    match from_days {
        None => "Not yet due",
        Some(1) => "1 to 7 days",
        Some(8) => "8 to 14 days",
        Some(15) => "15 to 30 days",
        Some(_) => "Over 30 days",
    }
}

/// What customers owe.
#[component]
pub(super) fn OutstandingByAge(revenue: CurrencyRevenue) -> impl IntoView {
    let sum = |rows: &[Outstanding]| Money::new(rows.iter().map(|row| row.open.minor).sum(), revenue.mrr.currency);
    let (total, invoices) = (sum(&revenue.outstanding), revenue.outstanding.iter().map(|row| row.invoices).sum::<i64>());
    view! {
        <Panel title="Outstanding by age" note="Open amounts of invoices, incl. VAT, days past the due date." aside=|| view! { <a href="/admin/invoices?state=OPEN" class="text-13">"Open invoices"</a> }>
            <Sum label="Outstanding by age">
                {revenue.outstanding.clone().into_iter().map(|row| view! {
                    <SumRow label=age(row.from_days) note=invoices_of(row.invoices) amount=row.open.to_string()/>
                }).collect_view()}
                <SumRow label="Total" note=invoices_of(invoices) amount=total.to_string() kind=SumKind::Total/>
            </Sum>
        </Panel>
    }
}

fn invoices_of(number: i64) -> String {
    if number == 1 { "1 invoice".to_owned() } else { format!("{} invoices", count(number)) }
}

/// What renews, as it is booked.
#[component]
pub(super) fn Next30Days(revenue: CurrencyRevenue) -> impl IntoView {
    let forecast = revenue.forecast;
    let expected = Money::new(forecast.monthly.1.minor + forecast.yearly.1.minor, revenue.mrr.currency);
    let labeled = |word: &str, number: i64| format!("{word}, {}", count(number));
    view! {
        <Panel title="Next 30 days" note="Periods of active subscriptions that end, at their prices excl. VAT, as booked now.">
            <Sum label="Renewals of the next 30 days">
                <SumRow label=labeled("Monthly renewals", forecast.monthly.0) amount=forecast.monthly.1.to_string()/>
                <SumRow label=labeled("Yearly renewals", forecast.yearly.0) amount=forecast.yearly.1.to_string()/>
                <SumRow label=labeled("Expected renewals", forecast.monthly.0 + forecast.yearly.0) amount=expected.to_string() kind=SumKind::Total/>
                <SumRow label=labeled("Cancelled at period end", forecast.ending.0) note="not expected" amount=forecast.ending.1.to_string() kind=SumKind::Part/>
            </Sum>
            <h3 class="mt-4 mb-1 text-13 font-bold">"By week"</h3>
            <Sum label="Renewals by week">
                {forecast.weeks.into_iter().map(|(start, number, net)| view! {
                    <SumRow label=labeled(&format!("From {}", day(start)), number) amount=net.to_string()/>
                }).collect_view()}
            </Sum>
        </Panel>
    }
}
