//! Products: what is sold.

mod currencies;
mod demo;
mod input;
pub mod price;
pub(crate) mod queries;
#[cfg(test)]
mod tests;

pub use currencies::{remove_price, set_price};
pub use demo::{load_demo, static_plan};

use db::{AuditEvent, ConstraintExt, Keyset, PlatformRead, PlatformTx, PublicTx};
use engine::{Error, Result, Services};
use input::Checked;
use model::{
    audit_action::AuditAction,
    billing::products::{ProductInput, ProductPrice, ProductType, ProductView},
    ids::ProductId,
    page::{Page, PageRequest},
    permission::{ProductsRead, ProductsWrite},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// What a visitor can buy: plans first, then add-ons, each in their order.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn public_list(tx: &mut PublicTx) -> Result<Vec<ProductView>> {
    let rows = queries::active(tx.conn()).await?;
    rows.into_iter().map(|row| row.view().map_err(Error::from)).collect()
}

/// All products, newest first. `state` may say `CLOUDPOD` or `ADDON`.
///
/// # Errors
/// When the cursor is unknown or PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<ProductsRead>, request: &PageRequest) -> Result<Page<ProductView>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let kind = request.state.as_deref().filter(|state| !state.is_empty());
    let rows = queries::page(tx.conn(), &keyset, kind).await?;
    let views: Result<Vec<_>> = rows.into_iter().map(|row| row.view().map_err(Error::from)).collect();
    Ok(keyset.page(views?, |view| view.id.0))
}

/// One product by its code.
///
/// # Errors
/// Not found for an unknown code.
pub async fn get(tx: &mut impl PlatformRead<ProductsRead>, code: &str) -> Result<ProductView> {
    let row = queries::by_code(tx.conn(), code).await?.ok_or_else(|| Error::not_found("Product"))?;
    Ok(row.view()?)
}

/// The versions of a product's price in each currency, the newest first.
///
/// # Errors
/// Not found for an unknown code.
pub async fn prices(tx: &mut impl PlatformRead<ProductsRead>, code: &str) -> Result<Vec<ProductPrice>> {
    let product = get(tx, code).await?;
    Ok(queries::prices(tx.conn(), product.id).await?.into_iter().map(queries::Version::view).collect())
}

/// Makes a product.
///
/// # Errors
/// On the fields that are not right, or a code that is taken.
pub async fn create(services: &Services, mut tx: PlatformTx<ProductsWrite>, input: ProductInput) -> Result<ProductView> {
    let product = Checked::new(&input)?;
    let view = insert(tx.conn(), services, product).await?;
    tx.commit(created(&view)).await?;
    Ok(view)
}

/// Changes a product. Code, type, currency and stack stay what they are; purchases made before keep their price.
///
/// # Errors
/// On the fields that are not right; not found for an unknown code.
pub async fn update(services: &Services, mut tx: PlatformTx<ProductsWrite>, code: &str, input: ProductInput) -> Result<ProductView> {
    let row = queries::lock(tx.conn(), code).await?.ok_or_else(|| Error::not_found("Product"))?;
    let before = row.view()?;
    if before.kind == ProductType::Domain {
        return Err(Error::conflict("Change the prices of domains at /admin/domains/prices."));
    }
    let fixed = ProductInput {
        code: before.code.clone(),
        kind: before.kind.to_string(),
        currency: before.monthly.currency.to_string(),
        stack: before.stack.map(|stack| stack.to_string()).unwrap_or_default(),
        ..input
    };
    let product = Checked::new(&fixed)?;
    queries::update(tx.conn(), before.id, &product).await?;
    let after = product.view(before.id, before.other_prices.clone());
    if (after.monthly, after.yearly) != (before.monthly, before.yearly) {
        queries::insert_price(tx.conn(), before.id, after.monthly, after.yearly, services.now()).await?;
    }
    let event = AuditEvent::new(AuditAction::ProductUpdated, "product", before.id, &after.name)
        .before(serde_json::json!(before))
        .after(serde_json::json!(after));
    tx.commit(event).await?;
    Ok(after)
}

/// The product with that code, made when there is none. One that is there is left as it is.
///
/// # Errors
/// On the fields that are not right.
pub async fn ensure(services: &Services, input: ProductInput) -> Result<ProductView> {
    let product = Checked::new(&input)?;
    let mut tx = services.db.system("products").await?;
    if let Some(row) = queries::by_code(tx.conn(), &input.code).await? {
        return Ok(row.view()?);
    }
    let view = insert(tx.conn(), services, product).await?;
    tx.commit(created(&view)).await?;
    Ok(view)
}

async fn insert(conn: &mut PgConnection, services: &Services, product: Checked) -> Result<ProductView> {
    let id = ProductId(Uuid::now_v7());
    queries::insert(&mut *conn, id, &product, services.now())
        .await
        .on_constraint("products_code_key", || Error::field("code", "This code is already in use."))?;
    queries::insert_price(conn, id, product.monthly, product.yearly, services.now()).await?;
    Ok(product.view(id, Vec::new()))
}

fn created(view: &ProductView) -> AuditEvent {
    AuditEvent::new(AuditAction::ProductCreated, "product", view.id, &view.name).after(serde_json::json!(view))
}

/// Whether the product is a plan.
pub(crate) fn is_plan(view: &ProductView) -> bool {
    view.kind == ProductType::Cloudpod
}
