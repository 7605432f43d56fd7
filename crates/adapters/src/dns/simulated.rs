//! A DNS for demos and tests: has what was put into it.

use super::{CaaRecord, Dns, DnsUnavailable, DsRecord, Found};
use async_trait::async_trait;
use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// Has no records at first.
#[derive(Default)]
pub struct SimulatedDns(Mutex<State>);

#[derive(Default)]
struct State {
    down: bool,
    failing: HashSet<String>,
    texts: HashMap<String, Vec<String>>,
    addresses: HashMap<String, Vec<IpAddr>>,
    name_servers: HashMap<String, Vec<String>>,
    caa: HashMap<String, Vec<CaaRecord>>,
    ds: HashMap<String, Vec<DsRecord>>,
    cached: HashMap<String, (Found, Option<u32>)>,
}

impl State {
    /// Values of a name that were set, as zone files have them.
    fn values(&self, name: &str, kind: &str) -> Option<Vec<String>> {
        let mut values: Vec<String> = match kind {
            "TXT" => self.texts.get(name)?.iter().map(|text| format!("\"{text}\"")).collect(),
            "A" => self.addresses.get(name)?.iter().filter(|address| address.is_ipv4()).map(ToString::to_string).collect(),
            "AAAA" => self.addresses.get(name)?.iter().filter(|address| address.is_ipv6()).map(ToString::to_string).collect(),
            _ => return None,
        };
        values.sort();
        Some(values)
    }
}

impl SimulatedDns {
    /// Does not answer from now on, or does again.
    pub fn set_down(&self, down: bool) {
        self.state(|state| state.down = down);
    }

    /// Does not answer about this name until its records are set.
    pub fn fail(&self, name: &str) {
        self.state(|state| state.failing.insert(name.to_owned()));
    }

    /// These are the TXT records of a name from now on.
    pub fn set_texts(&self, name: &str, texts: &[&str]) {
        self.state(|state| {
            state.failing.remove(name);
            state.texts.insert(name.to_owned(), texts.iter().map(|text| (*text).to_owned()).collect());
        });
    }

    /// A name leads to these addresses from now on.
    pub fn set_addresses(&self, name: &str, addresses: &[IpAddr]) {
        self.state(|state| state.addresses.insert(name.to_owned(), addresses.to_vec()));
    }

    /// A zone is delegated to these name servers from now on.
    pub fn set_name_servers(&self, zone: &str, servers: &[&str]) {
        self.state(|state| state.name_servers.insert(zone.to_owned(), servers.iter().map(|server| (*server).to_owned()).collect()));
    }

    /// These are the CAA records of a name from now on: tag and value of each.
    pub fn set_caa(&self, name: &str, records: &[(&str, &str)]) {
        let record = |(tag, value): &(&str, &str)| CaaRecord { is_critical: false, tag: (*tag).to_owned(), value: (*value).to_owned() };
        self.state(|state| {
            state.failing.remove(name);
            state.caa.insert(name.to_owned(), records.iter().map(record).collect());
        });
    }

    /// The parent of a zone has these DS records from now on: key tag, algorithm, digest type and digest of each, and their TTL.
    ///
    /// # Panics
    /// When one is written in another form.
    pub fn set_ds(&self, zone: &str, records: &[&str], ttl: u32) {
        let record = |text: &&str| {
            let words: Vec<&str> = text.split_whitespace().collect();
            let [key_tag, algorithm, digest_type, digest] = words.as_slice() else { panic!("{text} is no DS record") };
            let number = |word: &str| word.parse::<u16>().unwrap_or_else(|_| panic!("{text} is no DS record"));
            let small = |word: &str| u8::try_from(number(word)).unwrap_or(u8::MAX);
            let digest = digest.to_ascii_lowercase();
            DsRecord { key_tag: number(key_tag), algorithm: small(algorithm), digest_type: small(digest_type), digest, ttl }
        };
        self.state(|state| state.ds.insert(zone.to_owned(), records.iter().map(record).collect()));
    }

    /// The one resolver has kept this of a name, whatever was set, and this serial of its zone.
    pub fn set_cached(&self, name: &str, found: Found, serial: Option<u32>) {
        self.state(|state| state.cached.insert(name.to_owned(), (found, serial)));
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer<T: Default>(&self, name: &str, read: impl FnOnce(&State) -> Option<T>) -> Result<T, DnsUnavailable> {
        self.state(|state| {
            if state.down || state.failing.contains(name) {
                Err(DnsUnavailable("no response".to_owned()))
            } else {
                Ok(read(state).unwrap_or_default())
            }
        })
    }
}

#[async_trait]
impl Dns for SimulatedDns {
    async fn texts(&self, name: &str) -> Result<Vec<String>, DnsUnavailable> {
        self.answer(name, |state| state.texts.get(name).cloned())
    }

    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, DnsUnavailable> {
        self.answer(name, |state| state.addresses.get(name).cloned())
    }

    async fn name_servers(&self, zone: &str) -> Result<Vec<String>, DnsUnavailable> {
        self.answer(zone, |state| state.name_servers.get(zone).cloned())
    }

    async fn caa(&self, name: &str) -> Result<Vec<CaaRecord>, DnsUnavailable> {
        self.answer(name, |state| state.caa.get(name).cloned())
    }

    async fn ds(&self, zone: &str) -> Result<Vec<DsRecord>, DnsUnavailable> {
        self.answer(zone, |state| state.ds.get(zone).cloned())
    }

    async fn lookup(&self, _: &str, name: &str, kind: &str) -> Vec<(String, Result<(Found, Option<u32>), DnsUnavailable>)> {
        let found = |values: Vec<String>| (Found { ttl: (!values.is_empty()).then_some(60), values }, None);
        let answer = self.answer(name, |state| state.cached.get(name).cloned().or_else(|| state.values(name, kind).map(found)));
        vec![("Resolver".to_owned(), answer)]
    }
}
