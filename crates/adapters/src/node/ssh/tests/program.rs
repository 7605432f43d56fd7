//! What the forced command runs: the bootstrap, or a small program that speaks `wire`.

use super::host::Host;
use crate::node::{simulated, ssh::enrolment};
use russh::{Channel, server::Msg};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::atomic::Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use wire::{
    frame::{Decoder, Frame},
    message::{Failure, FailureKind, FromNode, Level, ToNode},
    plan::Plan,
    probe::ProbeReport,
    verb::{Reply, Stored, Upgraded, Verb},
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
    if host.disk().program.is_some() {
        let (read, write) = split(stream);
        Program { host, write, uploads: HashMap::new(), waiting: Vec::new() }.serve(read).await;
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
    let _ = stream.write_all(format!("{} {sha256}\n", enrolment::BOOTSTRAP).as_bytes()).await;
    let whole = stream.read_exact(&mut bytes).await.is_ok();
    if whole && sum(&bytes) == sha256 {
        host.put_program(bytes);
        let _ = stream.write_all(format!("{}\n", enrolment::INSTALLED).as_bytes()).await;
    } else {
        let _ = stream.write_all(b"mpanel-refused\n").await;
    }
    let _ = stream.shutdown().await;
}

struct Program {
    host: Host,
    write: WriteHalf<End>,
    uploads: HashMap<u64, (Verb, Vec<u8>)>,
    waiting: Vec<u64>,
}

impl Program {
    async fn serve(mut self, mut read: ReadHalf<End>) {
        let disk = self.host.disk();
        let mut hello = json!({"say": "hello", "version": "9.9.9", "protocol": disk.protocol, "boot_id": "boot"});
        if let Some(verbs) = disk.verbs {
            hello["verbs"] = json!(verbs);
        }
        self.send(&hello).await;
        let (mut decoder, mut buffer) = (Decoder::new(), vec![0; 64 << 10]);
        while let Ok(length @ 1..) = read.read(&mut buffer).await {
            decoder.push(&buffer[..length]);
            while let Some(frame) = decoder.pop().unwrap() {
                match frame {
                    Frame::Chunk { id, bytes } => self.piece(id, &bytes).await,
                    Frame::Json(json) => match serde_json::from_slice(&json).unwrap() {
                        ToNode::Request { id, deadline_ms, verb, .. } => {
                            self.host.note(Heard::Request { id, verb: verb.name(), deadline_ms });
                            self.start(id, verb).await;
                        }
                        ToNode::Cancel { id } => self.cancel(id).await,
                    },
                }
            }
        }
        self.host.waiting().fetch_sub(self.waiting.len(), Ordering::SeqCst);
    }

    async fn start(&mut self, id: u64, verb: Verb) {
        match verb {
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
            Verb::ArtifactPut(_) | Verb::Upgrade(_) => drop(self.uploads.insert(id, (verb, Vec::new()))),
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
        if let Some(place) = self.waiting.iter().position(|waiting| *waiting == id) {
            self.waiting.remove(place);
            self.host.waiting().fetch_sub(1, Ordering::SeqCst);
            let result = Err(Failure::new(FailureKind::Cancelled, "stopped on request"));
            self.say(FromNode::Done { id, result }).await;
        }
    }

    async fn piece(&mut self, id: u64, bytes: &[u8]) {
        let Some((verb, file)) = self.uploads.get_mut(&id) else { return };
        file.extend_from_slice(bytes);
        if file.len() as u64 != verb.upload_size().unwrap() {
            return;
        }
        let (verb, file) = self.uploads.remove(&id).unwrap();
        self.host.note(Heard::File { name: verb.name(), sha256: sum(&file), size: file.len() });
        let reply = match verb {
            Verb::Upgrade(_) => {
                self.host.put_program(file);
                Reply::Upgrade(Upgraded { version: "9.9.9".to_owned() })
            }
            _ => Reply::ArtifactPut(Stored { had: false }),
        };
        self.done(id, reply).await;
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
