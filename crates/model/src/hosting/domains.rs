//! Domains: those that customers have connected and proved, and those that are only reserved.

use crate::{
    Time,
    hosting::registrations::DomainRegistration,
    ids::{CloudPodId, DomainId, DomainOfferId, DomainReservationId, TenantId, WebsiteId},
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A domain that is served without a proof of who owns it.
        DomainReservationId,
        /// A domain that a customer has connected.
        DomainId,
        /// A domain that one account has offered to another one.
        DomainOfferId,
    }
    permissions {
        /// View domains.
        DomainsRead "domains:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER, TENANT_USER];
        /// Connect domains, and use them for CloudPods.
        DomainsWrite "domains:write" write covers DomainsRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER];
        /// Offer domains to other accounts.
        DomainsTransfer "domains:transfer" step_up covers DomainsRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
        /// Release reserved domains.
        DomainsManage "domains:manage" write covers DomainsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    }
    audit {
        /// A domain was reserved for a CloudPod, without a proof of who owns it.
        DomainReserved = "DOMAIN_RESERVED",
        /// Staff released a reserved domain.
        DomainReleased = "DOMAIN_RELEASED",
        /// A customer connected a domain, without a proof yet.
        DomainConnected = "DOMAIN_CONNECTED",
        /// A customer has proved to own a domain.
        DomainVerified = "DOMAIN_VERIFIED",
        /// A domain was disconnected, or given up since nobody proved it in time.
        DomainDisconnected = "DOMAIN_DISCONNECTED",
        /// Somebody else has proved to own a domain.
        DomainLost = "DOMAIN_LOST",
        /// Other domains lead to a CloudPod.
        DomainUpdated = "DOMAIN_UPDATED",
        /// An account has offered a domain to another one.
        DomainOffered = "DOMAIN_OFFERED",
        /// An offer of a domain was declined or withdrawn, or nobody accepted it in time.
        DomainOfferEnded = "DOMAIN_OFFER_ENDED",
        /// A domain went from one account to another one.
        DomainTransferred = "DOMAIN_TRANSFERRED",
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

crate::text_enum! {
    /// How far a domain is.
    DomainStatus {
        /// Nobody has proved to own it yet.
        Pending = "PENDING",
        /// The customer has proved to own it.
        Verified = "VERIFIED",
    }
}

crate::text_enum! {
    /// How far names at or below a domain are on their way to HTTPS, as it was last seen.
    DomainHttps {
        /// Nobody has looked yet, or no certificates are issued.
        Unknown = "UNKNOWN",
        /// No certificate could be issued: names do not lead to their sites yet, or something else is in the way.
        Waiting = "WAITING",
        /// The first certificate is being issued.
        Issuing = "ISSUING",
        /// A certificate for one of them is in use.
        Served = "SERVED",
    }
}

/// A connected domain in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainRow {
    /// The domain.
    pub id: DomainId,
    /// Its name as DNS has it.
    pub name: String,
    /// Its name as people write it.
    pub display_name: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// Name of that account.
    pub tenant_name: String,
    /// How far it is.
    pub status: DomainStatus,
    /// When it was connected.
    pub created_at: Time,
    /// When DNS was last asked for the proof.
    pub checked_at: Option<Time>,
    /// How many names at or below it lead to CloudPods.
    pub used: i64,
}

/// A connected domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainView {
    /// The domain.
    pub domain: DomainRow,
    /// Name of the TXT record that proves it.
    pub record_name: String,
    /// What stands in that record.
    pub record_value: String,
    /// What DNS said when it was last asked, in words.
    pub finding: Option<String>,
    /// When it is given up unless it is proved.
    pub expires_at: Option<Time>,
    /// When it was proved.
    pub verified_at: Option<Time>,
    /// Names at or below it that lead to CloudPods of the account.
    pub names: Vec<SiteName>,
    /// Sites that a name can be given to.
    pub sites: Vec<NamedSite>,
    /// How far these are on their way to HTTPS.
    pub https: DomainHttps,
    /// Whether its DNS zone is hosted here.
    pub has_zone: bool,
    /// The offer of it to another account, if there is one.
    pub offer: Option<DomainOffer>,
    /// Its registration, where it is registered here.
    pub registration: Option<DomainRegistration>,
}

/// A domain that waits for another account to accept it, as the account sees that has offered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainOffer {
    /// The offer.
    pub id: DomainOfferId,
    /// To whom, as it was typed.
    pub account: String,
    /// When it ends unless it is accepted.
    pub expires_at: Time,
}

/// A domain that is offered to an account, as that account sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfferedDomain {
    /// The offer.
    pub id: DomainOfferId,
    /// The domain as people write it.
    pub display_name: String,
    /// Name of the account that offers it.
    pub from: String,
    /// Whether its DNS zone comes along.
    pub has_zone: bool,
    /// Whether that zone is signed.
    pub is_signed: bool,
    /// When the offer ends.
    pub expires_at: Time,
}

/// A name that leads to a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SiteName {
    /// The name.
    pub name: String,
    /// The site.
    pub site: NamedSite,
    /// Whether it is the CloudPod's main domain, which stays with it.
    pub is_main: bool,
    /// Where the name has to lead, if the CloudPod is on a server.
    pub address: Option<String>,
}

/// A site by its title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamedSite {
    /// The site.
    pub id: WebsiteId,
    /// Its title.
    pub title: String,
    /// Name of the CloudPod that it is in.
    pub pod_name: String,
}

/// Where a name leads, as DNS says now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NameCheck {
    /// The name.
    pub name: String,
    /// The addresses that were found.
    pub found: Vec<String>,
    /// Whether visitors of the name come to the CloudPod's server, and only there.
    pub is_right: bool,
    /// What each resolver has of it.
    pub answers: Vec<ResolverAnswer>,
}

/// What a resolver that was asked now has of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResolverAnswer {
    /// The resolver: its address, or a name in place of one of ours.
    pub resolver: String,
    /// The values that it has, as zone files have them; of an alias, where that leads.
    pub values: Vec<String>,
    /// Whether it has answered at all.
    pub has_answered: bool,
    /// Whether it has what is to be there.
    pub is_right: bool,
}
