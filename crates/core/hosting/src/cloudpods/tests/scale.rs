//! Other limits, whatever happens on the way.

use super::worlds::Scaling;
use crate::{
    cloudpods::{self, release_limits, reserve_limits, usage_above},
    testing::{Bench, LIMITS},
};
use engine::{
    reconcile::run_due,
    saga::contract::{SagaFixture, saga_contract_tests},
};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{Limits, Stack},
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
