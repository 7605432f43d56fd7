//! Domains that customers have registered here, or brought here from another registrar.

use crate::{
    Time,
    billing::payments::PaymentMethodView,
    ids::{DomainId, DomainRegistrationId, InvoiceId, JobId, SubscriptionId, TenantId},
    money::Money,
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A domain that a customer has registered here.
        DomainRegistrationId,
    }
    permissions {}
    audit {
        /// A customer has ordered a domain, or its transfer to us.
        DomainOrdered = "DOMAIN_ORDERED",
        /// A domain was registered, or came from another registrar.
        DomainRegistered = "DOMAIN_REGISTERED",
        /// A domain that was ordered is not registered: it was refused, its order was not paid, or its job was rolled back.
        DomainRegistrationEnded = "DOMAIN_REGISTRATION_ENDED",
        /// A domain was renewed at the registry.
        DomainRenewed = "DOMAIN_RENEWED",
        /// The registry has refused to renew a domain.
        DomainRenewalRefused = "DOMAIN_RENEWAL_REFUSED",
        /// Name servers, lock, contact or automatic renewal of a registered domain were changed.
        DomainRegistrationChanged = "DOMAIN_REGISTRATION_CHANGED",
        /// A domain that nobody has paid for was deleted at the registry, in the grace period of the year that the registry had added.
        DomainDeleted = "DOMAIN_DELETED",
        /// A customer has cancelled the transfer of a domain to us.
        DomainTransferCancelled = "DOMAIN_TRANSFER_CANCELLED",
        /// Somebody was shown a new authorization code of a domain.
        DomainCodeShown = "DOMAIN_CODE_SHOWN",
        /// A domain went to another registrar, or the registry has it no longer.
        DomainLeft = "DOMAIN_LEFT",
    }
}

crate::text_enum! {
    /// How a domain comes to us.
    RegistrationKind {
        /// It is registered for the first time.
        Register = "REGISTER",
        /// It comes from another registrar.
        Transfer = "TRANSFER",
        /// It was deleted, and its former holder has it restored.
        Restore = "RESTORE",
    }
}

crate::text_enum! {
    /// How far a registration is.
    RegistrationStatus {
        /// Ordered; the invoice is not paid yet.
        Ordered = "ORDERED",
        /// Paid; the registry is asked for it.
        Registering = "REGISTERING",
        /// Paid; the other registrar, or the time that it has, decides.
        Transferring = "TRANSFERRING",
        /// Paid; the registry is asked to restore it.
        Restoring = "RESTORING",
        /// The domain is registered here.
        Active = "ACTIVE",
        /// It was not renewed; the registry keeps it for a time before anybody can register it.
        Redemption = "REDEMPTION",
        /// It was refused, or its job was rolled back. What was paid is refunded.
        Refused = "REFUSED",
        /// It was not paid in time.
        Cancelled = "CANCELLED",
        /// It went to another registrar, or was not renewed.
        Left = "LEFT",
        /// It was deleted, and an order to restore it goes on in its place.
        Replaced = "REPLACED",
    }
}

impl RegistrationStatus {
    /// Whether the registration goes on: nobody else can order the name here.
    pub const fn is_open(self) -> bool {
        !matches!(self, RegistrationStatus::Refused | RegistrationStatus::Cancelled | RegistrationStatus::Left | RegistrationStatus::Replaced)
    }
}

crate::text_enum! {
    /// Whether a name can be had.
    NameAvailability {
        /// It can be registered.
        Available = "AVAILABLE",
        /// Somebody has registered it; with its code it can come here.
        Taken = "TAKEN",
        /// The registry asks a price of its own for it.
        Premium = "PREMIUM",
        /// The registry did not answer for it.
        Unknown = "UNKNOWN",
    }
}

/// Who holds a domain, as registries want to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HolderInput {
    /// Name of the person.
    pub name: String,
    /// Name of the company; empty for a person.
    #[serde(default)]
    pub organization: String,
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// State or province; empty where there is none.
    #[serde(default)]
    pub province: String,
    /// Postal code; empty where there is none.
    #[serde(default)]
    pub postal_code: String,
    /// Country, ISO 3166.
    pub country: String,
    /// Phone number with the country's code: `+49 30 1234567`.
    pub phone: String,
    /// Email address.
    pub email: String,
}

/// An order of a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainOrderInput {
    /// The domain.
    pub domain: String,
    /// Whether it comes from another registrar.
    #[serde(default)]
    pub is_transfer: bool,
    /// Authorization code of the current registrar, for a transfer.
    #[serde(default)]
    pub auth_code: String,
    /// Who will hold it.
    pub holder: HolderInput,
    /// The total that the quote showed, in minor units.
    pub total: i64,
    /// What it showed as due now, in minor units.
    pub due: i64,
    /// The price of each further year that it showed, in minor units.
    pub total_then: i64,
}

/// What an order of a domain costs, as of now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainQuote {
    /// The domain, as people write it.
    pub display_name: String,
    /// Price of the year that is ordered, without tax.
    pub net: Money,
    /// Hundredths of a percent.
    pub tax_rate_bp: i32,
    /// The tax.
    pub tax: Money,
    /// With tax.
    pub total: Money,
    /// Account credit that is used.
    pub credit_used: Money,
    /// What is to be paid now.
    pub due: Money,
    /// The card that is charged; without one the invoice is paid online.
    pub method: Option<PaymentMethodView>,
    /// Price of each further year, with tax.
    pub total_then: Money,
    /// Who is invoiced, to begin with as the holder.
    pub holder: HolderInput,
}

/// What it costs to restore a domain that was deleted, or to renew one whose subscription has ended, as of now. Without tax where nothing else is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RestoreQuote {
    /// The domain, as people write it.
    pub display_name: String,
    /// The fee of the restoration; nothing for a domain that was not deleted.
    pub fee: Option<Money>,
    /// Price of the year that is added.
    pub renewal: Money,
    /// Hundredths of a percent.
    pub tax_rate_bp: i32,
    /// The tax.
    pub tax: Money,
    /// With tax.
    pub total: Money,
    /// Account credit that is used.
    pub credit_used: Money,
    /// What is to be paid now.
    pub due: Money,
    /// The card that is charged; without one the invoice is paid online.
    pub method: Option<PaymentMethodView>,
    /// Price of each further year, with tax.
    pub total_then: Money,
    /// Until when it is registered then.
    pub expires_at: Time,
    /// Until when the registry keeps it, as far as we know.
    pub restorable_until: Option<Time>,
}

/// An order to restore a domain, with the sums that its quote showed, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RestoreInput {
    /// The total.
    pub total: i64,
    /// What was due now.
    pub due: i64,
    /// The price of each further year.
    pub total_then: i64,
}

/// An order of a domain that was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderedDomain {
    /// The registration.
    pub registration: DomainRegistrationId,
    /// Its invoice.
    pub invoice: InvoiceId,
}

/// A name that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FoundName {
    /// As DNS has it.
    pub name: String,
    /// As people write it.
    pub display_name: String,
    /// Whether it can be had.
    pub availability: NameAvailability,
    /// Price of the first year, without tax.
    pub register: Money,
    /// Price of each further year, without tax.
    pub renew: Money,
    /// Price of a transfer with one more year, without tax.
    pub transfer: Money,
}

/// A registration in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegistrationRow {
    /// The registration.
    pub id: DomainRegistrationId,
    /// As DNS has it.
    pub name: String,
    /// As people write it.
    pub display_name: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// Name of that account.
    pub tenant_name: String,
    /// How it came to us.
    pub kind: RegistrationKind,
    /// How far it is.
    pub status: RegistrationStatus,
    /// When the registration ends at the registry.
    pub expires_at: Option<Time>,
    /// Whether it is renewed by itself, once its next year is paid.
    pub auto_renew: bool,
    /// When it was ordered.
    pub created_at: Time,
}

/// The registration of a domain, on the domain's own page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainRegistration {
    /// The registration.
    pub id: DomainRegistrationId,
    /// How far it is.
    pub status: RegistrationStatus,
    /// When it ends at the registry.
    pub expires_at: Option<Time>,
}

/// A transfer that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransferView {
    /// Whether the domain leaves us.
    pub is_outgoing: bool,
    /// When the registry decides by itself.
    pub decides_at: Option<Time>,
    /// Whether the customer has cancelled it, and the registry has not confirmed that yet.
    pub is_cancelling: bool,
}

/// A registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegistrationView {
    /// The registration.
    pub row: RegistrationRow,
    /// Why it was refused, or the last renewal was, in words.
    pub failure: Option<String>,
    /// The subscription that pays for it.
    pub subscription: SubscriptionId,
    /// The invoice that is to be paid for it next.
    pub open_invoice: Option<InvoiceId>,
    /// The job that registers, transfers or renews it, if one goes on.
    pub job: Option<JobId>,
    /// A transfer that is under way.
    pub transfer: Option<TransferView>,
    /// Until when it can be restored, as far as we know; nothing where it was not deleted.
    pub restorable_until: Option<Time>,
    /// When it is deleted at the registry unless it is paid: the registry has renewed it by itself.
    pub deletes_at: Option<Time>,
    /// Whether its subscription has ended: to be renewed it has to be ordered again.
    pub is_subscription_ended: bool,
    /// Whether it is wanted to be kept from being transferred away.
    pub is_locked: bool,
    /// The name servers that are wanted.
    pub name_servers: Vec<String>,
    /// Our own name servers; none where there are none.
    pub own_name_servers: Vec<String>,
    /// Who holds it.
    pub holder: HolderInput,
    /// What the registry has not been told yet, or has refused, a line each.
    pub differences: Vec<String>,
    /// When the registry was last asked.
    pub checked_at: Option<Time>,
    /// The domain among those that are connected, once it is here.
    pub domain: Option<DomainId>,
}
