//! What a site gets without an order: the certificate that all names below the platform's domain share, and what it has already.

use super::Task;
use crate::certificates::{
    platform,
    queries::{self, Held},
    rules,
};
use adapters::acme::read_chain;
use engine::saga::{StepContext, StepError};

/// Gives a site the shared certificate for the names that are below the platform's domain: for all, or beside what is ordered for the others.
pub(super) async fn take(cx: &StepContext, task: &Task, held: &Held, ordered: &[String]) -> Result<(), StepError> {
    let mut tx = cx.begin().await?;
    if task.platform.is_empty() {
        queries::set_next_also(tx.conn(), held.id, None).await?;
        return Ok(tx.commit_progress().await?);
    }
    let found = platform::shared(cx.services(), tx.conn()).await?;
    let shared = found.ok_or_else(|| StepError::fail("The certificate of the platform cannot be used any more. A new try is made automatically."))?;
    let sealed = platform::seal_for(&cx.services().key, &shared, held.id.0)?;
    if ordered.is_empty() {
        queries::set_platform(tx.conn(), held.id, &shared, &sealed, &task.platform).await?;
    } else {
        queries::set_next_also(tx.conn(), held.id, Some((&shared, &sealed))).await?;
    }
    Ok(tx.commit_progress().await?)
}

/// Keeps the certificate in use where it is for all names that one would be ordered for, and is not to be renewed yet. False where it is not.
pub(super) async fn keep(cx: &StepContext, held: &Held, ordered: &[String]) -> Result<bool, StepError> {
    let Some(chain) = held.kept.chain.as_deref().filter(|_| !held.is_platform) else { return Ok(false) };
    let Ok(issued) = read_chain(chain) else { return Ok(false) };
    let renew_at = match held.is_own() {
        true => rules::own_replacement_time(issued.not_after),
        false => rules::renewal_time(held.id.0, issued.not_before, issued.not_after),
    };
    // One that a CA has wanted to be renewed earlier was noted so; only what stands beside it is left to be renewed then.
    let is_called_in = held.kept.renew_at.is_some_and(|at| at <= cx.services().now()) && held.also_chain.is_none();
    if is_called_in || renew_at <= cx.services().now() || !ordered.iter().all(|name| issued.names.contains(name)) {
        return Ok(false);
    }
    let mut tx = cx.begin().await?;
    queries::keep(tx.conn(), held.id, &issued.names).await?;
    tx.commit_progress().await?;
    Ok(true)
}
