//! Reconcilers: what should hold is checked again and again, and what differs is stored.
//!
//! A [`Reconciler`] gets the key of an object and nothing else: it reads what should hold, observes what is, acts where it may, and reports
//! the difference. Objects are reconciled when they are due, and when somebody asks for it with [`touch`] in the transaction that makes it
//! necessary. The table `reconciliations` has a row for each object; any number of workers share them by leases. Each object has a
//! deadline and pauses of its own, and one server is asked for a few objects at a time, and by one reconciler for fewer: one that is slow or broken
//! keeps no other waiting.

mod error;
mod list;
mod queries;
mod registry;
mod run;
#[cfg(test)]
mod tests;

pub use error::ReconcileError;
pub use registry::Registry;
pub use run::{run, run_due, run_known};

use crate::Services;
use model::{Time, ids::ServerId};
use sqlx::PgConnection;
use std::{future::Future, time::Duration};
use uuid::Uuid;

/// Objects that a reconciler lists at a time.
pub const OBJECTS_PER_PAGE: i64 = 1000;

/// Keeps something true about every object of a kind.
pub trait Reconciler: Send + Sync + 'static {
    /// Names it in the table and for [`touch`]: lower case, `_` between words.
    const NAME: &'static str;
    /// What it sees to, for people.
    const TITLE: &'static str;
    /// Between two runs for an object that needs nothing.
    const INTERVAL: Duration;
    /// Longest that one run may take.
    const TIMEOUT: Duration = Duration::from_secs(60);
    /// Longest pause after failures in a row.
    const MAX_BACKOFF: Duration = Duration::from_secs(600);

    /// Objects that it is responsible for, in the order of their keys, after this one: at most [`OBJECTS_PER_PAGE`]. Those without a row get
    /// one, at start and every few minutes: no object depends on being asked for.
    fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> impl Future<Output = Result<Vec<Object>, sqlx::Error>> + Send;

    /// Reconciles one object. Idempotent: it may be broken off anywhere, and begun again.
    fn reconcile(services: &Services, key: Uuid) -> impl Future<Output = Result<Outcome, ReconcileError>> + Send;
}

/// An object of a reconciler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Object {
    /// Its id.
    pub key: Uuid,
    /// The server that is asked about it.
    pub server: Option<ServerId>,
}

impl Object {
    /// The one object of a reconciler of the whole installation, as [`Reconciler::objects`] lists it.
    pub fn installation(after: Option<Uuid>) -> Vec<Self> {
        if after.is_none() { vec![Self { key: Uuid::nil(), server: None }] } else { Vec::new() }
    }
}

/// What a run has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The object is there.
    Checked {
        /// Its name, for people.
        subject: String,
        /// The server that was asked about it.
        server: Option<ServerId>,
        /// What is not as it should be, a line each, for people.
        differences: Vec<String>,
    },
    /// There is nothing to reconcile any more, until somebody asks for it again.
    Removed,
}

impl Outcome {
    /// It is as it should be.
    pub fn ok(subject: impl Into<String>) -> Self {
        Self::Checked { subject: subject.into(), server: None, differences: Vec::new() }
    }
}

/// Asks for a run for an object, not before this time, in the caller's transaction: it happens after the commit, or not at all. The name may be
/// that of a module higher up, which this one does not know.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn touch(conn: &mut PgConnection, name: &str, key: Uuid, not_before: Time) -> Result<(), sqlx::Error> {
    queries::touch(conn, name, key, not_before).await
}

/// The same for objects that servers are asked about: one that is new is counted against its server from its first run on.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn touch_on_servers(conn: &mut PgConnection, name: &str, objects: &[Object], not_before: Time) -> Result<(), sqlx::Error> {
    queries::add_missing(&mut *conn, name, objects, not_before).await?;
    queries::touch_all(conn, name, objects, not_before).await
}

/// Takes back what was asked for with [`touch`], in the transaction of whoever has done it already. A run that has begun goes on.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn withdraw(conn: &mut PgConnection, name: &str, key: Uuid) -> Result<(), sqlx::Error> {
    queries::withdraw(conn, name, key).await
}

/// The last run for an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct LastRun {
    /// What differed, a line each, for people; none when it was as it should be.
    pub differences: Vec<String>,
    /// Since when it differs.
    pub differs_since: Option<Time>,
    /// Why the last run failed, if it did.
    pub error: Option<String>,
    /// When the last run that did not fail was.
    pub checked_at: Option<Time>,
}

/// The last run for an object; nothing for one that is not reconciled.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn last_run(conn: &mut PgConnection, name: &str, key: Uuid) -> Result<Option<LastRun>, sqlx::Error> {
    queries::last_run(conn, name, key).await
}
