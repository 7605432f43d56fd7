//! SQL of products.

use super::input::Checked;
use db::Keyset;
use model::{
    Time,
    billing::products::{CurrencyPrice, ProductPrice, ProductType, ProductView},
    hosting::cloudpods::{Limits, Runtime, Stack},
    ids::ProductId,
    money::{Currency, Money},
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    id: ProductId,
    code: String,
    name: String,
    description: String,
    r#type: ProductType,
    base_price: i64,
    yearly_price: Option<i64>,
    trial_days: i32,
    setup_fee: i64,
    currency: Currency,
    features: Vec<String>,
    metadata: Json<Metadata>,
    active: bool,
    other_prices: Json<Vec<OtherPrice>>,
}

/// What a product costs in another currency, as it is stored.
#[derive(serde::Deserialize)]
struct OtherPrice {
    currency: Currency,
    monthly: i64,
    yearly: Option<i64>,
    setup_fee: i64,
}

impl OtherPrice {
    fn view(self) -> CurrencyPrice {
        let money = |minor| Money::new(minor, self.currency);
        CurrencyPrice { monthly: money(self.monthly), yearly: self.yearly.map(money), setup_fee: money(self.setup_fee) }
    }
}

/// What a product says about pods. `limits` is a plan's, `adds` an add-on's.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Metadata {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stack: Option<Stack>,
    /// Nothing for the default of the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runtime: Option<Runtime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    adds: Option<Limits>,
}

impl Metadata {
    fn of(product: &Checked) -> Self {
        match product.kind {
            ProductType::Cloudpod => Self { stack: product.stack, runtime: product.runtime, limits: Some(product.limits), adds: None },
            ProductType::Addon => Self { adds: Some(product.limits), ..Self::default() },
            ProductType::Domain => Self::default(),
        }
    }
}

impl Row {
    /// A plan whose metadata names no stack or limits, or a runtime of another stack, is refused here, not made into a pod of nothing.
    pub fn view(self) -> anyhow::Result<ProductView> {
        let Json(metadata) = self.metadata;
        if let Some(runtime) = metadata.runtime {
            let fits = metadata.stack.is_some_and(|stack| stack.runtimes().contains(&runtime));
            anyhow::ensure!(fits, "product {} cannot use {runtime}", self.code);
        }
        let limits = match self.r#type {
            ProductType::Cloudpod if metadata.stack.is_none() => anyhow::bail!("plan {} has no stack", self.code),
            ProductType::Cloudpod => metadata.limits.ok_or_else(|| anyhow::anyhow!("plan {} has no limits", self.code))?,
            ProductType::Addon => metadata.adds.unwrap_or_default(),
            ProductType::Domain => Limits::default(),
        };
        Ok(ProductView {
            id: self.id,
            code: self.code,
            name: self.name,
            description: self.description,
            kind: self.r#type,
            monthly: Money::new(self.base_price, self.currency),
            yearly: self.yearly_price.map(|minor| Money::new(minor, self.currency)),
            trial_days: self.trial_days,
            setup_fee: Money::new(self.setup_fee, self.currency),
            features: self.features,
            stack: metadata.stack,
            runtime: metadata.runtime,
            limits,
            active: self.active,
            other_prices: self.other_prices.0.into_iter().map(OtherPrice::view).collect(),
        })
    }
}

pub(crate) async fn active(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as::<_, Row>(
        "select id, code, name, description, type, base_price, yearly_price, trial_days, setup_fee, currency, features, metadata, active,
                other_prices(id) as other_prices
           from products where active and type <> 'DOMAIN' order by type = 'ADDON', position, id limit 100",
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn page(conn: &mut PgConnection, keyset: &Keyset<Uuid>, kind: Option<&str>) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as::<_, Row>(
        "select * from (
           (select id, code, name, description, type, base_price, yearly_price, trial_days, setup_fee, currency, features, metadata, active,
                other_prices(id) as other_prices
              from products where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or type = $4) and type <> 'DOMAIN'
             order by id desc limit $3)
           union all
           (select id, code, name, description, type, base_price, yearly_price, trial_days, setup_fee, currency, features, metadata, active,
                other_prices(id) as other_prices
              from products where id > $2 and ($4::text is null or type = $4) and type <> 'DOMAIN' order by id limit $3)
         ) page order by id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(kind)
    .fetch_all(conn)
    .await
}

pub(crate) async fn by_code(conn: &mut PgConnection, code: &str) -> sqlx::Result<Option<Row>> {
    sqlx::query_as::<_, Row>(
        "select id, code, name, description, type, base_price, yearly_price, trial_days, setup_fee, currency, features, metadata, active,
                other_prices(id) as other_prices
           from products where code = $1",
    )
    .bind(code)
    .fetch_optional(conn)
    .await
}

pub(crate) async fn by_id(conn: &mut PgConnection, id: ProductId) -> sqlx::Result<Row> {
    sqlx::query_as::<_, Row>(
        "select id, code, name, description, type, base_price, yearly_price, trial_days, setup_fee, currency, features, metadata, active,
                other_prices(id) as other_prices
           from products where id = $1",
    )
    .bind(id)
    .fetch_one(conn)
    .await
}

pub(crate) async fn by_codes(conn: &mut PgConnection, codes: &[String]) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as::<_, Row>(
        "select id, code, name, description, type, base_price, yearly_price, trial_days, setup_fee, currency, features, metadata, active,
                other_prices(id) as other_prices
           from products where code = any($1) order by position, id",
    )
    .bind(codes)
    .fetch_all(conn)
    .await
}

pub(crate) async fn lock(conn: &mut PgConnection, code: &str) -> sqlx::Result<Option<Row>> {
    sqlx::query_as::<_, Row>(
        "select id, code, name, description, type, base_price, yearly_price, trial_days, setup_fee, currency, features, metadata, active,
                other_prices(id) as other_prices
           from products where code = $1 for update",
    )
    .bind(code)
    .fetch_optional(conn)
    .await
}

pub(super) async fn insert(conn: &mut PgConnection, id: ProductId, product: &Checked, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into products (id, code, name, description, type, base_price, yearly_price, currency, features, metadata, active,
                               trial_days, setup_fee, position, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, (select coalesce(max(position), 0) + 1 from products), $14)",
    )
    .bind(id)
    .bind(&product.code)
    .bind(&product.name)
    .bind(&product.description)
    .bind(product.kind)
    .bind(product.monthly.minor)
    .bind(product.yearly.map(|yearly| yearly.minor))
    .bind(product.monthly.currency)
    .bind(&product.features)
    .bind(Json(Metadata::of(product)))
    .bind(product.active)
    .bind(product.trial_days)
    .bind(product.setup_fee.minor)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn update(conn: &mut PgConnection, id: ProductId, product: &Checked) -> sqlx::Result<()> {
    sqlx::query(
        "update products set name = $2, description = $3, base_price = $4, yearly_price = $5, features = $6, metadata = $7, active = $8,
                trial_days = $9, setup_fee = $10
          where id = $1",
    )
    .bind(id)
    .bind(&product.name)
    .bind(&product.description)
    .bind(product.monthly.minor)
    .bind(product.yearly.map(|yearly| yearly.minor))
    .bind(&product.features)
    .bind(Json(Metadata::of(product)))
    .bind(product.active)
    .bind(product.trial_days)
    .bind(product.setup_fee.minor)
    .execute(conn)
    .await?;
    Ok(())
}

/// A product for the domains with one ending, by its code and its name: a year of it costs what a renewal does.
pub(crate) async fn insert_domain(
    conn: &mut PgConnection,
    id: ProductId,
    (code, name): (&str, &str),
    renew: Money,
    active: bool,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into products (id, code, name, type, base_price, yearly_price, currency, active, position, created_at)
         values ($1, $2, $3, 'DOMAIN', 0, $4, $5, $6, (select coalesce(max(position), 0) + 1 from products), $7)",
    )
    .bind(id)
    .bind(code)
    .bind(name)
    .bind(renew.minor)
    .bind(renew.currency)
    .bind(active)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn update_domain(conn: &mut PgConnection, id: ProductId, renew: Money, active: bool) -> sqlx::Result<()> {
    sqlx::query("update products set yearly_price = $2, active = $3 where id = $1").bind(id).bind(renew.minor).bind(active).execute(conn).await?;
    Ok(())
}

/// Stores a version of a product's price.
pub(crate) async fn insert_price(conn: &mut PgConnection, product: ProductId, monthly: Money, yearly: Option<Money>, now: Time) -> sqlx::Result<()> {
    sqlx::query("insert into product_prices (id, product_id, monthly, yearly, currency, valid_from) values ($1, $2, $3, $4, $5, $6)")
        .bind(Uuid::now_v7())
        .bind(product)
        .bind(monthly.minor)
        .bind(yearly.map(|yearly| yearly.minor))
        .bind(monthly.currency)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// A version of a product's price.
#[derive(sqlx::FromRow)]
pub(super) struct Version {
    monthly: i64,
    yearly: Option<i64>,
    currency: Currency,
    valid_from: Time,
}

impl Version {
    pub fn view(self) -> ProductPrice {
        let money = |minor| Money::new(minor, self.currency);
        ProductPrice { monthly: money(self.monthly), yearly: self.yearly.map(money), valid_from: self.valid_from }
    }
}

/// The versions of a product's price in each currency, the newest first.
pub(super) async fn prices(conn: &mut PgConnection, product: ProductId) -> sqlx::Result<Vec<Version>> {
    sqlx::query_as(
        "select monthly, yearly, currency, valid_from from product_prices where product_id = $1 order by valid_from desc, id desc limit 50",
    )
    .bind(product)
    .fetch_all(conn)
    .await
}

/// Stores what a product costs in another currency than its own.
pub(super) async fn set_currency(conn: &mut PgConnection, product: ProductId, price: &CurrencyPrice) -> sqlx::Result<()> {
    sqlx::query(
        "insert into product_currencies (product_id, currency, monthly, yearly, setup_fee) values ($1, $2, $3, $4, $5)
         on conflict (product_id, currency)
         do update set monthly = excluded.monthly, yearly = excluded.yearly, setup_fee = excluded.setup_fee",
    )
    .bind(product)
    .bind(price.monthly.currency)
    .bind(price.monthly.minor)
    .bind(price.yearly.map(|yearly| yearly.minor))
    .bind(price.setup_fee.minor)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn remove_currency(conn: &mut PgConnection, product: ProductId, currency: Currency) -> sqlx::Result<()> {
    sqlx::query("delete from product_currencies where product_id = $1 and currency = $2").bind(product).bind(currency).execute(conn).await?;
    Ok(())
}

/// Subscriptions of a product that go on and are paid in this currency, and orders in it that may still be paid.
pub(super) async fn paid_in(conn: &mut PgConnection, product: ProductId, code: &str, currency: Currency) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as(
        "select (select count(*) from subscriptions where product_id = $1 and currency = $2 and status <> 'CANCELLED'),
                (select count(*) from checkout_sessions where status = 'OPEN' and currency = $2 and (plan_code = $3 or $3 = any(add_ons)))",
    )
    .bind(product)
    .bind(currency)
    .bind(code)
    .fetch_one(conn)
    .await
}
