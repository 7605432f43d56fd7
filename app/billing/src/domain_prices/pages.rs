//! The page of the prices of domains.

use super::server_fns::{SetDomainPrices, list_domain_prices};
use app_kit::prelude::*;
use model::{
    billing::domain_prices::{DomainPrice, DomainPriceInput},
    money::Currency,
    permission::ProductsWrite,
};

/// `/admin/domains/prices`
#[component]
pub fn DomainPricesPage() -> impl IntoView {
    let data = fetch(|| (), |()| list_domain_prices());
    let may_write = use_viewer().is_some_and(|viewer| viewer.holds::<ProductsWrite>());
    let view = move |prices: Live<Vec<DomainPrice>>| {
        type C = Col<DomainPrice>;
        let columns = vec![
            C::text("Ending", |price| format!(".{}", price.tld)),
            C::state("Status", |price| if price.active { (State::Ok, "On sale") } else { (State::Stopped, "Not on sale") }),
            C::number("First year", |price| price.register),
            C::number("Further years", |price| price.renew),
            C::number("Transfer", |price| price.transfer),
            C::text("Restore", |price| price.restore.map_or_else(|| "Not offered".to_owned(), |fee| fee.to_string())),
            C::number("Subscriptions", |price| price.subscriptions),
        ];
        let rows = prices.map(Vec::clone);
        // In the same place: the form has the list fetched again.
        view! {
            <div class="grid gap-4">
                <Panel title="Endings" flush=true>
                    <Rows label="Domain prices" columns key=|price| price.code.clone() rows empty="No endings are sold yet."/>
                </Panel>
                {may_write.then(|| view! { <SetPrices/> })}
            </div>
        }
    };
    view! {
        <PageHead title="Domain prices" parents=vec![Crumb::new("Domains", "/admin/domains")] note=|| "What domains cost, by their ending. Excl. VAT."/>
        <Load data view/>
    }
    .into_any()
}

#[component]
fn SetPrices() -> impl IntoView {
    let currencies: Vec<_> = Currency::ALL.iter().map(|one| (one.to_string(), one.to_string())).collect();
    let first = currencies.first().map(|(code, _)| code.clone()).unwrap_or_default();
    let input = DomainPriceInput { currency: first, active: Some("on".to_owned()), ..DomainPriceInput::default() };
    view! {
        <div class="max-w-[760px]"><Panel title="Set prices" note="Sets the prices of an ending, also of one in the list. Registered domains keep the price of their renewal.">
            <Form action=SetDomainPrices { input } refetch=true reset=true>
                <Grid columns=Columns::Pairs>
                    <Input name="input[tld]" label="Ending" autocomplete="off" placeholder="com"/>
                    <Select name="input[currency]" label="Currency" options=currencies/>
                    <Input name="input[register_price]" label="First year"/>
                    <Input name="input[renew_price]" label="Each further year"/>
                    <Input name="input[transfer_price]" label="Transfer" help="With one more year."/>
                    <Input
                        name="input[restore_price]" label="Restore fee"
                        help="For bringing back a deleted domain. A further year is charged besides. Leave empty if you don't offer it."
                    />
                </Grid>
                <Checkbox name="input[active]" value="on" label="On sale" help="Turning this off does not affect registered domains."/>
                <div><Submit>"Save prices"</Submit></div>
            </Form>
        </Panel></div>
    }
    .into_any()
}
