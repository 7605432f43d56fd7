//! What a repository's host tells of a push.

use super::{
    super::source::secrets,
    message, queries,
    reconcile::Pushes,
    rules::{PushHeaders, is_signed},
};
use crate::cloudpods::previews;
use chrono::TimeDelta;
use engine::{
    Error, Services,
    limits::Limit,
    reconcile::{Reconciler, touch},
};
use model::{Time, ids::WebsiteId};
use sqlx::PgConnection;

/// The largest message that is taken, in bytes.
pub const MAX_PUSH: usize = 1024 * 1024;
/// Pushes that are taken of a site.
const PUSHES: Limit = Limit { kind: "site_pushes", max: 120, window: TimeDelta::hours(1) };

/// What pushes to webhooks that are not there are compared with. Nothing is taken with it.
const NO_SECRET: &str = "of no webhook, and as long as those that are";

/// Why a push was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// There is no such webhook, or the signature is not made with its secret: which of them is nobody's to know.
    #[error("Unknown webhook or invalid signature.")]
    Refused,
    /// More pushes than anybody makes.
    #[error("Too many pushes in an hour. Try again later.")]
    TooMany,
    /// It could not be stored.
    #[error("failed to store the push: {0}")]
    Failed(Error),
}

impl<E: Into<Error>> From<E> for PushError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Takes what a repository's host says. A push to the site's branch, or to that of one of its previews, is stored, and deployed once the pod is free.
/// Answers whether it is one: other branches, tags, and what is no push are left alone, and so is a push of the commit that was deployed or asked for
/// last.
///
/// # Errors
/// As [`PushError`] says.
pub async fn receive_push(services: &Services, site: &str, headers: &PushHeaders<'_>, body: &[u8]) -> Result<bool, PushError> {
    let id: WebsiteId = site.parse().map_err(|_| PushError::Refused)?;
    if headers.is_empty() {
        return Err(PushError::Refused);
    }
    let mut tx = services.db.system("webhook").await?;
    let hook = queries::webhook(tx.conn(), id).await?;
    // An unknown one takes as long.
    let secret = match &hook {
        Some(hook) => secrets::open_webhook(&services.key, id, &hook.sealed)?,
        None => NO_SECRET.to_owned(),
    };
    let is_signed = is_signed(&secret, headers, body);
    let Some(hook) = hook.filter(|_| is_signed) else {
        // Anybody can have this said as often as he likes: it is counted, and no line of the log.
        tracing::debug!(site = %id, bytes = body.len(), "push rejected");
        return Err(PushError::Refused);
    };
    let now = services.now();
    if !PUSHES.admits(tx.conn(), hook.tenant, id.0, now).await? {
        return Err(PushError::TooMany);
    }
    let commit = message::pushed(body, &hook.branch).filter(|commit| hook.last.as_ref() != Some(commit));
    if let Some(commit) = &commit {
        queries::set_push(tx.conn(), id, commit, now).await?;
        touch_push(tx.conn(), id, now).await?;
    }
    let is_of_preview = previews::follow_push(services, tx.conn(), id, body).await?;
    tx.commit_progress().await?;
    Ok(commit.is_some() || is_of_preview)
}

/// Has the push that waits for a site deployed once its pod is free.
pub(in crate::cloudpods) async fn touch_push(conn: &mut PgConnection, site: WebsiteId, now: Time) -> sqlx::Result<()> {
    touch(conn, Pushes::NAME, site.0, now).await
}
