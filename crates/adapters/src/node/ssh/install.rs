//! Puts the program on a server, or a newer one in its place.

use super::{
    SshNodeClient,
    connect::{Handshake, SshChannel, lost},
    enrollment::INSTALLED,
    pool::connection_key,
    refused,
    session::{Session, SessionClosed},
    upload, with_deadline,
};
use crate::node::{NodeError, ServerTarget};
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, client::Msg};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{
    fs::File,
    io::AsyncReadExt,
    time::{Instant, timeout},
};
use wire::{
    Key,
    frame::MAX_CHUNK,
    verb::{Call, Probe, Upgrade, UpgradeEnd, Verb},
};

/// How long the program's way to a server may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long a question about it may take.
const QUESTION: Duration = Duration::from_secs(60);

/// Makes sure that the server runs the agent this panel ships. Answers with its version. Requests that run there go on; a new agent that
/// does not work is replaced by the one before.
pub async fn install(client: &SshNodeClient, target: &ServerTarget) -> Result<String, NodeError> {
    match client.open(target).await? {
        Handshake::Agent(channel, hello) => {
            let session = Session::start(channel, hello, connection_key(target));
            let session = if is_current(client, target, &session).await? { session } else { upgrade(client, target, &session).await? };
            let version = session.hello.version.clone();
            client.pool.of(target.id).put(session).await;
            Ok(version)
        }
        Handshake::Bootstrap(channel, wanted) if wanted == client.program.sha256.as_str() => {
            in_patience(send(client, channel)).await?;
            client.pool.forget(target.id).await;
            Ok(client.session(target).await?.hello.version.clone())
        }
        Handshake::Bootstrap(..) => Err(refused("the server expects the agent of another mPanel version; run the current enrollment command on it")),
    }
}

/// Whether the agent there is, byte by byte, the one this panel ships. One of another exchange is never asked.
async fn is_current(client: &SshNodeClient, target: &ServerTarget, session: &Arc<Session>) -> Result<bool, NodeError> {
    if session.hello.protocol != wire::PROTOCOL {
        return Ok(false);
    }
    let report = ask(session, target, Probe {}).await?;
    Ok(report.node_sha256.as_deref() == Some(client.program.sha256.as_str()))
}

/// Puts the new agent in place and tries it in a session of its own. The old one, in `session`, keeps it or puts itself back.
async fn upgrade(client: &SshNodeClient, target: &ServerTarget, session: &Arc<Session>) -> Result<Arc<Session>, NodeError> {
    // An agent of before replaces itself for good.
    let trial = session.hello.knows(&UpgradeEnd { keep: true }.into(), &target.address).is_ok();
    send_agent(client, target, session, trial).await?;
    let tried = try_out(client, target).await;
    if !trial {
        return tried;
    }
    match tried {
        Ok(new) if ask(session, target, UpgradeEnd { keep: true }).await? => Ok(new),
        Ok(_) => Err(NodeError::AgentRolledBack { why: "it took too long to try it".to_owned() }),
        // Somebody else answers there. The old agent puts itself back when this session ends.
        Err(error @ NodeError::HostKeyChanged { .. }) => Err(error),
        Err(error) => {
            // When the line is lost too, the old agent puts itself back, and whether the new one works is not known.
            ask(session, target, UpgradeEnd { keep: false }).await?;
            Err(NodeError::AgentRolledBack { why: error.to_string() })
        }
    }
}

async fn send_agent(client: &SshNodeClient, target: &ServerTarget, session: &Arc<Session>, trial: bool) -> Result<(), NodeError> {
    let agent = &client.program;
    let verb: Verb = Upgrade { sha256: agent.sha256.clone(), size: agent.size, trial }.into();
    session.hello.knows(&verb, &target.address)?;
    let until = Instant::now() + PATIENCE;
    with_deadline(until, async {
        let (mut file, size) = upload::open(&verb, &agent.path).await?;
        let mut running = session.begin(verb, key("upgrade")?, until, None).await.map_err(|SessionClosed| lost_connection())?;
        upload::answer_while_sending(&mut running, &mut file, &agent.path, size).await
    })
    .await
    .map(drop)
}

/// A session with the new agent that has looked at its server and said what it is.
async fn try_out(client: &SshNodeClient, target: &ServerTarget) -> Result<Arc<Session>, NodeError> {
    let Handshake::Agent(channel, hello) = client.open(target).await? else {
        return Err(NodeError::Protocol("it is not in its place".to_owned()));
    };
    let session = Session::start(channel, hello, connection_key(target));
    if is_current(client, target, &session).await? {
        return Ok(session);
    }
    Err(NodeError::Protocol(format!("an agent of version {} with protocol {} answers", session.hello.version, session.hello.protocol)))
}

/// Asks over this session and no other.
async fn ask<C: Call>(session: &Arc<Session>, target: &ServerTarget, call: C) -> Result<C::Reply, NodeError> {
    let (verb, until): (Verb, _) = (call.into(), Instant::now() + QUESTION);
    session.hello.knows(&verb, &target.address)?;
    let reply = with_deadline(until, async {
        let running = session.begin(verb, key("question")?, until, None).await;
        running.map_err(|SessionClosed| lost_connection())?.answer().await
    });
    C::read(reply.await?).ok_or_else(|| NodeError::Protocol("unexpected reply".to_owned()))
}

fn key(what: &str) -> Result<Key, NodeError> {
    // Each is its own intention: an answer of an earlier one would be old.
    Key::new(format!("agent/{what}/{:x}", rand::random::<u64>())).map_err(|error| refused(error.to_string()))
}

pub(super) fn lost_connection() -> NodeError {
    NodeError::Unreachable("the connection was lost".to_owned())
}

async fn in_patience(work: impl Future<Output = Result<(), NodeError>>) -> Result<(), NodeError> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(NodeError::Unreachable("agent upload timed out".to_owned())))
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
        "" => Err(NodeError::Unreachable("connection lost while the agent was uploaded".to_owned())),
        said => Err(refused(format!("the server rejected the agent: {said}"))),
    }
}

async fn bytes(client: &SshNodeClient, to: &ChannelWriteHalf<Msg>) -> Result<(), NodeError> {
    let unreadable = |error: std::io::Error| refused(format!("the agent binary cannot be read: {error}"));
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
