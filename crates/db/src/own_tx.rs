//! The proof that a login acts on its own behalf, which is also the open transaction in which it does so.

use crate::{AuditEvent, Caller, tx::OpenTx};
use model::ids::UserId;
use model::permission::{Covers, Permission, WritePermission};
use sqlx::PgConnection;
use std::marker::PhantomData;

/// An authorized transaction on the data of one login: its row, sessions, second step and accounts, and nobody else's. Dropping it rolls back.
pub struct OwnTx<P: Permission> {
    open: OpenTx,
    user: UserId,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission> OwnTx<P> {
    pub(crate) fn new(open: OpenTx, user: UserId) -> Self {
        Self { open, user, permission: PhantomData }
    }

    /// The connection, for queries.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.open.conn()
    }

    /// The login.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Who acts, and from where.
    pub fn caller(&self) -> &Caller {
        self.open.caller()
    }

    /// The same transaction as a proof of what `P` covers.
    pub fn narrow<Q: Permission>(self) -> OwnTx<Q>
    where
        P: Covers<Q>,
    {
        OwnTx::new(self.open, self.user)
    }

    /// Ends a read, or a proof that is carried on in another transaction. (Dropping does the same, a moment later.)
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn finish(self) -> Result<(), sqlx::Error> {
        self.open.rollback().await
    }
}

impl<P: WritePermission> OwnTx<P> {
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
}
