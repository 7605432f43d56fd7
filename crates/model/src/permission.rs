//! Every permission: `resource:action`, as in §10 of the specification.
//!
//! A use case takes its permission as a type (`TenantTx<CloudpodsRead>`); its name is also in the table `permissions`.
//! Actions: read, write, delete, manage, admin.

mod list {
    /// Seals `Permission`: a permission defined elsewhere could claim to cover the others.
    pub trait Sealed {}
}

/// A permission as a type. `db` checks it before it opens a transaction.
pub trait Permission: list::Sealed + Send + Sync + 'static {
    /// Name in the table `permissions`.
    const NAME: &'static str;
    /// Whether a transaction authorized by it may write. Without it PostgreSQL makes the transaction read-only.
    const WRITE: bool;
    /// Whether the access check requires a recent password confirmation.
    const STEP_UP: bool;
}

/// A permission that allows writing, and thus a commit.
pub trait WritePermission: Permission {}

/// `P: Covers<Q>`: permission `P` includes `Q`.
pub trait Covers<Q: Permission>: Permission {}

/// A permission with the built-in roles that have it.
pub struct PermissionDef {
    /// `resource:action`.
    pub name: &'static str,
    /// Built-in roles that have it. Empty: every user has it for their own data.
    pub roles: &'static [&'static str],
    /// Whether it requires password confirmation.
    pub step_up: bool,
}

impl PermissionDef {
    /// Whether a role has this permission.
    pub fn is_of_role(&self, role: &str) -> bool {
        self.roles.contains(&role)
    }
}

/// Whether a built-in role has a permission. Pages use it to hide what the role cannot open; the access check decides.
pub fn holds<P: Permission>(role: &str) -> bool {
    ALL.iter().any(|entry| entry.name == P::NAME && entry.is_of_role(role))
}

macro_rules! permissions {
    ($($(#[$meta:meta])* $ty:ident $name:literal $kind:ident $(covers $covered:ident)? [$($role:ident),* $(,)?];)+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug)]
            pub struct $ty;
            impl list::Sealed for $ty {}
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
        pub const ALL: &[PermissionDef] = &[$(PermissionDef { name: $name, roles: &[$(stringify!($role)),*], step_up: permissions!(@asks $kind) }),+];
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

// `step_up`: a sensitive write; the access check requires password confirmation.
permissions! {
    /// View the platform's dashboard.
    DashboardRead "dashboard:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING];
    /// View users: all of them on the platform, the members of an account.
    UsersRead "users:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN];
    /// Invite members and change their roles.
    UsersWrite "users:write" write covers UsersRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
    /// Remove members.
    UsersDelete "users:delete" step_up covers UsersRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
    /// Sign out other users, disable users, reset 2FA.
    UsersManage "users:manage" step_up covers UsersRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// Assign platform roles; in an account, ownership.
    UsersAdmin "users:admin" step_up covers UsersRead [SUPER_ADMIN, TENANT_OWNER];
    /// View security policies.
    PoliciesRead "policies:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
    /// Change security policies.
    PoliciesManage "policies:manage" step_up covers PoliciesRead [SUPER_ADMIN];
    /// View your own profile: sessions, 2FA, accounts.
    AccountRead "account:read" read [];
    /// Sign out your own sessions, confirm 2FA setup.
    AccountWrite "account:write" write covers AccountRead [];
    /// Change your password and 2FA, leave an account.
    AccountManage "account:manage" step_up covers AccountRead [];
    /// View customer accounts.
    CustomersRead "customers:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING];
    /// View products, including inactive ones.
    ProductsRead "products:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING];
    /// Create and change products.
    ProductsWrite "products:write" write covers ProductsRead [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_BILLING];
    /// View subscriptions.
    SubscriptionsRead "subscriptions:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING, TENANT_OWNER, TENANT_ADMIN, TENANT_BILLING];
    /// View invoices.
    BillingRead "billing:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING, TENANT_OWNER, TENANT_ADMIN, TENANT_BILLING];
    /// View servers.
    ServersRead "servers:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT];
    /// Enroll and drain servers, install requirements.
    ServersManage "servers:manage" write covers ServersRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// View CloudPods.
    CloudpodsRead "cloudpods:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER, TENANT_USER];
    /// Delete CloudPods.
    CloudpodsDelete "cloudpods:delete" step_up covers CloudpodsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// View jobs, their steps and their logs.
    JobsRead "jobs:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER, TENANT_USER];
    /// Cancel and retry jobs.
    JobsManage "jobs:manage" write covers JobsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    /// View the audit log.
    AuditRead "audit:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
    /// View the email log. Its links can sign users in, including admins.
    OutboxRead "outbox:read" read [SUPER_ADMIN];
}
