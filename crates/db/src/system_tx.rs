//! The transaction of mPanel itself.

use crate::{AuditEvent, Caller, tx::OpenTx};
use sqlx::{PgConnection, Postgres, pool::PoolConnection};

/// The open platform for workers, paid webhooks, reconcilers and commands. Dropping it rolls back.
pub struct SystemTx {
    open: OpenTx,
}

impl SystemTx {
    pub(crate) fn new(open: OpenTx) -> Self {
        Self { open }
    }

    /// The connection, for queries.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.open.conn()
    }

    /// Which part acts, or in whose name.
    pub fn caller(&self) -> &Caller {
        self.open.caller()
    }

    /// Adds an event that is written with the commit. It belongs to the platform's chain unless it names a tenant.
    pub fn record(&mut self, event: AuditEvent) {
        self.open.record(event);
    }

    /// Writes the event and everything else, or nothing.
    ///
    /// # Errors
    /// When PostgreSQL refuses; then nothing is kept.
    pub async fn commit(mut self, event: AuditEvent) -> Result<(), sqlx::Error> {
        self.record(event);
        self.open.commit().await
    }

    /// Keeps the progress of work that has its event at its beginning and at its end: a job's steps, log lines and
    /// heartbeat, the delivery of a mail, what a probe has seen, the fate of a webhook's message. Each of these is a
    /// record of its own already. Events recorded before are written all the same.
    ///
    /// # Errors
    /// When PostgreSQL refuses; then nothing is kept.
    pub async fn commit_progress(self) -> Result<(), sqlx::Error> {
        self.open.commit().await
    }

    /// Ends a read. (Dropping does the same, a moment later.)
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn finish(self) -> Result<(), sqlx::Error> {
        self.open.rollback().await
    }
}

/// The open platform for one statement after the other, each committed by itself.
pub struct SystemConn(PoolConnection<Postgres>);

impl SystemConn {
    pub(crate) fn new(conn: PoolConnection<Postgres>) -> Self {
        Self(conn)
    }

    /// The connection, for queries.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}
