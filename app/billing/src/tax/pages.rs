//! How sales are taxed.

use super::server_fns::read_tax;
use app_kit::prelude::*;
use model::{
    billing::tax::{CountryRate, TaxOverview},
    country,
};

/// `/admin/tax`
#[component]
pub fn TaxPage() -> impl IntoView {
    view! {
        <PageHead title="Tax" note=|| "How invoices are taxed. The seller is set in the configuration file; the rates come with mPanel."/>
        <Load data=fetch(|| (), |()| read_tax()) view=move |tax: Live<TaxOverview>| view! { <Overview tax/> }/>
    }
    .into_any()
}

#[component]
fn Overview(tax: Live<TaxOverview>) -> impl IntoView {
    type C = Col<CountryRate>;
    let columns = vec![
        C::title("Country", |rate| (country::name(&rate.country).to_owned(), "")),
        C::number("Standard rate", |rate| crate::tax_label(rate.rate_bp)),
        C::day("Since", |rate| rate.since),
    ];
    let rows = tax.map(|tax| tax.rates.clone());
    view! {
        <Grid>
            <Panel title="VAT rates in the EU today" flush=true>
                <Rows label="VAT rates" columns key=|rate| rate.country.clone() rows/>
            </Panel>
            {tax.show(TaxOverview::clone, |tax| view! { <Rules tax/> })}
        </Grid>
    }
}

/// Who is charged what, in the order in which it is decided.
#[component]
fn Rules(tax: TaxOverview) -> impl IntoView {
    let own = crate::tax_label(tax.own_rate_bp);
    let home = country::name(&tax.seller_country).to_owned();
    let consumers = if tax.charges_own_rate_in_eu { own.clone() } else { "VAT of their country (One Stop Shop)".to_owned() };
    let businesses = if tax.has_vat_number {
        "Reverse charge, once VIES has confirmed their VAT number"
    } else {
        "As consumers: reverse charge needs your VAT number in the configuration"
    };
    let number = if tax.seller_number.is_empty() { "Not set".to_owned() } else { tax.seller_number };
    view! {
        <Panel title="Rules">
            <KeyValues>
                <KeyValue label="Seller">{home.clone()}</KeyValue>
                <KeyValue label="Tax number">{number}</KeyValue>
                <KeyValue label=format!("Customers in {home}")>{own}</KeyValue>
                {tax.is_in_eu.then(|| view! {
                    <KeyValue label="EU consumers">{consumers}</KeyValue>
                    <KeyValue label="EU businesses">{businesses}</KeyValue>
                })}
                <KeyValue label="All others">"No tax"</KeyValue>
            </KeyValues>
        </Panel>
    }
}
