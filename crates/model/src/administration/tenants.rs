//! Customer accounts.

use super::accounts::UserView;
use crate::{
    Time,
    billing::{invoices::InvoiceRow, subscriptions::SubscriptionView},
    hosting::{cloudpods::PodRow, suspensions::SuspensionReason},
    ids::TenantId,
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A customer account.
        TenantId,
    }
    permissions {
        /// View customer accounts.
        CustomersRead "customers:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING];
        /// Suspend and unsuspend customer accounts.
        CustomersManage "customers:manage" write covers CustomersRead [SUPER_ADMIN, PLATFORM_ADMIN];
    }
    audit {
        /// A customer account was created.
        TenantCreated = "TENANT_CREATED",
        /// A customer account was suspended, with all of its CloudPods.
        TenantSuspended = "TENANT_SUSPENDED",
        /// The suspension of a customer account was lifted.
        TenantUnsuspended = "TENANT_UNSUSPENDED",
    }
}

crate::text_enum! {
    /// Status of a customer account.
    TenantStatus {
        /// Active.
        Active = "ACTIVE",
        /// Suspended.
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
    /// Name.
    pub name: String,
    /// Its slug.
    pub slug: String,
    /// Billing email.
    pub billing_email: String,
    /// Its status.
    pub status: TenantStatus,
    /// Why it is suspended, when it is.
    pub suspension_reason: Option<SuspensionReason>,
    /// Number of CloudPods that are not deleted.
    pub pods: i64,
    /// Active subscriptions.
    pub subscriptions: i64,
    /// When it was created.
    pub created_at: Time,
}

/// A customer account in full.
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

impl TenantId {
    /// Represents "no tenant" where a chain or a key needs an id.
    pub const PLATFORM: TenantId = TenantId(uuid::Uuid::nil());
}
