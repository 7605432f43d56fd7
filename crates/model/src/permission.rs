//! Every permission, in one list: `resource:action`, as the specification's §10 writes them.
//!
//! A service takes its permission as a type (`TenantTx<CloudpodsRead>`); the same word stands in the table `permissions`.
//! Actions: read, write, delete, manage, admin.

mod list {
    /// Only what stands in the list below: whoever could add a permission of its own could say that it covers the others.
    pub trait Listed {}
}

/// A permission as a type. The door of the database opens for it, or does not.
pub trait Permission: list::Listed + Send + Sync + 'static {
    /// The word in the table `permissions`.
    const NAME: &'static str;
    /// Whether a door opened for it may change anything; a reading door is read-only to PostgreSQL too.
    const WRITE: bool;
}

/// A permission that allows a change, and so a commit.
pub trait WritePermission: Permission {}

/// `P: Covers<Q>`: who holds `P` may do what `Q` allows.
pub trait Covers<Q: Permission>: Permission {}

/// A permission with its word and the roles that hold it when mPanel is new.
pub struct Entry {
    /// `resource:action`.
    pub name: &'static str,
    /// Built-in roles that hold it.
    pub roles: &'static [&'static str],
}

macro_rules! permissions {
    ($($(#[$meta:meta])* $ty:ident $name:literal $kind:ident $(covers $covered:ident)? [$($role:ident),* $(,)?];)+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug)]
            pub struct $ty;
            impl list::Listed for $ty {}
            impl Permission for $ty { const NAME: &'static str = $name; const WRITE: bool = permissions!(@is $kind); }
            impl Covers<$ty> for $ty {}
            $(impl Covers<$covered> for $ty {})?
            permissions!(@$kind $ty);
        )+

        /// The whole list, in order.
        pub const ALL: &[Entry] = &[$(Entry { name: $name, roles: &[$(stringify!($role)),*] }),+];
    };
    (@is read) => { false };
    (@is write) => { true };
    (@read $ty:ident) => {};
    (@write $ty:ident) => { impl WritePermission for $ty {} };
}

permissions! {
    /// See the dashboard of the platform.
    DashboardRead "dashboard:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See logins.
    UsersRead "users:read" read [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
    /// See customer accounts.
    CustomersRead "customers:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See products, the hidden ones too.
    ProductsRead "products:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
    /// Make and change products.
    ProductsWrite "products:write" write covers ProductsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See subscriptions.
    SubscriptionsRead "subscriptions:read" read [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
    /// See invoices.
    BillingRead "billing:read" read [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
    /// See servers.
    ServersRead "servers:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
    /// Enrol servers, drain them, install what they need.
    ServersManage "servers:manage" write covers ServersRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See CloudPods.
    CloudpodsRead "cloudpods:read" read [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN, TENANT_USER];
    /// Delete CloudPods.
    CloudpodsDelete "cloudpods:delete" write covers CloudpodsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See jobs, their steps and their log.
    JobsRead "jobs:read" read [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN, TENANT_USER];
    /// Cancel and retry jobs.
    JobsManage "jobs:manage" write covers JobsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See the record of who did what.
    AuditRead "audit:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See mail that mPanel has sent or kept.
    OutboxRead "outbox:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
}
