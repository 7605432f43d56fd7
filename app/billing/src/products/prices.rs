//! Versions of a product's price, and moving subscriptions to the present one.

use super::server_fns::{MovePrices, list_product_prices, preview_price_move};
use app_kit::{prelude::*, time::day};
use model::{
    billing::products::{PriceMovePreview, ProductPrice},
    permission::SubscriptionsWrite,
};

/// Days of notice that are offered.
const NOTICES: [i32; 4] = [14, 30, 60, 90];

/// The versions, the newest first.
#[component]
pub(super) fn Prices(code: String) -> impl IntoView {
    let of = code.clone();
    let data = fetch(|| (), move |()| list_product_prices(of.clone()));
    type C = Col<ProductPrice>;
    let columns = vec![
        C::number("Monthly", |price| price.monthly),
        C::number("Yearly", |price| price.yearly.map_or_else(|| "Not offered".to_owned(), |price| price.to_string())),
        C::day("Since", |price| price.valid_from),
    ];
    view! {
        <Panel title="Price versions" flush=true>
            <Load data view={move |prices: Live<Vec<ProductPrice>>| view! {
                <Rows label="Price versions" columns=columns.clone() key=|price| format!("{} {}", price.monthly.currency, price.valid_from.timestamp_micros()) rows=prices/>
            }}/>
        </Panel>
        <Move code/>
    }
}

#[component]
fn Move(code: String) -> impl IntoView {
    let notice = RwSignal::new("30".to_owned());
    let days = move || notice.with(|days| days.parse().unwrap_or(30));
    let of = code.clone();
    let data = fetch(days, move |days| preview_price_move(of.clone(), days));
    let options: Vec<_> = NOTICES.iter().map(|days| (days.to_string(), format!("{days} days"))).collect();
    let may_write = use_viewer().is_some_and(|viewer| viewer.holds::<SubscriptionsWrite>());
    view! {
        <Panel title="Subscriptions at other prices" note="Subscriptions keep the price they were sold at until you move them.">
            <div class="grid gap-4">
                <Segmented name="notice_days" label="Notice" options bind=notice/>
                <Load data keep=true view={move |preview: PriceMovePreview| view! { <Preview code=code.clone() days=untrack(days) preview may_write/> }}/>
            </div>
        </Panel>
    }
}

#[component]
fn Preview(code: String, days: i32, preview: PriceMovePreview, may_write: bool) -> impl IntoView {
    if preview.groups.is_empty() {
        return view! { <p class="text-13 text-2">"All subscriptions have the current price, or are being moved to it."</p> }.into_any();
    }
    let (count, after) = preview.groups.iter().fold((0, 0), |(count, after), group| (count + group.count, after + group.after.minor));
    let words = if count == 1 { "1 subscription".to_owned() } else { format!("{count} subscriptions") };
    let from = day(preview.effective_from);
    let ask = Ask::new(
        format!("Move {words}?"),
        format!("Each customer is notified by email now and pays the current price from the first renewal on or after {from}."),
    );
    view! {
        <Sum label="Subscriptions at other prices">
            {preview.groups.into_iter().map(|group| view! {
                <SumRow label=format!("{} paid {}", group.count, group.cycle.per()) note=format!("{} now", group.before) amount=group.after.to_string()/>
            }).collect_view()}
        </Sum>
        <p class="text-13 text-2">{format!("Takes effect at the first renewal on or after {from}.")}</p>
        {may_write.then(|| view! {
            <div><ActionButton call=MovePrices { code, notice_days: days, count, after } label=format!("Move {words}") ask=ask.label("Move subscriptions")/></div>
        })}
    }
    .into_any()
}
