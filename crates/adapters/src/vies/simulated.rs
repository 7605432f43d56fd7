//! A VIES for demos and tests: asks nobody.

use super::{VatAnswer, VatQuery, Vies, ViesUnavailable};
use async_trait::async_trait;
use std::sync::{Mutex, PoisonError};

/// Knows every number but those that it was told not to.
#[derive(Default)]
pub struct SimulatedVies(Mutex<State>);

#[derive(Default)]
struct State {
    down: bool,
    unknown: Vec<String>,
    queries: Vec<VatQuery>,
}

impl SimulatedVies {
    /// Does not answer from now on, or does again.
    pub fn set_down(&self, down: bool) {
        self.state(|state| state.down = down);
    }

    /// This number is not valid from now on.
    pub fn forget(&self, number: &str) {
        self.state(|state| state.unknown.push(number.to_owned()));
    }

    /// What was asked so far, also while it did not answer.
    pub fn queries(&self) -> Vec<VatQuery> {
        self.state(|state| state.queries.clone())
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Vies for SimulatedVies {
    async fn check(&self, query: &VatQuery) -> Result<VatAnswer, ViesUnavailable> {
        self.state(|state| {
            state.queries.push(query.clone());
            if state.down {
                return Err(ViesUnavailable("MS_UNAVAILABLE".to_owned()));
            }
            let consultation = query.requester.as_ref().map(|_| format!("SIMULATED{:07}", state.queries.len())).unwrap_or_default();
            Ok(VatAnswer { is_valid: !state.unknown.contains(&query.number), consultation })
        })
    }
}
