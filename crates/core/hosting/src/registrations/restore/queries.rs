//! Statements of orders to restore a domain.

use model::{
    Time,
    ids::{DomainRegistrationId, SubscriptionId},
};
use sqlx::{PgConnection, Result};

/// An order in place of a registration that was ended just now: the same domain, with its contact, its holder and its name servers. Until when it is
/// registered is not taken over: nothing of what the order pays for is delivered yet.
pub(super) struct New<'a> {
    pub(super) id: DomainRegistrationId,
    pub(super) restores: DomainRegistrationId,
    pub(super) subscription: SubscriptionId,
    pub(super) sealed_code: &'a [u8],
    pub(super) from: Time,
    /// Since when it is deleted, where that was not noted yet; nothing for one that is not.
    pub(super) deleted_since: Option<Time>,
    pub(super) now: Time,
}

pub(super) async fn insert(conn: &mut PgConnection, new: &New<'_>) -> Result<bool> {
    let done = sqlx::query(
        "insert into domain_registrations (id, tenant_id, subscription_id, name, kind, contact_id, holder, is_holder_sent, sealed_code, is_locked,
                                           name_servers, redemption_since, restores, restores_from, created_at)
         select $1, tenant_id, $3, name, 'RESTORE', contact_id, holder, is_holder_sent, $4, is_locked,
                name_servers, coalesce(redemption_since, $7), id, $5, $6
           from domain_registrations where id = $2 and status = 'REPLACED'",
    )
    .bind(new.id)
    .bind(new.restores)
    .bind(new.subscription)
    .bind(new.sealed_code)
    .bind(new.from)
    .bind(new.now)
    .bind(new.deleted_since)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether an order in place of this registration was not paid.
pub(super) async fn was_not_paid(conn: &mut PgConnection, id: DomainRegistrationId) -> Result<bool> {
    sqlx::query_scalar("select exists (select from domain_registrations where restores = $1 and status = 'CANCELLED')").bind(id).fetch_one(conn).await
}

/// The order is over: the registration that it was in place of goes on as it was.
pub(super) async fn give_back(conn: &mut PgConnection, id: DomainRegistrationId) -> Result<()> {
    sqlx::query(
        "update domain_registrations r set status = case when redemption_since is null then 'ACTIVE' else 'REDEMPTION' end, ended_at = null
          where r.id = $1 and r.status = 'REPLACED'
            and not exists (select from domain_registrations o where o.name = r.name and o.ended_at is null)",
    )
    .bind(id)
    .execute(conn)
    .await?;
    Ok(())
}
