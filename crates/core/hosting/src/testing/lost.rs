//! A job whose worker is lost in the middle of it.

use super::Bench;
use engine::saga::{
    Saga,
    contract::{Fault, Faults, When, finish, worker},
};
use model::ids::JobId;

/// The number of a saga's step with this name.
pub fn step_of<S: Saga>(name: &str) -> usize {
    S::steps().into_list().iter().position(|step| step.info().name == name).unwrap()
}

impl Bench {
    /// Works on a job until its worker is lost, before or after the effect of a step, or of the way back over it. Another one may go on.
    pub async fn lose_worker(&self, job: JobId, (step, is_way_back): (usize, bool), when: When) {
        let faults = Faults::of(&[(step, is_way_back, Fault::Crash(when))]);
        let one = worker(&self.services, faults.clone().into_registry(Self::registry()));
        tokio::select! {
            status = finish(&self.services, &one, job) => panic!("it ended {status:?} before step {step}"),
            () = faults.crashed() => {}
        }
    }
}
