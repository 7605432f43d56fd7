//! The public transaction: what a stranger, or a login on its own behalf, may do.

use crate::{AuditEvent, Caller, queries, tx::OpenTx};
use model::ids::UserId;
use sqlx::PgConnection;

/// A public transaction. PostgreSQL lets it read active products, look single rows up by what only their holder knows
/// (`sign_in_lookup`, `session_lookup`, `checkout_lookup` .. in the migrations), and see one login's own rows.
pub struct PublicTx {
    open: OpenTx,
}

impl PublicTx {
    pub(crate) fn new(open: OpenTx) -> Self {
        Self { open }
    }

    /// The connection, for queries.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.open.conn()
    }

    /// Who acts, and from where.
    pub fn caller(&self) -> &Caller {
        self.open.caller()
    }

    /// From now on this transaction is about one login, which a lookup has found by its address, session or link:
    /// its row, its sessions, its links and its customer accounts can be seen, and nobody else's.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn scope_to(&mut self, user: UserId) -> Result<(), sqlx::Error> {
        sqlx::query(queries::SCOPE_TO_LOGIN).bind(user.to_string()).execute(self.open.conn()).await?;
        Ok(())
    }

    /// Adds an event that is written with the commit, to the platform's chain.
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

    /// Keeps what is no event by itself: a session's last sight, an attempt to sign in, a message in the webhook's inbox
    /// that was stored before. It happens on nearly every request, changes nothing that anybody owns, and an event for
    /// each would bury the others. Events recorded before are written all the same.
    ///
    /// # Errors
    /// When PostgreSQL refuses; then nothing is kept.
    pub async fn commit_bookkeeping(self) -> Result<(), sqlx::Error> {
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
