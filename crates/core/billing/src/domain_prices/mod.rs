//! What domains cost, by their ending and currency. Each is a product, whose yearly price is that of a renewal.

pub(crate) mod queries;

use crate::products::{self, price};
use core_hosting::registrations;
use db::{AuditEvent, ConstraintExt, PlatformRead, PlatformTx};
use engine::{Error, Result, Services, error::Errors};
use model::{
    audit_action::AuditAction,
    billing::domain_prices::{DomainPrice, DomainPriceInput},
    ids::ProductId,
    money::{Currency, Money},
    permission::{ProductsRead, ProductsWrite},
};
use queries::Prices;
use uuid::Uuid;

/// The prices of all endings, by ending.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<ProductsRead>) -> Result<Vec<DomainPrice>> {
    Ok(queries::all(tx.conn()).await?.into_iter().map(queries::Row::view).collect())
}

/// Sets what domains with an ending cost in a currency. Domains that are registered keep the price of their renewal until staff move them.
///
/// # Errors
/// On the fields that are not right.
pub async fn set(services: &Services, mut tx: PlatformTx<ProductsWrite>, input: &DomainPriceInput) -> Result<()> {
    let (tld, prices, active) = read(input)?;
    let code = code(&tld, prices.register.currency);
    let (name, now) = (format!(".{tld} domain"), services.now());
    // A domain has no price of a month.
    let nothing = Money::new(0, prices.renew.currency);
    let product = match queries::lock(tx.conn(), &tld, prices.register.currency).await? {
        Some((id, renew)) => {
            products::queries::update_domain(tx.conn(), id, prices.renew, active).await?;
            queries::update(tx.conn(), id, &prices).await?;
            if renew != Some(prices.renew.minor) {
                products::queries::insert_price(tx.conn(), id, nothing, Some(prices.renew), now).await?;
            }
            id
        }
        None => {
            let id = ProductId(Uuid::now_v7());
            let made = products::queries::insert_domain(tx.conn(), id, (&code, &name), prices.renew, active, now).await;
            made.on_constraint("products_code_key", || Error::field("tld", "Another product has the code of this ending."))?;
            queries::insert(tx.conn(), id, &tld, &prices).await?;
            products::queries::insert_price(tx.conn(), id, nothing, Some(prices.renew), now).await?;
            id
        }
    };
    let event = AuditEvent::new(AuditAction::DomainPricesSet, "product", product, name);
    let words = |money: Money| money.to_string();
    let after = serde_json::json!({
        "register": words(prices.register), "renew": words(prices.renew), "transfer": words(prices.transfer),
        "restore": prices.restore.map(words), "active": active,
    });
    Ok(tx.commit(event.after(after)).await?)
}

fn read(input: &DomainPriceInput) -> Result<(String, Prices, bool)> {
    let mut errors = Errors::default();
    let tld = errors.take("tld", registrations::read_ending(&input.tld));
    let currency = errors.take("currency", input.currency.parse::<Currency>().map_err(|_| "Select a currency.".to_owned()));
    let mut amount = |field: &str, typed: &str| currency.and_then(|currency| errors.take(field, price::parse(typed, currency)));
    let register = amount("register_price", &input.register_price);
    let renew = amount("renew_price", &input.renew_price);
    let transfer = amount("transfer_price", &input.transfer_price);
    let restore = if input.restore_price.trim().is_empty() { Some(None) } else { amount("restore_price", &input.restore_price).map(Some) };
    let active = input.active.as_deref() == Some("on");
    match (tld, register, renew, transfer, restore) {
        (Some(tld), Some(register), Some(renew), Some(transfer), Some(restore)) => Ok((tld, Prices { register, renew, transfer, restore }, active)),
        _ => Err(errors.into_error()),
    }
}

/// The code of the product: `domain-co-uk-eur`.
fn code(tld: &str, currency: Currency) -> String {
    format!("domain-{}-{currency}", tld.replace('.', "-")).to_lowercase()
}
