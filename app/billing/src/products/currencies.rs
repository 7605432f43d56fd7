//! What a product costs in other currencies.

use super::server_fns::{RemoveProductPrice, SetProductPrice};
use app_kit::prelude::*;
use model::{
    billing::products::{CurrencyPrice, CurrencyPriceInput, ProductView},
    money::{Currency, Money},
    permission::ProductsWrite,
};

/// Prices in other currencies than the product's own, and the form to set one.
#[component]
pub(super) fn OtherCurrencies(product: Live<ProductView>) -> impl IntoView {
    let may_write = use_viewer().is_some_and(|viewer| viewer.holds::<ProductsWrite>());
    let now = product.now();
    let (code, own) = (now.code, now.monthly.currency);
    type C = Col<CurrencyPrice>;
    let yearly = |price: &CurrencyPrice| price.yearly.map_or_else(|| "Not offered".to_owned(), |price| price.to_string());
    let fee = |fee: Money| if fee.minor > 0 { fee.to_string() } else { "None".to_owned() };
    let of = code.clone();
    let remove = move |currency: Currency| {
        let ask = Ask::new(format!("Remove the {currency} price?"), format!("New orders can't be placed in {currency} any more."));
        view! { <ActionButton call=RemoveProductPrice { code: of.clone(), currency } label="Remove" ask=ask.label("Remove price")/> }
    };
    let columns = vec![
        C::text("Currency", |price| price.monthly.currency),
        C::number("Monthly", |price| price.monthly),
        C::number("Yearly", yearly),
        C::number("Set-up fee", move |price| fee(price.setup_fee)),
        C::actions(|price| price.monthly.currency, remove).when(may_write),
    ];
    let rows = product.map(|product| product.other_prices.clone());
    let is_empty = product.map(|product| product.other_prices.is_empty());
    let others: Vec<_> = Currency::ALL.iter().filter(|other| **other != own).map(|other| (other.to_string(), other.to_string())).collect();
    let first = others.first().map(|(code, _)| code.clone()).unwrap_or_default();
    view! {
        <Panel title="Other currencies" note="Prices are set for each currency, not converted. A customer account pays everything in one currency.">
            {is_empty.show(|none| *none, move |none| if none {
                view! { <p class="mb-4 text-13 text-2">{format!("Sold in {own} only.")}</p> }.into_any()
            } else {
                view! { <div class="mb-4"><Rows label="Prices in other currencies" columns=columns.clone() key=|price| price.monthly.currency.to_string() rows/></div> }
                    .into_any()
            })}
            {may_write.then(|| view! {
                <Form action=SetProductPrice { code, input: CurrencyPriceInput { currency: first, ..CurrencyPriceInput::default() } } refetch=true>
                    <Grid columns=Columns::Pairs>
                        <Select name="input[currency]" label="Currency" options=others/>
                        <Input name="input[monthly_price]" label="Monthly price" help="Excl. VAT."/>
                        <Input name="input[yearly_price]" label="Yearly price" optional=true help="Leave empty to disable yearly billing."/>
                        <Input name="input[setup_price]" label="Set-up fee" optional=true help="Excl. VAT. Charged once with the order."/>
                    </Grid>
                    <div><Submit>"Save price"</Submit></div>
                </Form>
            })}
        </Panel>
    }
}
