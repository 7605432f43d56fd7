//! The only access to PostgreSQL.
//!
//! No permission, no connection: the pools are private to this crate, and a service receives the open transaction as the
//! proof that its caller may do what it does ([`TenantTx`], [`PlatformTx`], [`OwnTx`], [`PublicTx`], [`SystemTx`]).
//! No audit event, no commit: what changes something is committed together with its [`AuditEvent`].
//! PostgreSQL says both again, by row level security and by grants (see `migrations/`).

pub mod audit;
mod caller;
mod config;
mod constraint;
mod database;
pub mod embedded;
mod job_notifier;
mod keyset;
mod listen;
mod migrate;
mod own_tx;
mod platform_tx;
mod principal;
mod public_tx;
mod queries;
mod system_tx;
mod tenant_tx;
// Throw-away clusters and databases for the tests of every floor above. Not a feature: turned on by tests and off by builds it would have
// this floor and all above compiled twice. A release has none of it.
#[cfg(debug_assertions)]
pub mod testing;
mod tx;
mod wakeup;
mod whole;

pub use audit::{AuditEvent, AuditKey, storable, storable_text};
pub use caller::Caller;
pub use config::{DbConfig, LoginUrls};
pub use constraint::{ConstraintExt, on_constraint};
pub use database::{AccessError, Db, Decision};
pub use keyset::{BadCursor, Keyset, PAGE_SIZE};
pub use listen::Signal;
pub use migrate::MigrateError;
pub use own_tx::OwnTx;
pub use platform_tx::{PlatformRead, PlatformTx};
pub use principal::Principal;
pub use public_tx::PublicTx;
pub use system_tx::{SystemConn, SystemTx};
pub use tenant_tx::{TenantRead, TenantTx};
pub use wakeup::{WakeupBackend, Wakeups, enqueue_wakeup};
