//! An SSH server in this process: sshd with the forced command of an enrollment line.

use super::program::{self, Heard};
use crate::node::ssh::{
    TailnetAddr,
    dial::{Dial, Stream},
    key,
};
use async_trait::async_trait;
use russh::{
    Channel, ChannelId,
    keys::{Algorithm, PrivateKey},
    server::{self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Session, VerifiedPublicKey},
};
use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{copy_bidirectional, duplex},
    task::JoinHandle,
};
use wire::verb::Verb;

/// The host. Clones are the same host.
#[derive(Clone)]
pub struct Host(Arc<Parts>);

#[derive(Default)]
struct Parts {
    key: Mutex<Option<PrivateKey>>,
    admitted: Mutex<Option<String>>,
    connections: AtomicUsize,
    sign_ins: AtomicUsize,
    off: AtomicBool,
    cables: Mutex<Vec<JoinHandle<()>>>,
    disk: Mutex<Disk>,
    heard: Mutex<Vec<Heard>>,
    waiting: AtomicUsize,
    came: AtomicUsize,
    went: AtomicUsize,
    withholds: AtomicBool,
    greedy: AtomicBool,
}

/// What lies on the host.
#[derive(Default, Clone)]
pub struct Disk {
    /// The program, where it is installed.
    pub program: Option<Vec<u8>>,
    /// Checksum and length that the forced command names.
    pub expects: (String, usize),
    /// Version of the exchange the program speaks.
    pub protocol: u32,
    /// Verbs that the program lists; one of before lists none.
    pub verbs: Option<Vec<&'static str>>,
}

impl Host {
    fn new(disk: Disk) -> Self {
        let key = PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).unwrap();
        Self(Arc::new(Parts { key: Mutex::new(Some(key)), disk: Mutex::new(disk), ..Parts::default() }))
    }

    /// With the program in its place.
    pub fn running(program: &[u8]) -> Self {
        Self::knowing(program, Some(Verb::NAMES.to_vec()))
    }

    /// With a program that lists these verbs, or one of before that lists none.
    pub fn knowing(program: &[u8], verbs: Option<Vec<&'static str>>) -> Self {
        Self::new(Disk { program: Some(program.to_vec()), protocol: wire::PROTOCOL, verbs, ..Disk::default() })
    }

    /// With an older program in its place.
    pub fn speaking(program: &[u8], protocol: u32) -> Self {
        Self::new(Disk { program: Some(program.to_vec()), protocol, ..Disk::default() })
    }

    /// With nothing but the enrollment line, which names this program.
    pub fn bare(sha256: &str, size: usize) -> Self {
        Self::new(Disk { expects: (sha256.to_owned(), size), protocol: wire::PROTOCOL, ..Disk::default() })
    }

    pub fn admit(&self, key: String) {
        *self.0.admitted.lock().unwrap() = Some(key);
    }

    pub fn public_key(&self) -> String {
        key::two_words(self.0.key.lock().unwrap().as_ref().unwrap().public_key())
    }

    pub fn change_key(&self) {
        *self.0.key.lock().unwrap() = Some(PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).unwrap());
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.0.connections.load(Ordering::SeqCst)
    }

    /// How many sign-ins were tried, good or bad.
    pub fn sign_ins(&self) -> usize {
        self.0.sign_ins.load(Ordering::SeqCst)
    }

    /// Everything the program was told.
    pub fn heard(&self) -> Vec<Heard> {
        self.0.heard.lock().unwrap().clone()
    }

    pub fn note(&self, heard: Heard) {
        self.0.heard.lock().unwrap().push(heard);
    }

    /// Requests that never end by themselves and are there now.
    pub fn waiting(&self) -> &AtomicUsize {
        &self.0.waiting
    }

    /// Bytes of files that came.
    pub fn came(&self) -> &AtomicUsize {
        &self.0.came
    }

    /// Bytes of logs that were sent.
    pub fn went(&self) -> &AtomicUsize {
        &self.0.went
    }

    /// Gives no credit for what came, as long as it is set.
    pub fn set_withholds(&self, withholds: bool) {
        self.0.withholds.store(withholds, Ordering::SeqCst);
    }

    pub fn withholds(&self) -> bool {
        self.0.withholds.load(Ordering::SeqCst)
    }

    /// Sends without waiting for credit.
    pub fn set_greedy(&self) {
        self.0.greedy.store(true, Ordering::SeqCst);
    }

    pub fn is_greedy(&self) -> bool {
        self.0.greedy.load(Ordering::SeqCst)
    }

    pub fn disk(&self) -> Disk {
        self.0.disk.lock().unwrap().clone()
    }

    pub fn put_program(&self, bytes: Vec<u8>) {
        let mut disk = self.0.disk.lock().unwrap();
        (disk.program, disk.protocol, disk.verbs) = (Some(bytes), wire::PROTOCOL, Some(Verb::NAMES.to_vec()));
    }

    /// Lets the program there speak another version of the exchange.
    pub fn set_protocol(&self, protocol: u32) {
        self.0.disk.lock().unwrap().protocol = protocol;
    }

    /// Pulls all cables: both sides lose their connections.
    pub fn cut(&self) {
        for cable in self.0.cables.lock().unwrap().drain(..) {
            cable.abort();
        }
    }

    /// No new connection gets through while it is off.
    pub fn set_off(&self, off: bool) {
        self.0.off.store(off, Ordering::SeqCst);
    }
}

#[async_trait]
impl Dial for Host {
    async fn dial(&self, _address: TailnetAddr) -> io::Result<Box<dyn Stream>> {
        self.0.connections.fetch_add(1, Ordering::SeqCst);
        if self.0.off.load(Ordering::SeqCst) {
            // Long enough for others to come and wait.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            return Err(io::Error::new(io::ErrorKind::HostUnreachable, "no route to host"));
        }
        let (panel, mut near) = duplex(64 << 10);
        let (mut far, sshd) = duplex(64 << 10);
        let cable = tokio::spawn(async move {
            let _ = copy_bidirectional(&mut near, &mut far).await;
        });
        self.0.cables.lock().unwrap().push(cable);
        let key = self.0.key.lock().unwrap().clone().unwrap();
        let config = server::Config { keys: vec![key], auth_rejection_time: std::time::Duration::ZERO, ..server::Config::default() };
        let door = Door { host: self.clone(), channels: HashMap::new() };
        tokio::spawn(async move {
            if let Ok(session) = server::run_stream(Arc::new(config), sshd, door).await {
                let _ = session.await;
            }
        });
        Ok(Box::new(panel))
    }
}

struct Door {
    host: Host,
    channels: HashMap<ChannelId, Channel<Msg>>,
}

impl server::Handler for Door {
    type Error = russh::Error;

    async fn auth_publickey_offered(&mut self, _user: &str, _offer: PublicKeyOffer<'_>) -> Result<Auth, russh::Error> {
        self.host.0.sign_ins.fetch_add(1, Ordering::SeqCst);
        Ok(Auth::Accept)
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        self.host.0.sign_ins.fetch_add(1, Ordering::SeqCst);
        let admitted = self.host.0.admitted.lock().unwrap().clone();
        let known = user == "root" && admitted == Some(key::two_words(key.public_key));
        Ok(if known { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(&mut self, channel: Channel<Msg>, reply: ChannelOpenHandle, _: &mut Session) -> Result<(), russh::Error> {
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(&mut self, channel: ChannelId, _: &[u8], session: &mut Session) -> Result<(), russh::Error> {
        session.channel_success(channel)?;
        if let Some(channel) = self.channels.remove(&channel) {
            tokio::spawn(program::forced_command(self.host.clone(), channel));
        }
        Ok(())
    }
}
