//! How many wrong messages to webhooks an address may send before it is told to stop.

use super::{PushError, PushHeaders, push::receive_push, queries};
use chrono::TimeDelta;
use core_administration::accounts;
use engine::Services;
use uuid::Uuid;

/// Wrong messages of an address to one webhook in an hour that are counted. Right ones are taken also after these: the large hosts of repositories send
/// everybody's messages from the same addresses, and anybody can have them send wrong ones.
const MAX_REFUSED: i64 = 20;
/// Those to all webhooks that are counted.
const MAX_REFUSED_OF_PEER: i64 = 300;

/// [`receive_push`] for whoever sends from this address.
///
/// # Errors
/// As [`PushError`] says.
pub async fn receive_push_from(services: &Services, ip: Option<&str>, site: &str, headers: &PushHeaders<'_>, body: &[u8]) -> Result<bool, PushError> {
    let taken = receive_push(services, site, headers, body).await;
    if !matches!(taken, Err(PushError::Refused)) {
        return taken;
    }
    let (peer, now) = (accounts::peer(ip), services.now());
    let (since, said) = (now - TimeDelta::hours(1), site.parse().unwrap_or(Uuid::nil()));
    let mut tx = services.db.system("webhook").await?;
    let is_counted = queries::refused(tx.conn(), &peer, said, since).await? < MAX_REFUSED
        && queries::count_refused(tx.conn(), (&peer, said), (now, since), MAX_REFUSED_OF_PEER).await?;
    tx.commit_progress().await?;
    if is_counted { taken } else { Err(PushError::TooMany) }
}
