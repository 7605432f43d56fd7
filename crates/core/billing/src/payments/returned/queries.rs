//! SQL of payments that are taken back.

use model::ids::PaymentId;
use sqlx::PgConnection;

/// Notes that a payment was taken back, if it was not before. Nothing of it is too much any more.
pub(super) async fn set_returned(conn: &mut PgConnection, payment: PaymentId) -> sqlx::Result<bool> {
    let done =
        sqlx::query("update payments set status = 'RETURNED', excess = 0 where id = $1 and status = 'SUCCEEDED'").bind(payment).execute(conn).await?;
    Ok(done.rows_affected() > 0)
}
