//! An answer that comes in pieces, as fast as whoever asked takes them.

use super::{SshNodeClient, install::lost_connection, refused};
use crate::node::{CallOptions, NodeError, ServerTarget};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};
use wire::{
    frame::WINDOW,
    message::{Failure, FailureKind},
    verb::{Reply, Verb},
};

/// How long it may take until the next piece is taken.
const IDLE: Duration = Duration::from_secs(60);

/// Sends the request and hands its pieces on. Ends, and stops the work on the server, when nobody takes them any more.
pub async fn receive(
    client: &SshNodeClient,
    target: &ServerTarget,
    verb: Verb,
    to: mpsc::Sender<Vec<u8>>,
    options: &CallOptions,
    until: Instant,
) -> Result<Reply, NodeError> {
    if !verb.is_download() {
        return Err(refused("this request is not answered in pieces"));
    }
    let mut running = client.begin(target, verb, options, until).await?;
    let (session, mut owed) = (running.session(), 0);
    while let Some(chunk) = running.chunk().await {
        owed += chunk.len() as u64;
        let sent = tokio::select! {
            sent = timeout(IDLE, to.send(chunk)) => sent,
            () = session.ended() => return Err(running.answer().await.err().unwrap_or_else(lost_connection)),
        };
        if !matches!(sent, Ok(Ok(()))) {
            return Err(NodeError::Failed(Failure::new(FailureKind::Cancelled, "nobody takes the rest")));
        }
        // Told in quarters of the window: seldom, and long before it is used up.
        if owed >= WINDOW / 4 {
            running.give_credit(std::mem::take(&mut owed));
        }
    }
    running.answer().await
}
