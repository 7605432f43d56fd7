//! Processes that begin anew, whatever happens on the way.

use super::worlds::Restarting;
use crate::{cloudpods, suspensions, testing::Bench};
use engine::saga::contract::{SagaFixture, saga_contract_tests};
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::{cloudpods::Stack, suspensions::SuspensionReason},
};

saga_contract_tests!(Restarting);

#[tokio::test]
async fn a_pod_is_restarted_on_its_server_and_responds_afterwards() {
    let world = Restarting::fresh().await;
    let job = world.enqueue().await;
    assert_eq!(world.restarts(), 0, "not before its job");
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    assert_eq!(world.complete().await, Vec::<String>::new());
}

#[tokio::test]
async fn only_a_running_pod_with_processes_is_restarted_and_only_its_owners_ask() {
    let bench = Bench::new().await;
    let services = &bench.services.services;
    let restart = async |pod| cloudpods::restart(services, services.db.platform(&bench.admin).await.unwrap(), pod).await;
    let files = bench.running(Stack::Static, "files.example.test").await;
    assert_eq!(restart(files.id).await.unwrap_err().into_api().code, ErrorCode::Conflict, "it has no processes");
    let pod = bench.running(Stack::Php, "shop.example.test").await;

    let owner = bench.services.db.user("ana@example.test", None).await;
    bench.services.db.member(bench.tenant, &owner, "TENANT_OWNER").await;
    let stranger = bench.services.db.user("eve@example.test", None).await;
    let other = bench.services.db.tenant("globex").await;
    bench.services.db.member(other, &stranger, "TENANT_OWNER").await;
    let foreign = cloudpods::restart_own(services, services.db.tenant(&stranger, other).await.unwrap(), pod.id).await;
    assert_eq!(foreign.unwrap_err().into_api().code, ErrorCode::NotFound);
    let job = cloudpods::restart_own(services, services.db.tenant(&owner, bench.tenant).await.unwrap(), pod.id).await.unwrap();
    assert_eq!(restart(pod.id).await.unwrap_err().into_api().code, ErrorCode::Conflict, "its job goes on");
    assert_eq!(bench.finish(job).await, JobStatus::Done);

    let tx = services.db.platform(&bench.admin).await.unwrap();
    suspensions::suspend(services, tx, pod.id, SuspensionReason::Abuse, "").await.unwrap();
    assert_eq!(restart(pod.id).await.unwrap_err().into_api().code, ErrorCode::Conflict, "it is to be suspended");
}
