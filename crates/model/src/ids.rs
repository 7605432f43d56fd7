//! Every id, in one list. Ids are UUIDv7, made on the server; the database knows them as `uuid`.

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{}({})", stringify!($name), self.0) }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { text.parse().map(Self) }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }
    )+};
}

ids! {
    /// A human login.
    UserId,
    /// A customer account.
    TenantId,
    /// A signed-in browser.
    SessionId,
    /// A sellable product.
    ProductId,
    /// An active purchase of a product by a tenant.
    SubscriptionId,
    /// An invoice.
    InvoiceId,
    /// One run of a visitor through the checkout.
    CheckoutId,
    /// A tenant's hosted environment.
    CloudPodId,
    /// A machine that hosts pods.
    ServerId,
    /// A background job.
    JobId,
    /// A message of a payment provider.
    PaymentEventId,
    /// A mail in the outbox.
    MailId,
    /// An invitation to a customer account.
    InvitationId,
    /// An API key.
    ApiKeyId,
    /// A domain that is served without a proof of who owns it.
    DomainReservationId,
}

impl TenantId {
    /// Stands for "no tenant" where a chain or a key needs an id.
    pub const PLATFORM: TenantId = TenantId(Uuid::nil());
}
