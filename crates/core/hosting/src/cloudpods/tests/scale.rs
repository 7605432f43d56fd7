//! Other limits, whatever happens on the way.

use super::worlds::Scaling;
use crate::{
    cloudpods::{self, NewPod, release_limits, reserve_limits, set_limits, usage_above},
    testing::{Bench, LIMITS},
};
use engine::{
    reconcile::run_due,
    saga::contract::{SagaFixture, saga_contract_tests},
};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{Limits, NetworkAccess, Stack},
    ids::JobId,
    permission::CloudpodsRead,
};

saga_contract_tests!(Scaling);

#[tokio::test]
async fn a_pod_gets_other_limits_on_its_server_and_nothing_differs_afterwards() {
    let world = Scaling::fresh().await;
    let job = world.enqueue().await;
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    assert_eq!(world.complete().await, Vec::<String>::new());
    run_due(&world.bench.services.services).await.unwrap();
    let mut tx = world.bench.services.services.db.platform::<CloudpodsRead>(&world.bench.admin).await.unwrap();
    let view = cloudpods::get(&world.bench.services.services, &mut tx, world.pod.id).await.unwrap();
    assert_eq!((view.limits, view.plan_code.as_str(), view.drift.map(|drift| drift.differences)), (Scaling::MORE, "larger", Some(Vec::new())));
}

#[tokio::test]
async fn room_is_kept_for_a_pod_that_grows_and_refused_where_there_is_none() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "shop.example.test").await;
    let services = &bench.services.services;
    let mut tx = services.db.system("test").await.unwrap();
    let huge = Limits { memory_mb: 100_000_000, ..LIMITS };
    let refused = reserve_limits(tx.conn(), bench.subscription, huge).await.unwrap();
    assert!(refused.unwrap_err().contains("no room"));
    reserve_limits(tx.conn(), bench.subscription, Scaling::MORE).await.unwrap().unwrap();
    tx.commit_progress().await.unwrap();
    let kept = "select count(*) from cloud_pod_quotas where cloud_pod_id = $1 and memory_mb = 256 and reserved_memory_mb = 512 and is_applied";
    assert_eq!(bench.count(kept, pod.id.0).await, 1, "kept, and not given yet");
    // What is kept for one is not promised to another.
    let whole: i32 =
        sqlx::query_scalar("update servers set memory_mb = 700 returning memory_mb").fetch_one(&mut bench.services.db.owner().await).await.unwrap();
    assert_eq!(whole, 700);
    assert!(bench.order(Stack::Static, "second.example.test").await.is_ok());
    let job = sqlx::query_scalar("select id from jobs order by id desc limit 1").fetch_one(&mut bench.services.db.owner().await).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Undone, "512 and 256 are more than 700");
    let mut tx = services.db.system("test").await.unwrap();
    release_limits(tx.conn(), bench.subscription).await.unwrap();
    tx.commit_progress().await.unwrap();
    assert_eq!(bench.count(kept, pod.id.0).await, 0);
}

#[tokio::test]
async fn what_a_pod_uses_now_is_named_where_a_plan_has_less() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "shop.example.test").await;
    let observed = serde_json::json!({ "disk_bytes": 900_u64 * 1024 * 1024, "memory_bytes": 10, "tasks": 3, "http_status": null, "title": null });
    sqlx::query("update cloud_pods set observed = $2 where id = $1")
        .bind(pod.id)
        .bind(observed)
        .execute(&mut bench.services.db.owner().await)
        .await
        .unwrap();
    let mut tx = bench.services.services.db.system("test").await.unwrap();
    let found = usage_above(tx.conn(), bench.subscription, Limits { disk_mb: 500, ..LIMITS }).await.unwrap();
    assert_eq!(found, [format!("{} uses 900 MB of disk; the plan has 500 MB.", pod.name)]);
    assert!(usage_above(tx.conn(), bench.subscription, LIMITS).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_programs_of_a_pod_reach_the_internet_only_with_a_plan_that_has_it_and_get_it_with_a_change_of_plan() {
    let bench = Bench::new().await;
    let services = &bench.services.services;
    let mut tx = services.db.system("test").await.unwrap();
    let new = NewPod {
        tenant: bench.tenant,
        subscription: bench.subscription,
        plan_code: "closed".to_owned(),
        stack: Stack::Php,
        runtime: None,
        limits: Limits { network: NetworkAccess::Closed, ..LIMITS },
        domain: Some(wire::DomainName::new("shop.example.test").unwrap()),
        site_title: "Ana & Sons".to_owned(),
        region: None,
        admin_email: "ana@example.test".to_owned(),
    };
    let pod = cloudpods::request(services, &mut tx, new).await.unwrap();
    tx.commit_progress().await.unwrap();
    assert_eq!(bench.finish(pod.job).await, JobStatus::Done);
    let has_internet = || bench.services.servers.has_internet(bench.server, &pod.name);
    assert_eq!(has_internet(), Some(false));

    for (network, there) in [(NetworkAccess::Internet, true), (NetworkAccess::Closed, false)] {
        let mut tx = services.db.system("test").await.unwrap();
        set_limits(services, tx.conn(), bench.subscription, "another", Limits { network, ..LIMITS }).await.unwrap();
        tx.commit_progress().await.unwrap();
        let is_applied = "select count(*) from cloud_pod_quotas where cloud_pod_id = $1 and is_applied";
        assert_eq!(bench.count(is_applied, pod.id.0).await, 0, "its server still has the network of the plan before");
        run_due(services).await.unwrap();
        let job: JobId = sqlx::query_scalar("select id from jobs where kind = 'SCALE_CLOUDPOD' order by id desc limit 1")
            .fetch_one(&mut bench.services.db.owner().await)
            .await
            .unwrap();
        assert_eq!(bench.finish(job).await, JobStatus::Done);
        assert_eq!((has_internet(), bench.count(is_applied, pod.id.0).await), (Some(there), 1), "{network}");
        run_due(services).await.unwrap();
        let mut tx = services.db.platform::<CloudpodsRead>(&bench.admin).await.unwrap();
        let view = cloudpods::get(services, &mut tx, pod.id).await.unwrap();
        assert_eq!((view.limits.network, view.drift.map(|drift| drift.differences)), (network, Some(Vec::new())));
    }
}
