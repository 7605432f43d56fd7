//! Statements of domains that nobody pays for.

use model::{Time, ids::DomainRegistrationId};
use sqlx::{PgConnection, Result};

/// What billing says is paid.
pub(in crate::registrations) async fn set_paid_until(conn: &mut PgConnection, id: DomainRegistrationId, paid_until: Time) -> Result<()> {
    sqlx::query("update domain_registrations set paid_until = $2 where id = $1 and paid_until is distinct from $2")
        .bind(id)
        .bind(paid_until)
        .execute(conn)
        .await?;
    Ok(())
}

/// When it is deleted at the registry. Whether that was another time before.
pub(super) async fn set_deletes_at(conn: &mut PgConnection, id: DomainRegistrationId, at: Option<Time>) -> Result<bool> {
    let done = sqlx::query("update domain_registrations set deletes_at = $2 where id = $1 and status = 'ACTIVE' and deletes_at is distinct from $2")
        .bind(id)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// It was deleted at the registry, which has taken the year back that it had added: it ended when what was paid did.
pub(in crate::registrations) async fn set_deleted(conn: &mut PgConnection, id: DomainRegistrationId, paid_until: Time, now: Time) -> Result<bool> {
    let done = sqlx::query(
        "update domain_registrations set status = 'REDEMPTION', expires_at = least(expires_at, $2), deleted_at = $3, redemption_since = $3,
                deletes_at = null, auto_renew = false
          where id = $1 and status in ('ACTIVE', 'REDEMPTION') and deleted_at is null",
    )
    .bind(id)
    .bind(paid_until)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a payment for what comes after this has arrived, or is on its way: a provider's page that was opened no later than a day after the domain
/// was to be deleted may have taken money that nobody has told of yet. A charge that waits for its customer to confirm it is not on its way.
pub(in crate::registrations) async fn is_being_paid(conn: &mut PgConnection, id: DomainRegistrationId, paid_until: Time, now: Time) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (
           select from domain_registrations r join invoices i on i.tenant_id = r.tenant_id and i.subscription_id = r.subscription_id
            where r.id = $1 and i.kind = 'INVOICE'
              and ((i.status = 'PAID' and i.period_start >= $2::timestamptz - interval '10 days'
                    and (i.net = 0 or i.net > (select coalesce(-sum(c.net), 0) from invoices c where c.corrects_id = i.id)))
                   or (i.status = 'OPEN'
                       and (exists (select from payments p where p.tenant_id = i.tenant_id and p.invoice_id = i.id
                                                             and p.status in ('PENDING', 'PROCESSING'))
                            or exists (select from payment_sessions s
                                        where s.tenant_id = i.tenant_id and s.invoice_id = i.id and s.status = 'OPEN'
                                          and s.expires_at > $3 and s.created_at < r.deletes_at + interval '1 day')))))",
    )
    .bind(id)
    .bind(paid_until)
    .bind(now)
    .fetch_one(conn)
    .await
}
