//! Statements of the prices of domains.

use model::{
    billing::domain_prices::DomainPrice,
    ids::ProductId,
    money::{Currency, Money},
};
use sqlx::{PgConnection, Result};

/// What domains with one ending cost, in one currency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prices {
    pub(crate) register: Money,
    pub(crate) renew: Money,
    pub(crate) transfer: Money,
    /// Nothing where domains that were deleted are not restored.
    pub(crate) restore: Option<Money>,
}

/// Prices as they are stored.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) product_id: ProductId,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) tld: String,
    pub(crate) currency: Currency,
    register: i64,
    renew: i64,
    transfer: i64,
    restore: Option<i64>,
    active: bool,
    subscriptions: i64,
}

impl Row {
    pub(crate) fn prices(&self) -> Prices {
        let money = |minor| Money::new(minor, self.currency);
        Prices { register: money(self.register), renew: money(self.renew), transfer: money(self.transfer), restore: self.restore.map(money) }
    }

    pub(super) fn view(self) -> DomainPrice {
        let Prices { register, renew, transfer, restore } = self.prices();
        DomainPrice { code: self.code, tld: self.tld, register, renew, transfer, restore, active: self.active, subscriptions: self.subscriptions }
    }
}

pub(super) async fn all(conn: &mut PgConnection) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select d.product_id, p.code, p.name, d.tld, d.currency, d.register, coalesce(p.yearly_price, 0) as renew, d.transfer, d.restore, p.active,
                (select count(*) from subscriptions s where s.product_id = p.id and s.status <> 'CANCELLED') as subscriptions
           from domain_prices d join products p on p.id = d.product_id order by d.tld, d.currency limit 1000",
    )
    .fetch_all(conn)
    .await
}

/// What can be ordered, in the order of the products.
pub(crate) async fn on_sale(conn: &mut PgConnection) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select d.product_id, p.code, p.name, d.tld, d.currency, d.register, coalesce(p.yearly_price, 0) as renew, d.transfer, d.restore, p.active,
                0::bigint as subscriptions
           from domain_prices d join products p on p.id = d.product_id where p.active order by p.position, p.id limit 1000",
    )
    .fetch_all(conn)
    .await
}

/// What domains of this product cost, also where none are sold any more.
pub(crate) async fn of_product(conn: &mut PgConnection, id: ProductId) -> Result<Option<Row>> {
    sqlx::query_as(
        "select d.product_id, p.code, p.name, d.tld, d.currency, d.register, coalesce(p.yearly_price, 0) as renew, d.transfer, d.restore, p.active,
                0::bigint as subscriptions
           from domain_prices d join products p on p.id = d.product_id where p.id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// The product of an ending in a currency, with the price of a renewal, locked until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, tld: &str, currency: Currency) -> Result<Option<(ProductId, Option<i64>)>> {
    sqlx::query_as(
        "select p.id, p.yearly_price from domain_prices d join products p on p.id = d.product_id where d.tld = $1 and d.currency = $2 for update of p",
    )
    .bind(tld)
    .bind(currency)
    .fetch_optional(conn)
    .await
}

pub(super) async fn insert(conn: &mut PgConnection, id: ProductId, tld: &str, prices: &Prices) -> Result<()> {
    sqlx::query("insert into domain_prices (product_id, tld, currency, register, transfer, restore) values ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(tld)
        .bind(prices.register.currency)
        .bind(prices.register.minor)
        .bind(prices.transfer.minor)
        .bind(prices.restore.map(|price| price.minor))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn update(conn: &mut PgConnection, id: ProductId, prices: &Prices) -> Result<()> {
    sqlx::query("update domain_prices set register = $2, transfer = $3, restore = $4 where product_id = $1")
        .bind(id)
        .bind(prices.register.minor)
        .bind(prices.transfer.minor)
        .bind(prices.restore.map(|price| price.minor))
        .execute(conn)
        .await?;
    Ok(())
}
