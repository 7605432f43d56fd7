//! What tests make go wrong, and what the simulation heard.

use super::State;
use model::ids::ServerId;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};
use wire::message::Failure;

/// Something that goes wrong with one call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The server says no, and does nothing.
    Fail(Failure),
    /// The server does nothing until the deadline.
    Hang,
    /// A new agent (`"InstallProgram"`) does not work, for this reason, and the one before is put back.
    RollBack(String),
    /// The connection is lost before the server begins.
    LoseBefore,
    /// The server does it, and the answer is lost.
    LoseAfter,
}

/// One call as the simulation heard it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedCall {
    /// Which server.
    pub server: ServerId,
    /// Name of the verb, or `InstallProgram`.
    pub verb: &'static str,
    /// The pod it is about.
    pub pod: Option<String>,
    /// The idempotency key.
    pub key: String,
    /// How it ended.
    pub ended: Ended,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Not yet.
    Running,
    /// With an answer.
    Answered,
    /// With an error.
    Failed,
    /// The caller went away: cancelled.
    Cancelled,
}

/// Faults that wait for their call, and all calls so far.
#[derive(Default)]
pub struct Faults {
    at: Vec<(usize, Fault)>,
    on: Vec<(&'static str, VecDeque<Fault>)>,
    /// The calls.
    pub heard: Vec<RecordedCall>,
}

impl Faults {
    /// For the `n`-th call from now.
    pub fn at(&mut self, n: usize, fault: Fault) {
        self.at.push((self.heard.len() + n.max(1), fault));
    }

    /// For the next call of a verb.
    pub fn on(&mut self, verb: &'static str, fault: Fault) {
        match self.on.iter_mut().find(|(name, _)| *name == verb) {
            Some((_, waiting)) => waiting.push_back(fault),
            None => self.on.push((verb, VecDeque::from([fault]))),
        }
    }

    /// Notes a call. Answers with its place in the list and the fault it meets.
    pub fn hear(&mut self, call: RecordedCall) -> (usize, Option<Fault>) {
        let verb = call.verb;
        self.heard.push(call);
        let number = self.heard.len();
        let by_number = self.at.iter().position(|(n, _)| *n == number).map(|place| self.at.remove(place).1);
        let by_verb = || self.on.iter_mut().find(|(name, _)| *name == verb).and_then(|(_, waiting)| waiting.pop_front());
        (number - 1, by_number.or_else(by_verb))
    }
}

/// Notes how a call ended; dropped before that, it notes a cancel.
pub struct CallRecorder {
    state: Arc<Mutex<State>>,
    index: usize,
    noted: bool,
}

impl CallRecorder {
    /// For the call at this place of the list.
    pub fn new(state: Arc<Mutex<State>>, index: usize) -> Self {
        Self { state, index, noted: false }
    }

    /// The call ended by itself.
    pub fn ended(mut self, well: bool) {
        self.note(if well { Ended::Answered } else { Ended::Failed });
    }

    fn note(&mut self, how: Ended) {
        self.noted = true;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(heard) = state.faults.heard.get_mut(self.index) {
            heard.ended = how;
        }
    }
}

impl Drop for CallRecorder {
    fn drop(&mut self) {
        if !self.noted {
            self.note(Ended::Cancelled);
        }
    }
}
