//! The proof that somebody may do `P` in one tenant, which is also the open transaction in which it is done.

use crate::{AuditEvent, Caller, tx::OpenTx};
use model::ids::TenantId;
use model::permission::{Covers, Permission, WritePermission};
use sqlx::PgConnection;
use std::marker::PhantomData;

/// An open tenant. PostgreSQL shows this tenant's rows and no others; dropping it rolls back.
pub struct TenantTx<P: Permission> {
    open: OpenTx,
    tenant: TenantId,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission> TenantTx<P> {
    pub(crate) fn new(open: OpenTx, tenant: TenantId) -> Self {
        Self { open, tenant, permission: PhantomData }
    }

    /// The connection, for queries.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.open.conn()
    }

    /// The tenant that is open.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Who acts, and from where.
    pub fn caller(&self) -> &Caller {
        self.open.caller()
    }

    /// The same transaction as a proof of what `P` covers.
    pub fn narrow<Q: Permission>(self) -> TenantTx<Q>
    where
        P: Covers<Q>,
    {
        TenantTx::new(self.open, self.tenant)
    }

    /// Ends a read. (Dropping does the same, a moment later.)
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn finish(self) -> Result<(), sqlx::Error> {
        self.open.rollback().await
    }
}

impl<P: WritePermission> TenantTx<P> {
    /// Adds an event that is written with the commit.
    pub fn record(&mut self, event: AuditEvent) {
        self.open.record(event.in_tenant(self.tenant));
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

/// Something that may read what `Q` allows in its tenant: a [`TenantTx`] of a permission that covers it.
/// Services that only read take `&mut impl TenantRead<Q>`, so that a write proof serves them too.
pub trait TenantRead<Q: Permission>: Send {
    /// The connection, for queries.
    fn conn(&mut self) -> &mut PgConnection;
    /// The tenant that is open.
    fn tenant(&self) -> TenantId;
}

impl<P: Covers<Q>, Q: Permission> TenantRead<Q> for TenantTx<P> {
    fn conn(&mut self) -> &mut PgConnection {
        self.open.conn()
    }

    fn tenant(&self) -> TenantId {
        self.tenant
    }
}
