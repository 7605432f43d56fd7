//! A stream from one server to another, through the panel.

use super::{
    queries::ServerFacts,
    remote::{target, trusted},
};
use adapters::node::{CallOptions, NodeClient, NodeError};
use core_administration::servers::note_node_error;
use engine::saga::{StepContext, StepError};
use model::administration::provisioning::EventLevel;
use std::time::Duration;
use tokio::sync::mpsc;
use wire::{message::FailureKind, verb::Verb};

/// Pieces that wait between the two.
const PIECES: usize = 4;
/// After so many bytes the job says how far it has come.
const REPORT_EVERY: u64 = 256 << 20;

/// Carries a stream: what the first server answers in pieces is what the second one takes. Answers with its length.
pub(super) async fn relay(cx: &StepContext, from: (&ServerFacts, Verb), to: (&ServerFacts, Verb), deadline: Duration) -> Result<u64, StepError> {
    trusted(from.0)?;
    trusted(to.0)?;
    let nodes = cx.services().part::<dyn NodeClient>();
    let options = |part: &str| CallOptions { deadline, key: format!("{}/{part}", cx.key()), lines: Some(cx.lines()) };
    let (sender, sent) = mpsc::channel(PIECES);
    let (feeder, fed) = mpsc::channel(PIECES);
    let (source, sink) = (target(from.0), target(to.0));
    let download = nodes.download(&source, from.1, sender, options("send"));
    let sending = async move {
        let (answer, bytes) = tokio::join!(download, pump(cx, sent, &feeder));
        if answer.is_ok() {
            // Only a stream that is whole is ended; any other breaks off. Who takes no more says why himself.
            let _ = feeder.send(Vec::new()).await;
        }
        (answer, bytes)
    };
    let ((answer, bytes), taken) = tokio::join!(sending, nodes.feed(&sink, to.1, fed, options("receive")));
    // That the other side broke off is no news beside its reason.
    let is_echo = |error: &NodeError| matches!(error, NodeError::Failed(failure) if failure.kind == FailureKind::Cancelled);
    let (server, error) = match (answer, taken) {
        (Ok(_), Ok(_)) => return Ok(bytes),
        (Err(ours), Err(theirs)) if is_echo(&ours) && !is_echo(&theirs) => (to.0, theirs),
        (Err(ours), _) => (from.0, ours),
        (Ok(_), Err(theirs)) => (to.0, theirs),
    };
    note_node_error(cx.services(), server.id, &error).await?;
    Err(error.into())
}

/// Hands pieces on until there are no more, or nobody takes them. Answers with how many bytes came.
async fn pump(cx: &StepContext, mut from: mpsc::Receiver<Vec<u8>>, to: &mpsc::Sender<Vec<u8>>) -> u64 {
    let (mut bytes, mut reported) = (0_u64, 0);
    while let Some(piece) = from.recv().await {
        bytes += piece.len() as u64;
        // An empty piece would be the end.
        if !piece.is_empty() && to.send(piece).await.is_err() {
            break;
        }
        if bytes - reported >= REPORT_EVERY {
            reported = bytes;
            cx.log(EventLevel::Info, format!("{} MB copied.", bytes >> 20));
        }
    }
    bytes
}
