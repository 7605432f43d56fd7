//! Puts the program on a server, or a newer one in its place.

use super::{
    SshLinks,
    connect::{Opened, Wires, lost},
    enrolment::INSTALLED,
    refused,
    session::Session,
    slot::made_for,
};
use crate::node::{CallOptions, NodeError, NodeLinks, ServerTarget};
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
pub async fn install(links: &SshLinks, target: &ServerTarget) -> Result<String, NodeError> {
    links.slots.forget(target.id).await;
    match links.open(target).await? {
        Opened::Program(wires, hello) => {
            let version = hello.version.clone();
            links.slots.of(target.id).put(Session::start(wires, hello, made_for(target))).await;
            if is_current(links, target).await? { Ok(version) } else { upgrade(links, target).await }
        }
        Opened::Bootstrap(wires, wanted) if wanted == links.program.sha256.as_str() => {
            in_patience(send(links, wires)).await?;
            Ok(links.session(target).await?.hello.version.clone())
        }
        Opened::Bootstrap(..) => Err(refused("the server expects the agent of another mPanel version; run the current enrollment command on it")),
    }
}

/// Whether the program there is, byte by byte, the one this panel ships. An older exchange is never asked.
async fn is_current(links: &SshLinks, target: &ServerTarget) -> Result<bool, NodeError> {
    if links.session(target).await?.hello.protocol != wire::PROTOCOL {
        return Ok(false);
    }
    let options = CallOptions { deadline: QUESTION, key: "program/probe".to_owned(), lines: None };
    let reply = links.call(target, Probe {}.into(), options).await?;
    let report = Probe::read(reply).ok_or_else(|| NodeError::Protocol("unexpected reply".to_owned()))?;
    Ok(report.node_sha256.as_deref() == Some(links.program.sha256.as_str()))
}

async fn upgrade(links: &SshLinks, target: &ServerTarget) -> Result<String, NodeError> {
    let verb: Verb = Upgrade { sha256: links.program.sha256.clone(), size: links.program.size }.into();
    let options = CallOptions { deadline: PATIENCE, key: format!("program/{}", links.program.sha256), lines: None };
    links.upload(target, verb, &links.program.path, options).await?;
    // The next session runs the new program.
    links.slots.forget(target.id).await;
    Ok(links.session(target).await?.hello.version.clone())
}

async fn in_patience(work: impl Future<Output = Result<(), NodeError>>) -> Result<(), NodeError> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(NodeError::Unreachable("agent upload timed out".to_owned())))
}

/// The bare bytes, to the shell that waits for them.
async fn send(links: &SshLinks, wires: Wires) -> Result<(), NodeError> {
    let Wires { handle, mut read, write, .. } = wires;
    // A server that hangs up early ends the sending too.
    let mut said = Vec::new();
    let sent = tokio::select! {
        sent = bytes(links, &write) => { if sent.is_ok() { listen(&mut read, &mut said).await; } sent }
        () = listen(&mut read, &mut said) => Ok(()),
    };
    drop(handle);
    let said = String::from_utf8_lossy(&said);
    if said.lines().any(|line| line == INSTALLED) {
        return Ok(());
    }
    sent?;
    match said.trim() {
        "" => Err(NodeError::Unreachable("connection lost while the agent was uploaded".to_owned())),
        said => Err(refused(format!("the server rejected the agent: {said}"))),
    }
}

async fn bytes(links: &SshLinks, to: &ChannelWriteHalf<Msg>) -> Result<(), NodeError> {
    let unreadable = |error: std::io::Error| refused(format!("the agent binary cannot be read: {error}"));
    let mut file = File::open(&links.program.path).await.map_err(unreadable)?;
    let mut left = links.program.size;
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
