//! A step's transactions: one that exists only while the claim holds, and one that only reads.

use super::lease::LeaseHold;
use db::{AuditEvent, SystemTx};
use sqlx::PgConnection;

/// A transaction of mPanel itself in which the job's row is locked: nobody can take the job over before it ends.
/// Dropping it rolls back.
pub struct FencedTx {
    pub(super) tx: SystemTx,
    pub(super) held: LeaseHold,
}

impl FencedTx {
    /// The connection, for queries.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.tx.conn()
    }

    /// Adds an event that is written with the commit.
    pub fn record(&mut self, event: AuditEvent) {
        self.tx.record(event);
    }

    /// Writes the event and everything else, or nothing.
    pub async fn commit(self, event: AuditEvent) -> Result<(), sqlx::Error> {
        let done = self.tx.commit(event).await;
        drop(self.held);
        done
    }

    /// Writes everything; see [`SystemTx::commit_progress`].
    pub async fn commit_progress(self) -> Result<(), sqlx::Error> {
        let done = self.tx.commit_progress().await;
        drop(self.held);
        done
    }
}

/// A transaction of mPanel itself in which a step reads and changes nothing. Dropping it ends it too.
pub struct ReadTx {
    pub(super) tx: SystemTx,
    pub(super) held: LeaseHold,
}

impl ReadTx {
    /// The connection, for queries.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.tx.conn()
    }

    /// Ends the read.
    pub async fn finish(self) -> Result<(), sqlx::Error> {
        let done = self.tx.finish().await;
        drop(self.held);
        // While the step held the connection it was driven on in any case; before its next action the lease is checked again.
        tokio::task::yield_now().await;
        done
    }
}
