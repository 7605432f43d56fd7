//! Cards that are about to expire.

mod queries;

use super::letters::CardExpires;
use chrono::{Duration as Days, NaiveDate};
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::{Time, ids::PaymentMethodId};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// How long before a card expires its holder is told, at the latest a week later.
const NOTICE_LEAD: Days = Days::days(30);

/// When a card of this month is no longer valid: with the month.
fn expired_at(year: i32, month: i32) -> Option<Time> {
    let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    Some(NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, 1)?.and_hms_opt(0, 0, 0)?.and_utc())
}

/// Tells the holder of a card that is charged first that it is about to expire, once.
pub(in crate::payments) struct CardExpiry;

impl Reconciler for CardExpiry {
    const NAME: &'static str = "card_expiry";
    const TITLE: &'static str = "Holders of expiring cards are told";
    const INTERVAL: Duration = Duration::from_secs(7 * 24 * 3600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::cards_to_watch(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let (id, now) = (PaymentMethodId(key), services.now());
        let mut tx = services.db.system("payments").await?;
        let Some(card) = queries::watched_card(tx.conn(), id).await? else {
            tx.finish().await?;
            return Ok(Outcome::Removed);
        };
        if !card.is_needed || expired_at(card.expires_year, card.expires_month).is_none_or(|end| now < end - NOTICE_LEAD) {
            tx.finish().await?;
            return Ok(Outcome::ok(card.label));
        }
        let write = |portal: &str| CardExpires {
            card: card.label.clone(),
            expires: format!("{:02}/{}", card.expires_month, card.expires_year),
            link: format!("{portal}/payment-methods"),
        };
        crate::letters::send(services, &mut tx, card.tenant_id, write).await?;
        queries::set_expiry_noticed(tx.conn(), id, now).await?;
        tx.commit_progress().await?;
        Ok(Outcome::Removed)
    }
}
