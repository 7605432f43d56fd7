//! Customer accounts.

use super::accounts::UserView;
use crate::{
    Time,
    billing::{invoices::InvoiceRow, subscriptions::SubscriptionView},
    hosting::cloudpods::PodRow,
    ids::TenantId,
};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// State of a customer account.
    TenantStatus {
        /// In good standing.
        Active = "ACTIVE",
        /// Switched off.
        Suspended = "SUSPENDED",
        /// Ended.
        Closed = "CLOSED",
    }
}

/// A customer account in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerRow {
    /// The account.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Its slug.
    pub slug: String,
    /// Where invoices go.
    pub billing_email: String,
    /// Its state.
    pub status: TenantStatus,
    /// Pods that are not deleted.
    pub pods: i64,
    /// Active subscriptions.
    pub subscriptions: i64,
    /// Since when.
    pub created_at: Time,
}

/// A customer account, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerView {
    /// The account.
    pub customer: CustomerRow,
    /// ISO 3166 code.
    pub country: String,
    /// Its members.
    pub users: Vec<UserView>,
    /// Its subscriptions, newest first, at most 50.
    pub subscriptions: Vec<SubscriptionView>,
    /// Its pods, newest first, at most 50.
    pub pods: Vec<PodRow>,
    /// Its invoices, newest first, at most 50.
    pub invoices: Vec<InvoiceRow>,
}
