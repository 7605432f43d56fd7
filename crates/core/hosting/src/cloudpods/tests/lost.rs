//! A server, or the answer to a request to it, is lost at each step of what is done with a pod that runs.

use super::{
    suspension_worlds::{Suspending, Unsuspending, add_reason, lift_reason},
    worlds::{Migrating, Restarting, Scaling, started, times},
};
use crate::{
    cloudpods,
    testing::{Bench, LIMITS},
};
use adapters::node::simulated::{Ended, Fault as NodeFault};
use engine::{
    reconcile::run_due,
    saga::contract::{self, SagaFixture, When},
};
use model::{
    administration::provisioning::JobStatus,
    ids::{JobId, ServerId},
};

/// Copies of a pod on its way that could not be removed yet.
const COPIES: &str = "select count(*) from pod_remains where cloud_pod_id = $1 and kind = 'COPY' and removed_at is null";
/// After a job that was rolled back, its reconciler waits for less than this.
const LATER: chrono::TimeDelta = chrono::TimeDelta::hours(2);

/// A world in which its saga can be run again and again: a fresh one costs more than a run.
trait Again: SagaFixture {
    fn bench(&self) -> &Bench;

    /// The servers that its jobs ask.
    fn servers(&self) -> Vec<ServerId> {
        vec![self.bench().server]
    }

    /// What reconcilers do once all servers are there.
    async fn look_after(&self) {
        run_due(&self.bench().services.services).await.unwrap();
    }

    /// As it was before the saga, which has come to this.
    async fn again(&mut self, ended: JobStatus);
}

impl Again for Suspending {
    fn bench(&self) -> &Bench {
        &self.bench
    }

    async fn again(&mut self, _: JobStatus) {
        self.bench.services.clock.advance(LATER);
        lift_reason(&self.bench, &self.pod).await;
        let job = started(&self.bench, &self.pod).await;
        assert_eq!(self.bench.finish(job).await, JobStatus::Done);
    }
}

impl Again for Unsuspending {
    fn bench(&self) -> &Bench {
        &self.bench
    }

    async fn again(&mut self, ended: JobStatus) {
        self.bench.services.clock.advance(LATER);
        add_reason(&self.bench, &self.pod).await;
        // One that was rolled back is suspended as it was.
        if ended == JobStatus::Done {
            let job = started(&self.bench, &self.pod).await;
            assert_eq!(self.bench.finish(job).await, JobStatus::Done);
        }
    }
}

impl Again for Scaling {
    fn bench(&self) -> &Bench {
        &self.bench
    }

    async fn again(&mut self, _: JobStatus) {
        let services = &self.bench.services.services;
        let mut tx = services.db.system("test").await.unwrap();
        cloudpods::set_limits(services, tx.conn(), self.bench.subscription, "wordpress", LIMITS).await.unwrap();
        tx.commit_progress().await.unwrap();
        let job = started(&self.bench, &self.pod).await;
        assert_eq!(self.bench.finish(job).await, JobStatus::Done);
        self.told = times(&self.bench.told(self.pod.id).await, "CLOUDPOD_SCALED");
    }
}

impl Again for Restarting {
    fn bench(&self) -> &Bench {
        &self.bench
    }

    async fn again(&mut self, _: JobStatus) {
        let asked = times(&self.bench.told(self.pod.id).await, "CLOUDPOD_RESTART_REQUESTED");
        self.before = (self.restarts(), asked);
    }
}

impl Again for Migrating {
    fn bench(&self) -> &Bench {
        &self.bench
    }

    fn servers(&self) -> Vec<ServerId> {
        vec![self.bench.server, self.to]
    }

    async fn look_after(&self) {
        for _ in 0..20 {
            run_due(&self.bench.services.services).await.unwrap();
            if self.bench.count(COPIES, self.pod.id.0).await == 0 {
                return;
            }
            self.bench.services.clock.advance(chrono::Duration::hours(1));
        }
    }

    async fn again(&mut self, ended: JobStatus) {
        self.moves = times(&self.bench.told(self.pod.id).await, "CLOUDPOD_MIGRATED");
        if ended != JobStatus::Done {
            return;
        }
        // A day later nothing of it is left on the old server, which is the next one that it goes to.
        self.bench.services.clock.advance(chrono::Duration::hours(25));
        run_due(&self.bench.services.services).await.unwrap();
        assert!(self.bench.services.servers.forwards(self.bench.server, &self.pod.name).is_none());
        std::mem::swap(&mut self.bench.server, &mut self.to);
    }
}

/// How a job ends, if need be after a person has helped, and whether that was needed or it was rolled back.
async fn settled<W: Again>(world: &W, job: JobId, ended: JobStatus) -> (JobStatus, bool) {
    if ended != JobStatus::Stuck {
        return (ended, ended != JobStatus::Done);
    }
    contract::retry(world, job).await;
    (world.bench().finish(job).await, true)
}

/// Works on a job up to a step, loses a server before or after it, and lets it try; then the server is back.
async fn lose_server<W: Again>(world: &W, (step, when): (usize, When), server: ServerId) -> (JobStatus, bool) {
    let job = world.enqueue().await;
    let bench = world.bench();
    bench.lose_worker(job, (step, false), when).await;
    bench.services.servers.set_down(server, true);
    let ended = bench.finish(job).await;
    bench.services.servers.set_down(server, false);
    settled(world, job, ended).await
}

/// Loses the first request of this kind, or its answer.
async fn lose_request<W: Again>(world: &W, verb: &'static str, fault: NodeFault) -> (JobStatus, bool) {
    let job = world.enqueue().await;
    let (bench, servers) = (world.bench(), &world.bench().services.servers);
    let before = servers.heard().len();
    servers.fault_on(verb, fault);
    let ended = bench.finish(job).await;
    assert!(servers.heard()[before..].iter().any(|call| call.verb == verb && call.ended == Ended::Failed), "{verb} was not lost");
    settled(world, job, ended).await
}

/// All is as it should be, or as it was.
async fn check<W: Again>(world: &W, ended: JobStatus, at: &str) {
    world.look_after().await;
    let wrong = match ended {
        JobStatus::Done => world.complete().await,
        JobStatus::Undone => world.empty().await,
        other => vec![format!("it ended {other:?}")],
    };
    assert!(wrong.is_empty(), "{at}: {wrong:?}");
}

/// Every server of the saga is lost before and after each step, and each request and each answer once.
async fn stands<W: Again>() {
    let mut world = W::fresh().await;
    let (mut lost, mut noticed) = (0, 0);
    for (step, info) in W::steps().iter().enumerate() {
        for when in [When::Before, When::After] {
            for which in 0..world.servers().len() {
                let server = world.servers()[which];
                let (ended, was_noticed) = lose_server(&world, (step, when), server).await;
                check(&world, ended, &format!("server {which} lost {when:?} {}", info.name)).await;
                (lost, noticed) = (lost + 1, noticed + usize::from(was_noticed));
                world.again(ended).await;
            }
        }
    }
    assert!(noticed * 2 >= lost, "{noticed} of {lost} were noticed: the others needed no server");
    let job = world.enqueue().await;
    let before = world.bench().services.servers.heard().len();
    let ended = world.bench().finish(job).await;
    // What reconcilers ask afterwards is not the job's.
    let mut verbs: Vec<&'static str> = world.bench().services.servers.heard()[before..].iter().map(|call| call.verb).collect();
    verbs.sort_unstable();
    verbs.dedup();
    check(&world, ended, "nothing lost").await;
    world.again(ended).await;
    for verb in verbs {
        for fault in [NodeFault::LoseBefore, NodeFault::LoseAfter] {
            let at = format!("{verb} {fault:?}");
            let (ended, _) = lose_request(&world, verb, fault).await;
            check(&world, ended, &at).await;
            world.again(ended).await;
        }
    }
}

#[tokio::test]
async fn a_suspension_is_complete_once_a_server_that_was_lost_at_any_step_is_back() {
    stands::<Suspending>().await;
}

#[tokio::test]
async fn the_end_of_a_suspension_is_complete_or_taken_back_once_a_server_that_was_lost_at_any_step_is_back() {
    stands::<Unsuspending>().await;
}

#[tokio::test]
async fn other_limits_are_in_force_once_a_server_that_was_lost_at_any_step_is_back() {
    stands::<Scaling>().await;
}

#[tokio::test]
async fn a_restart_is_done_once_a_server_that_was_lost_at_any_step_is_back() {
    stands::<Restarting>().await;
}

#[tokio::test]
async fn a_move_is_complete_or_taken_back_once_either_server_that_was_lost_at_any_step_is_back() {
    stands::<Migrating>().await;
}
