//! A DNS for demos and tests: has what was put into it.

use super::{Dns, DnsUnavailable};
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
}
