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
    /// Whether the door asks for the password again, when it was not typed a moment ago: for what cannot be undone.
    const STEP_UP: bool;
}

/// A permission that allows a change, and so a commit.
pub trait WritePermission: Permission {}

/// `P: Covers<Q>`: who holds `P` may do what `Q` allows.
pub trait Covers<Q: Permission>: Permission {}

/// A permission with its word and the roles that hold it when mPanel is new.
pub struct Entry {
    /// `resource:action`.
    pub name: &'static str,
    /// Built-in roles that hold it. None: every login holds it for itself.
    pub roles: &'static [&'static str],
    /// Whether it asks for the password again.
    pub step_up: bool,
}

macro_rules! permissions {
    ($($(#[$meta:meta])* $ty:ident $name:literal $kind:ident $(covers $covered:ident)? [$($role:ident),* $(,)?];)+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug)]
            pub struct $ty;
            impl list::Listed for $ty {}
            impl Permission for $ty {
                const NAME: &'static str = $name;
                const WRITE: bool = permissions!(@is $kind);
                const STEP_UP: bool = permissions!(@asks $kind);
            }
            impl Covers<$ty> for $ty {}
            $(impl Covers<$covered> for $ty {})?
            permissions!(@$kind $ty);
        )+

        /// The whole list, in order.
        pub const ALL: &[Entry] = &[$(Entry { name: $name, roles: &[$(stringify!($role)),*], step_up: permissions!(@asks $kind) }),+];
    };
    (@is read) => { false };
    (@is write) => { true };
    (@is step_up) => { true };
    (@asks read) => { false };
    (@asks write) => { false };
    (@asks step_up) => { true };
    (@read $ty:ident) => {};
    (@step_up $ty:ident) => { impl WritePermission for $ty {} };
    (@write $ty:ident) => { impl WritePermission for $ty {} };
}

// `step_up`: a write that cannot be undone; the door asks for the password again.
permissions! {
    /// See the dashboard of the platform.
    DashboardRead "dashboard:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING];
    /// See logins: all of them on the platform, the members in an account.
    UsersRead "users:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN];
    /// Invite members and change their roles.
    UsersWrite "users:write" write covers UsersRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
    /// Remove members.
    UsersDelete "users:delete" step_up covers UsersRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
    /// End other people's sessions, disable logins, take a lost second step away.
    UsersManage "users:manage" step_up covers UsersRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// Give and take roles of the platform; in an account, ownership.
    UsersAdmin "users:admin" step_up covers UsersRead [SUPER_ADMIN, TENANT_OWNER];
    /// See the rules for signing in.
    PoliciesRead "policies:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
    /// Change the rules for signing in.
    PoliciesManage "policies:manage" step_up covers PoliciesRead [SUPER_ADMIN];
    /// See the own login: sessions, second step, accounts.
    AccountRead "account:read" read [];
    /// Change what can be put back: end own sessions, confirm a code app.
    AccountWrite "account:write" write covers AccountRead [];
    /// Change how the own login is proved: password, second step; leave an account.
    AccountManage "account:manage" step_up covers AccountRead [];
    /// See customer accounts.
    CustomersRead "customers:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING];
    /// See products, the hidden ones too.
    ProductsRead "products:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING];
    /// Make and change products.
    ProductsWrite "products:write" write covers ProductsRead [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_BILLING];
    /// See subscriptions.
    SubscriptionsRead "subscriptions:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING, TENANT_OWNER, TENANT_ADMIN, TENANT_BILLING];
    /// See invoices.
    BillingRead "billing:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING, TENANT_OWNER, TENANT_ADMIN, TENANT_BILLING];
    /// See servers.
    ServersRead "servers:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT];
    /// Enrol servers, drain them, install what they need.
    ServersManage "servers:manage" write covers ServersRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See CloudPods.
    CloudpodsRead "cloudpods:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER, TENANT_USER];
    /// Delete CloudPods.
    CloudpodsDelete "cloudpods:delete" step_up covers CloudpodsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See which domains are reserved.
    DomainsRead "domains:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT];
    /// Release reserved domains.
    DomainsManage "domains:manage" write covers DomainsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See jobs, their steps and their log.
    JobsRead "jobs:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER, TENANT_USER];
    /// Cancel and retry jobs.
    JobsManage "jobs:manage" write covers JobsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See the record of who did what.
    AuditRead "audit:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
    /// See mail that mPanel has sent or kept. Its links sign people in, admins too: for who may do everything anyway.
    OutboxRead "outbox:read" read [SUPER_ADMIN];
}
