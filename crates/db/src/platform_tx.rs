//! The proof that a member of staff may do `P` on the whole platform.

use crate::{AuditEvent, Caller, SystemTx, tx::OpenTx};
use model::permission::{Covers, Permission, WritePermission};
use sqlx::PgConnection;
use std::marker::PhantomData;

/// The open platform: all tenants' rows, servers, products, the record. Dropping it rolls back.
pub struct PlatformTx<P: Permission> {
    open: OpenTx,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission> PlatformTx<P> {
    pub(crate) fn new(open: OpenTx) -> Self {
        Self { open, permission: PhantomData }
    }

    /// The connection, for queries.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.open.conn()
    }

    /// Who acts, and from where.
    pub fn caller(&self) -> &Caller {
        self.open.caller()
    }

    /// The same transaction as a proof of what `P` covers.
    pub fn narrow<Q: Permission>(self) -> PlatformTx<Q>
    where
        P: Covers<Q>,
    {
        PlatformTx::new(self.open)
    }

    /// Ends a read. (Dropping does the same, a moment later.)
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn finish(self) -> Result<(), sqlx::Error> {
        self.open.rollback().await
    }
}

impl<P: WritePermission> PlatformTx<P> {
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
}

/// Something that may read what `Q` allows on the platform: a [`PlatformTx`] of a permission that covers it, or mPanel itself.
pub trait PlatformRead<Q: Permission>: Send {
    /// The connection, for queries.
    fn conn(&mut self) -> &mut PgConnection;
}

impl<P: Covers<Q>, Q: Permission> PlatformRead<Q> for PlatformTx<P> {
    fn conn(&mut self) -> &mut PgConnection {
        self.open.conn()
    }
}

impl<Q: Permission> PlatformRead<Q> for SystemTx {
    fn conn(&mut self) -> &mut PgConnection {
        SystemTx::conn(self)
    }
}
