//! Customer accounts as staff see them.

use super::queries;
use db::{Keyset, PlatformRead};
use engine::{Error, Result};
use model::{
    administration::{
        accounts::UserView,
        tenants::{CustomerRow, CustomerView, TenantStatus},
    },
    billing::{invoices::InvoiceRow, subscriptions::SubscriptionView},
    hosting::cloudpods::PodRow,
    ids::TenantId,
    page::{Page, PageRequest},
    permission::CustomersRead,
};
use uuid::Uuid;

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

/// A customer account with its members.
pub struct CustomerAccount {
    /// The account.
    pub customer: CustomerRow,
    /// ISO 3166 code.
    pub country: String,
    /// Its members.
    pub users: Vec<UserView>,
}

impl CustomerAccount {
    /// With what it has bought.
    pub fn with(self, subscriptions: Vec<SubscriptionView>, pods: Vec<PodRow>, invoices: Vec<InvoiceRow>) -> CustomerView {
        let Self { customer, country, users } = self;
        CustomerView { customer, country, users, subscriptions, pods, invoices }
    }
}

/// One customer account.
///
/// # Errors
/// Not found.
pub async fn get(tx: &mut impl PlatformRead<CustomersRead>, id: TenantId) -> Result<CustomerAccount> {
    let whole = queries::one(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Customer"))?;
    Ok(CustomerAccount {
        country: whole.country,
        customer: whole.row.view(),
        users: queries::users(tx.conn(), id).await?.into_iter().map(queries::UserRow::view).collect(),
    })
}
