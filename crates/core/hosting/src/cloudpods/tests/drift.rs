//! A pod that differs from its plan: shown and told, adopted, or repaired, as staff chose.

use super::worlds::Healing;
use crate::{
    cloudpods::{self, set_drift_policy, set_limits},
    testing::{Bench, LIMITS},
};
use engine::{
    reconcile::run_due,
    saga::contract::{SagaFixture, saga_contract_tests},
};
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::cloudpods::{DriftPolicy, Limits, PodView, Stack},
    ids::{CloudPodId, JobId},
    permission::{CloudpodsRead, ServersManage},
};

saga_contract_tests!(Healing);

const FILE: &str = "/etc/nginx/mpanel.d/shop_main.conf";

async fn choose(bench: &Bench, pod: CloudPodId, policy: Option<DriftPolicy>) {
    let services = &bench.services.services;
    set_drift_policy(services, services.db.platform(&bench.admin).await.unwrap(), pod, policy).await.unwrap();
}

async fn view(bench: &Bench, pod: CloudPodId) -> PodView {
    let mut tx = bench.services.services.db.platform::<CloudpodsRead>(&bench.admin).await.unwrap();
    cloudpods::get(&bench.services.services, &mut tx, pod).await.unwrap()
}

async fn later(bench: &Bench) {
    bench.services.clock.advance(chrono::Duration::minutes(6));
    run_due(&bench.services.services).await.unwrap();
}

async fn unfinished(bench: &Bench) -> Option<(JobId, String)> {
    sqlx::query_as("select id, kind from jobs where status in ('queued', 'running')")
        .fetch_optional(&mut bench.services.db.owner().await)
        .await
        .unwrap()
}

async fn letters(bench: &Bench) -> Vec<String> {
    sqlx::query_scalar("select body_text from outgoing_mail where template = 'pod_drift' order by created_at, id")
        .fetch_all(&mut bench.services.db.owner().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_change_by_hand_is_shown_and_told_once_and_no_job_replaces_it() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Php, "shop.example.test").await;
    let other = bench.running(Stack::Static, "other.example.test").await;
    run_due(&bench.services.services).await.unwrap();
    let servers = &bench.services.servers;
    for pod in [&pod, &other] {
        servers.edit_file(bench.server, &pod.name, FILE);
    }
    later(&bench).await;
    let drift = view(&bench, pod.id).await.drift.unwrap();
    assert_eq!((drift.differences, drift.policy, drift.default_policy), (vec![format!("changed by hand: {FILE}")], None, DriftPolicy::Alert));
    later(&bench).await;
    let told = letters(&bench).await;
    assert_eq!(told.len(), 1, "one letter about both");
    assert!(told[0].contains(&pod.name) && told[0].contains(&other.name) && told[0].contains(FILE), "{}", told[0]);
    for _ in 0..3 {
        later(&bench).await;
    }
    assert_eq!((letters(&bench).await.len(), unfinished(&bench).await), (1, None), "told once, and nothing was done");

    // A job for another reason leaves it.
    let mut tx = bench.services.services.db.system("test").await.unwrap();
    set_limits(&bench.services.services, tx.conn(), bench.subscription, "larger", Limits { memory_mb: 300, ..LIMITS }).await.unwrap();
    tx.commit_progress().await.unwrap();
    later(&bench).await;
    let jobs: Vec<JobId> =
        sqlx::query_scalar("select id from jobs where kind = 'SCALE_CLOUDPOD'").fetch_all(&mut bench.services.db.owner().await).await.unwrap();
    assert_eq!(jobs.len(), 2);
    for job in jobs {
        assert_eq!(bench.finish(job).await, JobStatus::Done);
    }
    assert_eq!(servers.edited_files(bench.server, &pod.name), [FILE]);

    // As planned again, and changed again: that is news.
    choose(&bench, pod.id, Some(DriftPolicy::Heal)).await;
    later(&bench).await;
    let (job, kind) = unfinished(&bench).await.unwrap();
    assert_eq!((kind.as_str(), bench.finish(job).await), ("HEAL_CLOUDPOD", JobStatus::Done));
    assert_eq!(servers.edited_files(bench.server, &pod.name), Vec::<String>::new());
    later(&bench).await;
    assert_eq!(view(&bench, pod.id).await.drift.unwrap().differences, Vec::<String>::new());
    choose(&bench, pod.id, Some(DriftPolicy::Alert)).await;
    servers.edit_file(bench.server, &pod.name, FILE);
    later(&bench).await;
    later(&bench).await;
    let told = letters(&bench).await;
    assert_eq!(told.len(), 2);
    assert!(!told[1].contains(&other.name), "{}", told[1]);
}

#[tokio::test]
async fn limits_that_were_changed_on_the_server_are_adopted_where_there_is_room_and_nothing_else_is() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Php, "shop.example.test").await;
    choose(&bench, pod.id, Some(DriftPolicy::Adopt)).await;
    let servers = &bench.services.servers;
    let found = wire::spec::Limits { cpu_millis: 700, memory_mb: 384, disk_mb: 2000, tasks: 90 };
    servers.change_limits(bench.server, &pod.name, found);
    servers.edit_file(bench.server, &pod.name, FILE);
    later(&bench).await;
    let job = match unfinished(&bench).await {
        Some((job, _)) => job,
        None => {
            later(&bench).await;
            unfinished(&bench).await.unwrap().0
        }
    };
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    let adopted = view(&bench, pod.id).await;
    assert_eq!(adopted.limits, Limits { cpu_millis: 700, memory_mb: 384, disk_mb: 2000, tasks: 90, ..LIMITS });
    later(&bench).await;
    assert_eq!(view(&bench, pod.id).await.drift.unwrap().differences, [format!("changed by hand: {FILE} (can't be adopted)")]);
    assert_eq!(servers.edited_files(bench.server, &pod.name), [FILE]);
    let told = bench.told(pod.id).await;
    assert!(
        ["CLOUDPOD_DRIFT_POLICY_SET", "CLOUDPOD_LIMITS_ADOPTED", "CLOUDPOD_SCALED"].iter().all(|word| told.iter().any(|told| told == word)),
        "{told:?}"
    );

    servers.change_limits(bench.server, &pod.name, wire::spec::Limits { memory_mb: 1_000_000, ..found });
    later(&bench).await;
    let drift = view(&bench, pod.id).await.drift.unwrap();
    assert!(drift.differences.iter().any(|line| line.contains("can't be adopted: the server has no room for them")), "{drift:?}");
    assert_eq!((view(&bench, pod.id).await.limits.memory_mb, unfinished(&bench).await), (384, None));
}

#[tokio::test]
async fn the_policy_of_a_pod_is_the_choice_of_who_manages_servers() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "shop.example.test").await;
    let support = bench.services.db.user("support@mpanel.example", Some("PLATFORM_SUPPORT")).await;
    assert!(bench.services.services.db.platform::<ServersManage>(&support).await.is_err());
    choose(&bench, pod.id, Some(DriftPolicy::Heal)).await;
    choose(&bench, pod.id, None).await;
    let told = bench.told(pod.id).await;
    assert_eq!(told.iter().filter(|word| *word == "CLOUDPOD_DRIFT_POLICY_SET").count(), 2);
    let services = &bench.services.services;
    let nobody = CloudPodId(uuid::Uuid::now_v7());
    let unknown = set_drift_policy(services, services.db.platform(&bench.admin).await.unwrap(), nobody, None).await;
    assert_eq!(unknown.unwrap_err().into_api().code, ErrorCode::NotFound);
    let world = Healing::fresh().await;
    assert_eq!(view(&world.bench, world.pod.id).await.drift.and_then(|drift| drift.policy), Some(DriftPolicy::Heal), "its page shows it");
}
