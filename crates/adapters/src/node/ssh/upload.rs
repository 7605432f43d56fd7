//! A file that travels behind its request.

use super::{
    SshNodeClient, refused,
    session::{InFlightRequest, Session},
};
use crate::node::{CallOptions, NodeError, ServerTarget};
use std::path::Path;
use tokio::{
    fs::File,
    io::AsyncReadExt,
    sync::{Semaphore, mpsc},
    time::Instant,
};
use wire::{
    frame::MAX_CHUNK,
    message::{Failure, FailureKind},
    verb::{Reply, Verb},
};

/// Sends the request and the file. Stops sending when the server answers before the end.
pub async fn send(
    client: &SshNodeClient,
    target: &ServerTarget,
    verb: Verb,
    path: &Path,
    options: &CallOptions,
    until: Instant,
) -> Result<Reply, NodeError> {
    let (mut file, size) = open(&verb, path).await?;
    let mut running = client.begin(target, verb, options, until).await?;
    answer_while_sending(&mut running, &mut file, path, size).await
}

/// Sends the request and the stream behind it, in pieces as large as they may be. Stops when the server answers before the end.
pub async fn feed(
    client: &SshNodeClient,
    target: &ServerTarget,
    verb: Verb,
    from: mpsc::Receiver<Vec<u8>>,
    options: &CallOptions,
    until: Instant,
) -> Result<Reply, NodeError> {
    if !verb.is_feed() {
        return Err(refused("this request takes no stream"));
    }
    let mut running = client.begin(target, verb, options, until).await?;
    let (session, id, room) = (running.session(), running.id, running.room());
    tokio::select! {
        answer = running.answer() => return answer,
        sent = stream(&session, id, &room, from) => sent?,
    }
    running.answer().await
}

async fn stream(session: &Session, id: u64, room: &Semaphore, mut from: mpsc::Receiver<Vec<u8>>) -> Result<(), NodeError> {
    let lost = |_| NodeError::Unreachable("connection lost".to_owned());
    let mut waiting = Vec::new();
    while let Some(bytes) = from.recv().await {
        let is_end = bytes.is_empty();
        waiting.extend(bytes);
        while waiting.len() >= MAX_CHUNK || (is_end && !waiting.is_empty()) {
            let rest = waiting.split_off(waiting.len().min(MAX_CHUNK));
            session.piece(id, room, std::mem::replace(&mut waiting, rest)).await.map_err(lost)?;
        }
        if is_end {
            return session.piece(id, room, Vec::new()).await.map_err(lost);
        }
    }
    Err(NodeError::Failed(Failure::new(FailureKind::Cancelled, "the stream broke off")))
}

/// The file, when it is as long as the request announces.
pub async fn open(verb: &Verb, path: &Path) -> Result<(File, u64), NodeError> {
    let Some(size) = verb.upload_size() else { return Err(refused("this request takes no file")) };
    let file = File::open(path).await.map_err(|error| unreadable(path, &error))?;
    let length = file.metadata().await.map_err(|error| unreadable(path, &error))?.len();
    if length != size {
        return Err(refused(format!("the file {} has {length} bytes, expected {size}", path.display())));
    }
    Ok((file, size))
}

/// Sends the file, and stops when the answer comes before its end.
pub async fn answer_while_sending(running: &mut InFlightRequest, file: &mut File, path: &Path, size: u64) -> Result<Reply, NodeError> {
    let (session, id, room) = (running.session(), running.id, running.room());
    tokio::select! {
        answer = running.answer() => return answer,
        sent = pieces(&session, id, &room, file, path, size) => sent?,
    }
    running.answer().await
}

async fn pieces(session: &Session, id: u64, room: &Semaphore, file: &mut File, path: &Path, size: u64) -> Result<(), NodeError> {
    let mut left = size;
    while left > 0 {
        let mut piece = vec![0; usize::try_from(left).map_or(MAX_CHUNK, |left| left.min(MAX_CHUNK))];
        file.read_exact(&mut piece).await.map_err(|error| unreadable(path, &error))?;
        left -= piece.len() as u64;
        if session.piece(id, room, piece).await.is_err() {
            return Err(NodeError::Unreachable("connection lost".to_owned()));
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> NodeError {
    NodeError::Failed(Failure::new(FailureKind::Internal, format!("cannot read the file {}: {error}", path.display())))
}
