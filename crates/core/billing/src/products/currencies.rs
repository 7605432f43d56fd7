//! What a product costs in other currencies than its own.
//!
//! - A price in another currency is set by staff, not converted: it changes when they change it.
//! - An order is in one currency, and so is everything that its account buys later.
//! - A currency is removed once nothing is paid in it any more: a subscription that goes on could not change its plan otherwise.

use super::{input, queries};
use db::{AuditEvent, PlatformTx};
use engine::{Error, Result, Services};
use model::{
    audit_action::AuditAction,
    billing::products::{CurrencyPriceInput, ProductType, ProductView},
    money::Currency,
    permission::ProductsWrite,
};

/// Sells a product in another currency, or changes what it costs there. Purchases made before keep their price.
///
/// # Errors
/// On the fields that are not right; not found for an unknown code.
pub async fn set_price(services: &Services, mut tx: PlatformTx<ProductsWrite>, code: &str, input: &CurrencyPriceInput) -> Result<ProductView> {
    let before = locked(&mut tx, code).await?;
    let price = input::currency_price(input, before.monthly.currency)?;
    let known = before.other_prices.iter().find(|known| known.monthly.currency == price.monthly.currency);
    queries::set_currency(tx.conn(), before.id, &price).await?;
    if known.is_none_or(|known| (known.monthly, known.yearly) != (price.monthly, price.yearly)) {
        queries::insert_price(tx.conn(), before.id, price.monthly, price.yearly, services.now()).await?;
    }
    changed(tx, &before).await
}

/// Sells a product no longer in another currency than its own.
///
/// # Errors
/// Not found for an unknown code, or a currency that it is not sold in; a conflict while something is paid in it.
pub async fn remove_price(mut tx: PlatformTx<ProductsWrite>, code: &str, currency: Currency) -> Result<ProductView> {
    let before = locked(&mut tx, code).await?;
    if before.other_prices.iter().all(|price| price.monthly.currency != currency) {
        return Err(Error::not_found("Price"));
    }
    let counted = |count: i64, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    match queries::paid_in(tx.conn(), before.id, code, currency).await? {
        (0, 0) => {}
        (0, orders) => {
            let orders = counted(orders, "order");
            return Err(Error::conflict(format!("{orders} in {currency} can still be paid. Remove the currency once they are paid or expired.")));
        }
        (subscriptions, _) => {
            let subscriptions = counted(subscriptions, "subscription");
            return Err(Error::conflict(format!("Still paid in {currency}: {subscriptions}. Remove the currency once they have ended.")));
        }
    }
    queries::remove_currency(tx.conn(), before.id, currency).await?;
    changed(tx, &before).await
}

async fn locked(tx: &mut PlatformTx<ProductsWrite>, code: &str) -> Result<ProductView> {
    let found = queries::lock(tx.conn(), code).await?.ok_or_else(|| Error::not_found("Product"))?.view()?;
    if found.kind == ProductType::Domain {
        return Err(Error::conflict("Set the prices of domains in each currency at /admin/domains/prices."));
    }
    Ok(found)
}

async fn changed(mut tx: PlatformTx<ProductsWrite>, before: &ProductView) -> Result<ProductView> {
    let after = queries::by_id(tx.conn(), before.id).await?.view()?;
    let event = AuditEvent::new(AuditAction::ProductUpdated, "product", after.id, &after.name);
    tx.commit(event.before(serde_json::json!(before)).after(serde_json::json!(after))).await?;
    Ok(after)
}
