//! Domains of CloudPods, and who has reserved them.

use crate::{
    Time,
    ids::{CloudPodId, DomainReservationId, TenantId},
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A domain that is served without a proof of who owns it.
        DomainReservationId,
    }
    permissions {
        /// View which domains are reserved.
        DomainsRead "domains:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT];
        /// Release reserved domains.
        DomainsManage "domains:manage" write covers DomainsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    }
    audit {
        /// A domain was reserved for a CloudPod, without a proof of who owns it.
        DomainReserved = "DOMAIN_RESERVED",
        /// Staff released a reserved domain.
        DomainReleased = "DOMAIN_RELEASED",
    }
}

/// A domain that is served for a customer who has not proved to own it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReservationRow {
    /// The reservation.
    pub id: DomainReservationId,
    /// The domain.
    pub domain: String,
    /// Who has reserved it.
    pub tenant: TenantId,
    /// Name of that account.
    pub tenant_name: String,
    /// The CloudPod that it leads to.
    pub cloud_pod: CloudPodId,
    /// Name of that CloudPod.
    pub pod_name: String,
    /// Since when.
    pub reserved_at: Time,
}
