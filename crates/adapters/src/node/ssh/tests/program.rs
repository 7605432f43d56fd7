//! What the forced command runs: the bootstrap, or a small program that speaks `wire`.

use super::host::Host;
use crate::node::{simulated, ssh::enrollment};
use russh::{Channel, server::Msg};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::atomic::Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use wire::{
    frame::{Decoder, Frame, MAX_CHUNK, WINDOW},
    message::{Failure, FailureKind, FromNode, Level, ToNode},
    plan::Plan,
    probe::ProbeReport,
    verb::{Reply, Sent, Stored, Upgraded, Verb},
};

type End = russh::ChannelStream<Msg>;

/// What the program was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Request { id: u64, verb: &'static str, deadline_ms: u64 },
    Cancel(u64),
    File { name: &'static str, sha256: String, size: usize },
}

pub async fn forced_command(host: Host, channel: Channel<Msg>) {
    let stream = channel.into_stream();
    if host.disk().program.is_some_and(|program| program.starts_with(BROKEN)) {
        // It starts, and ends without a word.
        let mut stream = stream;
        let _ = stream.shutdown().await;
    } else if host.disk().program.is_some() {
        let (read, write) = split(stream);
        Program { host, write, uploads: HashMap::new(), downloads: HashMap::new(), trial: None, waiting: Vec::new(), credit: false, owed: (0, 0) }
            .serve(read)
            .await;
    } else {
        bootstrap(&host, stream).await;
    }
}

pub fn sum(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

async fn bootstrap(host: &Host, mut stream: End) {
    let (sha256, size) = host.disk().expects;
    let mut bytes = vec![0; size];
    let _ = stream.write_all(format!("{} {sha256}\n", enrollment::BOOTSTRAP).as_bytes()).await;
    let whole = stream.read_exact(&mut bytes).await.is_ok();
    if whole && sum(&bytes) == sha256 {
        host.put_program(bytes);
        let _ = stream.write_all(format!("{}\n", enrollment::INSTALLED).as_bytes()).await;
    } else {
        let _ = stream.write_all(b"mpanel-refused\n").await;
    }
    let _ = stream.shutdown().await;
}

struct Program {
    host: Host,
    write: WriteHalf<End>,
    uploads: HashMap<u64, (Verb, Vec<u8>)>,
    downloads: HashMap<u64, Downloading>,
    /// The program before, while another is on trial.
    trial: Option<Vec<u8>>,
    waiting: Vec<u64>,
    /// Whether the panel waits for credit.
    credit: bool,
    /// For which upload it is due, and how much.
    owed: (u64, u64),
}

/// A log on its way.
struct Downloading {
    left: u64,
    room: u64,
}

/// How a program begins that does not work.
pub const BROKEN: &[u8] = b"broken";
/// Length of every log of this host.
pub const LOG: u64 = 30_000_001;

impl Program {
    async fn serve(mut self, mut read: ReadHalf<End>) {
        let disk = self.host.disk();
        let mut hello = json!({"say": "hello", "version": "9.9.9", "protocol": disk.protocol, "boot_id": "boot"});
        if let Some(verbs) = disk.verbs {
            hello["verbs"] = json!(verbs);
            hello["window"] = json!(WINDOW);
        }
        self.send(&hello).await;
        let (mut decoder, mut buffer) = (Decoder::new(), vec![0; 64 << 10]);
        while let Ok(length @ 1..) = read.read(&mut buffer).await {
            decoder.push(&buffer[..length]);
            while let Some(frame) = decoder.pop().unwrap() {
                match frame {
                    Frame::Chunk { id, bytes } => self.piece(id, &bytes).await,
                    Frame::Json(json) => match serde_json::from_slice(&json).unwrap() {
                        ToNode::Request { id, deadline_ms, verb, window, .. } => {
                            self.host.note(Heard::Request { id, verb: verb.name(), deadline_ms });
                            self.start(id, verb, window).await;
                        }
                        ToNode::Credit { id, bytes } => self.send_more(id, bytes).await,
                        ToNode::Cancel { id } => self.cancel(id).await,
                    },
                }
                self.give_credit().await;
            }
        }
        self.host.waiting().fetch_sub(self.waiting.len(), Ordering::SeqCst);
        if let Some(before) = self.trial.take() {
            self.host.put_program(before);
        }
    }

    async fn start(&mut self, id: u64, verb: Verb, window: Option<u64>) {
        match verb {
            Verb::PodLog(_) => {
                self.downloads.insert(id, Downloading { left: LOG, room: 0 });
                self.send_more(id, window.unwrap_or_default()).await;
            }
            Verb::UpgradeEnd(end) => {
                let before = self.trial.take();
                let tried = before.is_some();
                if let Some(before) = before.filter(|_| !end.keep) {
                    self.host.put_program(before);
                }
                self.done(id, Reply::UpgradeEnd(tried)).await;
            }
            Verb::PodList(_) => self.done(id, Reply::PodList(Vec::new())).await,
            Verb::Probe(_) => {
                let node_sha256 = self.host.disk().program.map(|program| sum(&program));
                self.done(id, Reply::Probe(ProbeReport { node_sha256, ..simulated::report() })).await;
            }
            Verb::PodRemove(_) => {
                for n in 1..=3 {
                    self.say(FromNode::Log { id, level: Level::Info, line: format!("line {n}") }).await;
                }
                self.done(id, Reply::PodRemove(Plan::default())).await;
            }
            Verb::ArtifactPut(_) | Verb::Upgrade(_) => {
                self.credit = window.is_some();
                self.uploads.insert(id, (verb, Vec::new()));
            }
            // Everything else takes for ever.
            _ => {
                self.waiting.push(id);
                self.host.waiting().fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    async fn cancel(&mut self, id: u64) {
        self.host.note(Heard::Cancel(id));
        self.uploads.remove(&id);
        self.downloads.remove(&id);
        if let Some(place) = self.waiting.iter().position(|waiting| *waiting == id) {
            self.waiting.remove(place);
            self.host.waiting().fetch_sub(1, Ordering::SeqCst);
            let result = Err(Failure::new(FailureKind::Cancelled, "cancelled"));
            self.say(FromNode::Done { id, result }).await;
        }
    }

    async fn piece(&mut self, id: u64, bytes: &[u8]) {
        let Some((verb, file)) = self.uploads.get_mut(&id) else { return };
        file.extend_from_slice(bytes);
        self.host.came().fetch_add(bytes.len(), Ordering::SeqCst);
        // Given after this frame, or after a later one when it is withheld.
        self.owed.0 = id;
        self.owed.1 += bytes.len() as u64;
        if file.len() as u64 != verb.upload_size().unwrap() {
            return;
        }
        let (verb, file) = self.uploads.remove(&id).unwrap();
        self.host.note(Heard::File { name: verb.name(), sha256: sum(&file), size: file.len() });
        let reply = match verb {
            Verb::Upgrade(upgrade) => {
                self.trial = self.host.disk().program.filter(|_| upgrade.trial);
                self.host.put_program(file);
                Reply::Upgrade(Upgraded { version: "9.9.9".to_owned() })
            }
            _ => Reply::ArtifactPut(Stored { had: false }),
        };
        self.done(id, reply).await;
    }

    async fn give_credit(&mut self) {
        let (id, bytes) = self.owed;
        if self.credit && bytes > 0 && !self.host.withholds() {
            self.owed.1 = 0;
            self.say(FromNode::Credit { id, bytes }).await;
        }
    }

    async fn send_more(&mut self, id: u64, room: u64) {
        let greedy = self.host.is_greedy();
        let Some(one) = self.downloads.get_mut(&id) else { return };
        one.room += room;
        while let Some(Downloading { left, room }) = self.downloads.get_mut(&id).filter(|one| one.left > 0 && (one.room > 0 || greedy)) {
            let most = if greedy { *left } else { (*left).min(*room) };
            let length = most.min(MAX_CHUNK as u64);
            (*left, *room) = (*left - length, room.saturating_sub(length));
            self.host.went().fetch_add(length as usize, Ordering::SeqCst);
            let frame = Frame::Chunk { id, bytes: vec![7; length as usize] }.to_bytes().unwrap();
            let _ = self.write.write_all(&frame).await;
        }
        let _ = self.write.flush().await;
        if self.downloads.get(&id).is_some_and(|one| one.left == 0) {
            self.downloads.remove(&id);
            self.done(id, Reply::PodLog(Sent { bytes: LOG })).await;
        }
    }

    async fn done(&mut self, id: u64, reply: Reply) {
        self.say(FromNode::Done { id, result: Ok(reply) }).await;
    }

    async fn say(&mut self, message: FromNode) {
        self.send(&message).await;
    }

    async fn send(&mut self, message: &impl serde::Serialize) {
        let frame = Frame::Json(serde_json::to_vec(message).unwrap()).to_bytes().unwrap();
        // The panel may be gone; then the next read ends the program.
        let _ = self.write.write_all(&frame).await;
        let _ = self.write.flush().await;
    }
}
