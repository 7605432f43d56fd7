//! Subscriptions: purchases of products by tenants. Only [`transition`] writes them.
//!
//! `status` says what is paid for: it is the desired side. Whether the machines follow is observed by hosting and stands with the CloudPods;
//! the two are compared by reconcilers, never folded into one word. Billing calls hosting, never the reverse: a CloudPod that is deleted asks
//! for a look at its subscription by the reconciler's name, in its own transaction.
//!
//! - A plan and its add-ons share status, period and end; they are on one invoice.
//! - Periods are half-open, follow each other without gap, and are counted from the anchor. One exception: where a period ends unpaid, the next
//!   one begins with the payment.
//! - A period is invoiced once; the next one is not invoiced while an invoice is overdue.

mod cancel;
mod change;
mod detail;
pub(crate) mod domains;
mod end_now;
mod ending;
mod history;
mod letters;
mod next_charge;
mod overdue;
pub mod period;
mod price;
mod price_move;
pub(crate) mod queries;
mod reactivate;
mod reconcile;
pub(crate) mod renew;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod transition;

pub use cancel::{cancel_at_period_end, cancel_at_period_end_of_tenant, keep, keep_of_tenant};
pub use change::{
    ConfirmedPreview, WantedChange, change, change_of_tenant, options, options_of_tenant, preview, preview_of_tenant, unschedule,
    unschedule_of_tenant,
};
pub use detail::{detail, detail_of_tenant};
pub use end_now::{ConfirmedCredit, cancel_now, cancel_now_with_credit, preview_end};
pub use history::history;
pub(crate) use next_charge::next_charge;
pub use overdue::{charge_now, end_extension, extend_deadline};
pub use price_move::{move_prices, preview_price_move};
pub use reactivate::{ConfirmedSums, preview_reactivation, preview_reactivation_of_tenant, reactivate, reactivate_of_tenant};

use db::{Keyset, PlatformRead, TenantRead};
use engine::{Error, Result};
use model::{
    billing::subscriptions::{SubscriptionStatus, SubscriptionView},
    ids::{SubscriptionId, TenantId},
    page::{Page, PageRequest},
    permission::{CustomersRead, SubscriptionsRead},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::SubscriptionQuantity>();
    modules.reconcilers.add::<reconcile::SubscriptionBilling>();
}

/// All subscriptions, newest first. `state` may be a status word.
///
/// # Errors
/// When the cursor is unknown or PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<SubscriptionsRead>, request: &PageRequest) -> Result<Page<SubscriptionView>> {
    page(tx.conn(), None, request).await
}

/// The subscriptions of the open tenant, newest first.
///
/// # Errors
/// As [`list`].
pub async fn of_tenant(tx: &mut impl TenantRead<SubscriptionsRead>, request: &PageRequest) -> Result<Page<SubscriptionView>> {
    let tenant = tx.tenant();
    page(tx.conn(), Some(tenant), request).await
}

/// The newest of a customer, for staff.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn of_customer(tx: &mut impl PlatformRead<CustomersRead>, tenant: TenantId) -> Result<Vec<SubscriptionView>> {
    Ok(page(tx.conn(), Some(tenant), &PageRequest::default()).await?.rows)
}

/// A page of all, or of one tenant's.
async fn page(conn: &mut PgConnection, tenant: Option<TenantId>, request: &PageRequest) -> Result<Page<SubscriptionView>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let state = request.state.as_deref().filter(|state| !state.is_empty());
    let state: Option<SubscriptionStatus> =
        state.map(|state| state.parse().map_err(|_| Error::field("state", "Unknown status filter."))).transpose()?;
    let rows = queries::page(conn, &keyset, tenant, state).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |view: &SubscriptionView| view.id.0))
}

async fn one(conn: &mut PgConnection, tenant: Option<TenantId>, id: SubscriptionId) -> Result<SubscriptionView> {
    let row = queries::one(conn, tenant, id).await?.ok_or_else(|| Error::not_found("Subscription"))?;
    Ok(row.view())
}
