//! Puts the program on a server, or a newer one in its place.

use super::{
    SshNodeClient,
    connect::{Handshake, SshChannel, lost},
    enrolment::INSTALLED,
    pool::connection_key,
    refused,
    session::Session,
};
use crate::node::{CallOptions, NodeClient, NodeError, ServerTarget};
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, client::Msg};
use std::{future::Future, time::Duration};
use tokio::{fs::File, io::AsyncReadExt, time::timeout};
use wire::{
    frame::MAX_CHUNK,
    verb::{Call, Probe, Upgrade, Verb},
};

/// How long the program's way to a server may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long a question about it may take.
const QUESTION: Duration = Duration::from_secs(60);

/// Makes sure that the server runs the program this panel ships. Answers with its version.
pub async fn install(client: &SshNodeClient, target: &ServerTarget) -> Result<String, NodeError> {
    client.pool.forget(target.id).await;
    match client.open(target).await? {
        Handshake::Agent(channel, hello) => {
            let version = hello.version.clone();
            client.pool.of(target.id).put(Session::start(channel, hello, connection_key(target))).await;
            if is_current(client, target).await? { Ok(version) } else { upgrade(client, target).await }
        }
        Handshake::Bootstrap(channel, wanted) if wanted == client.program.sha256.as_str() => {
            in_patience(send(client, channel)).await?;
            Ok(client.session(target).await?.hello.version.clone())
        }
        Handshake::Bootstrap(..) => {
            Err(refused("the server waits for the program of another version of mPanel; run the current enrolment line on it"))
        }
    }
}

/// Whether the program there is, byte by byte, the one this panel ships. An older exchange is never asked.
async fn is_current(client: &SshNodeClient, target: &ServerTarget) -> Result<bool, NodeError> {
    if client.session(target).await?.hello.protocol != wire::PROTOCOL {
        return Ok(false);
    }
    let options = CallOptions { deadline: QUESTION, key: "program/probe".to_owned(), lines: None };
    let reply = client.call(target, Probe {}.into(), options).await?;
    let report = Probe::read(reply).ok_or_else(|| NodeError::Protocol("it answered something else than asked".to_owned()))?;
    Ok(report.node_sha256.as_deref() == Some(client.program.sha256.as_str()))
}

async fn upgrade(client: &SshNodeClient, target: &ServerTarget) -> Result<String, NodeError> {
    let verb: Verb = Upgrade { sha256: client.program.sha256.clone(), size: client.program.size }.into();
    let options = CallOptions { deadline: PATIENCE, key: format!("program/{}", client.program.sha256), lines: None };
    client.upload(target, verb, &client.program.path, options).await?;
    // The next session runs the new program.
    client.pool.forget(target.id).await;
    Ok(client.session(target).await?.hello.version.clone())
}

async fn in_patience(work: impl Future<Output = Result<(), NodeError>>) -> Result<(), NodeError> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(NodeError::Unreachable("it did not take the program in time".to_owned())))
}

/// The bare bytes, to the shell that waits for them.
async fn send(client: &SshNodeClient, channel: SshChannel) -> Result<(), NodeError> {
    let SshChannel { handle, mut read, write, .. } = channel;
    // A server that hangs up early ends the sending too.
    let mut said = Vec::new();
    let sent = tokio::select! {
        sent = bytes(client, &write) => { if sent.is_ok() { listen(&mut read, &mut said).await; } sent }
        () = listen(&mut read, &mut said) => Ok(()),
    };
    drop(handle);
    let said = String::from_utf8_lossy(&said);
    if said.lines().any(|line| line == INSTALLED) {
        return Ok(());
    }
    sent?;
    match said.trim() {
        "" => Err(NodeError::Unreachable("the connection was lost while the program was sent".to_owned())),
        said => Err(refused(format!("the server did not take the program: {said}"))),
    }
}

async fn bytes(client: &SshNodeClient, to: &ChannelWriteHalf<Msg>) -> Result<(), NodeError> {
    let unreadable = |error: std::io::Error| refused(format!("the server program cannot be read here: {error}"));
    let mut file = File::open(&client.program.path).await.map_err(unreadable)?;
    let mut left = client.program.size;
    while left > 0 {
        let mut piece = vec![0; usize::try_from(left).map_or(MAX_CHUNK, |left| left.min(MAX_CHUNK))];
        file.read_exact(&mut piece).await.map_err(unreadable)?;
        left -= piece.len() as u64;
        to.data_bytes(piece).await.map_err(lost)?;
    }
    to.eof().await.map_err(lost)
}

/// Keeps the first words until the server has no more to say.
async fn listen(from: &mut ChannelReadHalf, said: &mut Vec<u8>) {
    while let Some(message) = from.wait().await {
        match message {
            ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. } if said.len() < 1000 => said.extend_from_slice(&data),
            ChannelMsg::Close => break,
            _ => {}
        }
    }
}
