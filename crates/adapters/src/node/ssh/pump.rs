//! The two tasks that move bytes for a session.

use super::{connect::HostKeyVerifier, session::SessionState};
use russh::{
    ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Disconnect,
    client::{Handle, Msg},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use wire::frame::{Decoder, Frame};

/// How long a farewell may take.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Reads until the channel ends, and then says so to every request.
pub async fn read(shared: Arc<SessionState>, mut from: ChannelReadHalf, mut decoder: Decoder) {
    let mut over = shared.over();
    let why = loop {
        if let Err(why) = dispatch(&shared, &mut decoder) {
            break why;
        }
        let message = tokio::select! {
            message = from.wait() => message,
            _ = over.wait_for(|over| *over) => return,
        };
        match message {
            Some(ChannelMsg::Data { data }) => decoder.push(&data),
            Some(ChannelMsg::ExtendedData { data, .. }) => {
                tracing::warn!(said = %String::from_utf8_lossy(&data).trim(), "agent stderr");
            }
            Some(ChannelMsg::Eof | ChannelMsg::Close) => break "mpanel-node exited".to_owned(),
            None => break "connection lost".to_owned(),
            Some(_) => {}
        }
    };
    shared.end(&why);
}

fn dispatch(shared: &SessionState, decoder: &mut Decoder) -> Result<(), String> {
    while let Some(frame) = decoder.pop().map_err(|error| error.to_string())? {
        match frame {
            Frame::Chunk { id, bytes } => shared.take_chunk(id, bytes)?,
            Frame::Json(json) => shared.take(serde_json::from_slice(&json).map_err(|error| format!("invalid message: {error}"))?),
        }
    }
    Ok(())
}

/// Writes messages before pieces of files, so that a cancel does not wait behind an upload.
pub async fn write(
    mut over: watch::Receiver<bool>,
    shared: Arc<SessionState>,
    handle: Handle<HostKeyVerifier>,
    to: ChannelWriteHalf<Msg>,
    mut messages: mpsc::UnboundedReceiver<Vec<u8>>,
    mut pieces: mpsc::Receiver<Vec<u8>>,
) {
    loop {
        let bytes = tokio::select! {
            biased;
            _ = over.wait_for(|over| *over) => break,
            Some(message) = messages.recv() => message,
            Some(piece) = pieces.recv() => piece,
            else => break,
        };
        // Waits for room in the channel's window; on a dead connection that would be for ever.
        let sent = tokio::select! {
            _ = over.wait_for(|over| *over) => break,
            sent = to.data_bytes(bytes) => sent,
        };
        if sent.is_err() {
            shared.end("connection lost");
            break;
        }
    }
    drop(to);
    // A courtesy: the connection ends with the handle in any case.
    let _ = timeout(DISCONNECT_TIMEOUT, handle.disconnect(Disconnect::ByApplication, "", "")).await;
}
