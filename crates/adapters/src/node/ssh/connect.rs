//! From a byte stream to a server that has said who it is.

use super::{dial::Stream, enrollment::BOOTSTRAP, key::as_host_key};
use crate::node::{HostKey, NodeError};
use russh::{
    ChannelMsg, ChannelReadHalf, ChannelWriteHalf,
    client::{self, Handle, Msg},
    keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use wire::{
    frame::{Decoder, Frame},
    message::{Failure, FailureKind, FromNode},
    verb::Verb,
};

/// Longest first line of a server without the program.
const LINE: usize = 200;
/// Most bytes kept of what a server says on the side.
const ASIDE: usize = 400;

/// A server after the key exchange, the sign-in and its first words.
pub enum Handshake {
    /// The program runs and said hello.
    Agent(SshChannel, Hello),
    /// The program is not there; the server waits for the bytes with this checksum.
    Bootstrap(SshChannel, String),
}

/// Both ends of the channel, and the connection that carries it.
pub struct SshChannel {
    /// Keeps the connection; dropping it ends it.
    pub handle: Handle<HostKeyVerifier>,
    /// From the server.
    pub read: ChannelReadHalf,
    /// To the server.
    pub write: ChannelWriteHalf<Msg>,
    /// What has come and is not taken yet.
    pub decoder: Decoder,
}

/// What the program said first.
#[derive(Clone, Debug)]
pub struct Hello {
    /// Its version.
    pub version: String,
    /// Version of the exchange it speaks.
    pub protocol: u32,
    /// Names of the verbs it knows.
    pub verbs: Vec<String>,
    /// How much of a file it takes before it gives credit; nothing when it knows no credit.
    pub window: Option<u64>,
}

impl Hello {
    /// Whether this verb may be sent to it. One of another exchange is asked for one thing only, to be replaced: the two verbs for that
    /// never change.
    ///
    /// # Errors
    /// Says which server is behind, and what to do.
    pub fn knows(&self, verb: &Verb, server: &str) -> Result<(), NodeError> {
        let speaks = self.protocol == wire::PROTOCOL || matches!(verb, Verb::Upgrade(_) | Verb::UpgradeEnd(_));
        let unknown = std::iter::once(verb.name()).chain(verb.needs()).find(|name| !self.verbs.iter().any(|known| known == name));
        if speaks && unknown.is_none() {
            return Ok(());
        }
        let lacks = if speaks {
            format!("does not know {}", unknown.unwrap_or_default())
        } else {
            format!("speaks protocol {}, not {}", self.protocol, wire::PROTOCOL)
        };
        Err(NodeError::AgentOutdated { server: server.to_owned(), version: self.version.clone(), lacks })
    }
}

/// Compares the key a server shows with the pinned one. Without a pin every key is refused, after a look at it.
pub struct HostKeyVerifier {
    pinned: Option<PublicKey>,
    shown: Arc<Mutex<Option<PublicKey>>>,
}

impl client::Handler for HostKeyVerifier {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let key = key.public_key();
        let same = self.pinned.as_ref().is_some_and(|pinned| pinned.key_data() == key.key_data());
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
        Ok(same)
    }
}

fn config() -> Arc<client::Config> {
    Arc::new(client::Config {
        window_size: 8 << 20,
        keepalive_interval: Some(Duration::from_secs(5)),
        keepalive_max: 3,
        // Ends a write that nobody takes; a living connection hears a keepalive's answer long before.
        inactivity_timeout: Some(Duration::from_secs(30)),
        ..client::Config::default()
    })
}

/// The key a server shows. Ends after the key exchange; nothing is sent to it beyond that.
pub async fn fetch_host_key(stream: Box<dyn Stream>) -> Result<HostKey, NodeError> {
    let shown = Arc::default();
    let outcome = client::connect_stream(config(), stream, HostKeyVerifier { pinned: None, shown: Arc::clone(&shown) }).await;
    let key = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (key, outcome) {
        (Some(key), _) => Ok(as_host_key(&key)),
        (None, Err(error)) => Err(lost(error)),
        (None, Ok(_)) => Err(NodeError::Unreachable("it presented no host key".to_owned())),
    }
}

/// Signs in at a server that shows the pinned key, and listens to its first words.
pub async fn open(stream: Box<dyn Stream>, pinned: &PublicKey, key: Arc<PrivateKey>) -> Result<Handshake, NodeError> {
    let shown = Arc::default();
    let pin = HostKeyVerifier { pinned: Some(pinned.clone()), shown: Arc::clone(&shown) };
    let mut handle = match client::connect_stream(config(), stream, pin).await {
        Ok(handle) => handle,
        Err(russh::Error::UnknownKey) => {
            let shown = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
            let shown = shown.map_or_else(|| "none".to_owned(), |key| as_host_key(&key).fingerprint);
            return Err(NodeError::HostKeyChanged { shown });
        }
        Err(error) => return Err(lost(error)),
    };
    let signed_in = handle.authenticate_publickey("root", PrivateKeyWithHashAlg::new(key, None)).await.map_err(lost)?;
    if !signed_in.success() {
        let failure = Failure::new(FailureKind::Refused, "SSH key not authorized on the server");
        return Err(NodeError::Failed(failure.with_remedy("run the enrollment command on the server as root")));
    }
    let channel = handle.channel_open_session().await.map_err(lost)?;
    // The server runs its forced command whatever is asked for here.
    channel.exec(true, "mpanel-node serve").await.map_err(lost)?;
    let (read, write) = channel.split();
    read_greeting(SshChannel { handle, read, write, decoder: Decoder::new() }).await
}

async fn read_greeting(mut channel: SshChannel) -> Result<Handshake, NodeError> {
    let (mut first, mut stderr) = (Vec::new(), Vec::new());
    loop {
        match channel.read.wait().await {
            Some(ChannelMsg::Data { data }) => first.extend_from_slice(&data),
            Some(ChannelMsg::ExtendedData { data, .. }) if stderr.len() < ASIDE => stderr.extend_from_slice(&data),
            Some(ChannelMsg::Failure) => return Err(NodeError::Protocol("the server does not start mpanel-node for this key".to_owned())),
            Some(ChannelMsg::Eof | ChannelMsg::Close) | None => return Err(no_greeting(&first, &stderr)),
            Some(_) => continue,
        }
        // A frame begins with a length below 16 MiB, so with a zero; a line of text does not.
        match first.first() {
            Some(0) => {
                channel.decoder.push(&std::mem::take(&mut first));
                return hello(channel, stderr).await;
            }
            Some(_) if first.contains(&b'\n') || first.len() > LINE => return bootstrap(channel, &first, &stderr),
            _ => {}
        }
    }
}

async fn hello(mut channel: SshChannel, mut stderr: Vec<u8>) -> Result<Handshake, NodeError> {
    loop {
        let frame = channel.decoder.pop().map_err(|error| NodeError::Protocol(error.to_string()))?;
        if let Some(frame) = frame {
            let Frame::Json(json) = frame else { return Err(NodeError::Protocol("unexpected file before the greeting".to_owned())) };
            return match serde_json::from_slice(&json) {
                Ok(FromNode::Hello { version, protocol, verbs, window, .. }) => {
                    Ok(Handshake::Agent(channel, Hello { version, protocol, verbs, window }))
                }
                _ => Err(NodeError::Protocol("no greeting received".to_owned())),
            };
        }
        match channel.read.wait().await {
            Some(ChannelMsg::Data { data }) => channel.decoder.push(&data),
            Some(ChannelMsg::ExtendedData { data, .. }) if stderr.len() < ASIDE => stderr.extend_from_slice(&data),
            Some(ChannelMsg::Eof | ChannelMsg::Close) | None => return Err(no_greeting(&[], &stderr)),
            Some(_) => {}
        }
    }
}

fn bootstrap(channel: SshChannel, first: &[u8], stderr: &[u8]) -> Result<Handshake, NodeError> {
    let text = String::from_utf8_lossy(first);
    let line = text.lines().next().unwrap_or_default();
    match line.strip_prefix(BOOTSTRAP) {
        Some(sha256) => Ok(Handshake::Bootstrap(channel, sha256.trim().to_owned())),
        None => Err(no_greeting(first, stderr)),
    }
}

/// The program did not speak. What was said instead helps the person who must look.
fn no_greeting(first: &[u8], stderr: &[u8]) -> NodeError {
    let said = String::from_utf8_lossy(if stderr.is_empty() { first } else { stderr });
    let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    let failure = Failure::new(FailureKind::Refused, format!("mpanel-node did not start ({})", said.trim()));
    NodeError::Failed(failure.with_remedy("run the enrollment command on the server again as root"))
}

/// Words for a connection that did not come about or broke.
pub fn lost(error: russh::Error) -> NodeError {
    NodeError::Unreachable(match error {
        russh::Error::Disconnect | russh::Error::HUP | russh::Error::SendError => "the server closed the connection".to_owned(),
        other => other.to_string(),
    })
}
