//! What all authorized transactions have in common: the open transaction, who acts, and the events that wait for the commit.

use crate::{
    Caller,
    audit::{AuditEvent, AuditKey, append},
};
use sqlx::{PgConnection, Postgres, Transaction};

/// An open transaction. Dropping it rolls back.
pub(crate) struct OpenTx {
    tx: Transaction<'static, Postgres>,
    caller: Caller,
    key: AuditKey,
    events: Vec<AuditEvent>,
}

impl OpenTx {
    pub(crate) fn new(tx: Transaction<'static, Postgres>, caller: Caller, key: AuditKey) -> Self {
        Self { tx, caller, key, events: Vec::new() }
    }

    pub(crate) fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    pub(crate) fn record(&mut self, event: AuditEvent) {
        self.events.push(event);
    }

    /// Appends the events and commits. The heads of the chains are locked last and in one order, so that
    /// transactions that write to several chains cannot wait for each other in a circle.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let events = std::mem::take(&mut self.events);
        append::append(&mut self.tx, &self.key, &self.caller, events).await?;
        self.tx.commit().await
    }

    /// Ends the transaction without keeping anything, and waits for that.
    pub(crate) async fn rollback(self) -> Result<(), sqlx::Error> {
        self.tx.rollback().await
    }
}
