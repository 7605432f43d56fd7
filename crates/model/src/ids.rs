//! Every id type. Ids are UUIDv7, created on the server; the database type is `uuid`.

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
    /// A user.
    UserId,
    /// A customer account.
    TenantId,
    /// A signed-in browser.
    SessionId,
    /// A product.
    ProductId,
    /// A recurring purchase of a product by a customer.
    SubscriptionId,
    /// An invoice.
    InvoiceId,
    /// One checkout by a visitor.
    CheckoutId,
    /// A customer's hosted environment.
    CloudPodId,
    /// A machine that hosts CloudPods.
    ServerId,
    /// A background job.
    JobId,
    /// A webhook event of a payment provider.
    PaymentEventId,
    /// An outgoing email.
    MailId,
    /// An invitation to a customer account.
    InvitationId,
}

impl TenantId {
    /// Represents "no tenant" where a chain or a key needs an id.
    pub const PLATFORM: TenantId = TenantId(Uuid::nil());
}
