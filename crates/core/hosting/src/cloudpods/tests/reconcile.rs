//! What runs is looked at again and again, each pod by itself.

use crate::{cloudpods, testing::Bench};
use adapters::node::{CallOptions, NodeClient, ServerTarget, simulated::Fault};
use engine::{
    reconcile::{run, run_due},
    saga::{
        Outcome, Registry, Saga, Step, StepContext, StepError, Steps,
        contract::{finish, worker},
        run_job,
    },
};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{DesiredState, ObservedState, PodStatus, PodView, Stack},
    ids::CloudPodId,
    permission::CloudpodsRead,
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use wire::{
    PodName,
    verb::{PodRemove, RemoveMode},
};

async fn view(bench: &Bench, pod: CloudPodId) -> PodView {
    let mut tx = bench.services.services.db.platform::<CloudpodsRead>(&bench.admin).await.unwrap();
    cloudpods::get(&bench.services.services, &mut tx, pod).await.unwrap()
}

/// Does something to a pod behind the panel's back.
async fn remove(bench: &Bench, pod: &str, mode: RemoveMode) {
    let target = ServerTarget { id: bench.server, address: "simulated".to_owned(), host_key: None, simulated: true };
    let options = CallOptions { deadline: std::time::Duration::from_secs(5), key: uuid::Uuid::now_v7().to_string(), lines: None };
    let verb = PodRemove { pod: PodName::new(pod).unwrap(), mode };
    bench.services.services.part::<dyn NodeClient>().call(&target, verb.into(), options).await.unwrap();
}

#[tokio::test]
async fn a_running_pod_is_measured_again_and_keeps_its_figures_when_its_server_is_silent() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Php, "blog.example.test").await;
    let services = &bench.services.services;
    assert_eq!(run_due(services).await.unwrap(), 3, "its job has asked for both looks, and whether anybody is to be told is asked once for all");
    bench.services.clock.advance(chrono::Duration::minutes(1));
    assert_eq!(run_due(services).await.unwrap(), 1, "it is measured more often than it is compared");
    let seen = view(&bench, pod.id).await;
    assert_eq!(
        (seen.pod.observed_at, seen.pod.observed_state, seen.desired_state),
        (Some(services.now()), Some(ObservedState::Running), DesiredState::Running)
    );
    let last = seen.pod.observed_at;
    bench.services.servers.set_down(bench.server, true);
    bench.services.clock.advance(chrono::Duration::minutes(1));
    run_due(services).await.unwrap();
    assert_eq!(view(&bench, pod.id).await.pod.observed_at, last);
}

#[tokio::test]
async fn a_pod_that_is_not_what_was_ordered_is_shown_with_the_difference_until_it_is_again() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    let services = &bench.services.services;
    run_due(services).await.unwrap();
    let drift = view(&bench, pod.id).await.drift.unwrap();
    assert_eq!((drift.differences, drift.since, drift.error), (vec![], None, None));

    remove(&bench, &pod.name, RemoveMode::Hold).await;
    bench.services.clock.advance(chrono::Duration::minutes(6));
    run_due(services).await.unwrap();
    let seen = view(&bench, pod.id).await;
    let drift = seen.drift.unwrap();
    assert!(!drift.differences.is_empty());
    assert_eq!((drift.since, seen.pod.observed_state, seen.desired_state), (Some(services.now()), Some(ObservedState::Held), DesiredState::Running));
    assert_eq!(seen.pod.status, PodStatus::Running, "the status says how far its job came, not how it stands");

    remove(&bench, &pod.name, RemoveMode::Purge).await;
    bench.services.clock.advance(chrono::Duration::minutes(6));
    run_due(services).await.unwrap();
    assert_eq!(view(&bench, pod.id).await.pod.observed_state, Some(ObservedState::Absent));
}

#[tokio::test]
async fn a_pod_that_is_to_go_is_looked_at_no_longer() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "blog.example.test").await;
    let services = &bench.services.services;
    run_due(services).await.unwrap();
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    let seen = view(&bench, pod.id).await;
    assert_eq!((seen.desired_state, seen.pod.observed_state), (DesiredState::Absent, Some(ObservedState::Absent)));
    bench.services.clock.advance(chrono::Duration::minutes(6));
    run_due(services).await.unwrap();
    assert_eq!(bench.count("select count(*) from reconciliations where key = $1", pod.id.0).await, 0);
}

#[tokio::test]
async fn one_pod_whose_server_does_not_come_back_from_it_keeps_no_neighbour_from_being_measured() {
    let bench = Bench::new().await;
    let mut pods = Vec::new();
    for n in 0..3 {
        pods.push(bench.running(Stack::Static, &format!("n{n}.example.test")).await.id);
    }
    let services = &bench.services.services;
    run_due(services).await.unwrap();
    bench.services.clock.advance(chrono::Duration::minutes(1));
    let now = services.now();
    bench.services.servers.fault_on("PodObserve", Fault::Hang);
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(services.clone(), stop.clone()));
    let measured = async {
        loop {
            let mut measured = 0;
            for pod in &pods {
                measured += usize::from(view(&bench, *pod).await.pod.observed_at == Some(now));
            }
            if measured == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    // Well before the one that hangs is given up.
    tokio::time::timeout(std::time::Duration::from_secs(12), measured).await.expect("its neighbours are measured");
    stop.cancel();
    running.await.unwrap();
}

/// The deletion as a later release has it: other steps, which must not touch what waits.
#[derive(Serialize, Deserialize)]
struct LaterDeletion {}

impl Saga for LaterDeletion {
    const KIND: &'static str = "DELETE_CLOUDPOD";
    const TITLE: &'static str = "Delete CloudPod";
    const VERSION: i32 = 2;

    fn key(&self) -> String {
        "later".to_owned()
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<Refuse>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::hours(1)
    }
}

struct Refuse;

impl Step for Refuse {
    type Saga = LaterDeletion;
    type Output = ();
    const NAME: &'static str = "refuse";
    const TITLE: &'static str = "Refuse";

    async fn run(_: &StepContext, _: &LaterDeletion) -> Result<(), StepError> {
        Err(StepError::fail("Not these steps."))
    }

    async fn undo(_: &StepContext, _: &LaterDeletion, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_deletion_that_waits_for_the_end_of_its_grace_period_survives_a_release_with_other_steps() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    let waits = run_job(&worker(&bench.services, Bench::registry()), job, &CancellationToken::new()).await.unwrap();
    let end = bench.services.services.now() + bench.services.services.settings.grace;
    assert_eq!(waits, Outcome::Deferred(end));

    let release: Registry = Bench::registry().with::<LaterDeletion>();
    bench.services.clock.advance(bench.services.services.settings.grace);
    assert_eq!(finish(&bench.services, &worker(&bench.services, release), job).await, JobStatus::Done);
    assert_eq!((bench.status(pod.id).await, bench.on_server()), (PodStatus::Deleted, Vec::<String>::new()));
}
