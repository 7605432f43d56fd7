//! Customer accounts as staff see them.

use super::queries;
use crate::{
    Error, Result,
    billing::{invoices, subscriptions},
    hosting::cloudpods,
};
use db::{Keyset, PlatformRead};
use model::{
    administration::tenants::{CustomerRow, CustomerView, TenantStatus},
    page::{Page, PageRequest},
    permission::CustomersRead,
};
use uuid::Uuid;

/// Pods that a customer's page shows.
const PODS: i64 = 50;

/// The customer accounts, newest first. `state` is a status; `search` is the beginning of a name, a slug or an address.
///
/// # Errors
/// On fields `cursor` and `state`, when they are unknown.
pub async fn list(tx: &mut impl PlatformRead<CustomersRead>, request: &PageRequest) -> Result<Page<CustomerRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let state = request.state.as_deref().filter(|state| !state.is_empty());
    let state: Option<TenantStatus> = state.map(|state| state.parse().map_err(|_| Error::field("state", "Unknown status filter."))).transpose()?;
    let search = request.search.as_deref().map(|search| search.trim().to_lowercase().replace('\0', "")).filter(|search| !search.is_empty());
    let rows = queries::page(tx.conn(), &keyset, state, search.as_deref()).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &CustomerRow| row.id.0))
}

/// One customer account with everything it has, by its id or its slug.
///
/// # Errors
/// Not found.
pub async fn get(tx: &mut impl PlatformRead<CustomersRead>, key: &str) -> Result<CustomerView> {
    let id = key.parse::<Uuid>().ok();
    let whole = queries::one(tx.conn(), id, &key.replace('\0', "")).await?.ok_or_else(|| Error::not_found("Customer"))?;
    let tenant = whole.row.id;
    let first = PageRequest::default();
    Ok(CustomerView {
        country: whole.country,
        customer: whole.row.view(),
        users: queries::users(tx.conn(), tenant).await?.into_iter().map(queries::UserRow::view).collect(),
        subscriptions: subscriptions::page(tx.conn(), Some(tenant), &first).await?.rows,
        pods: cloudpods::of_tenant(tx, tenant, PODS).await?,
        invoices: invoices::page(tx.conn(), Some(tenant), &first).await?.rows,
    })
}
