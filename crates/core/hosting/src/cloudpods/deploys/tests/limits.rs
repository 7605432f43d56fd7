//! What deploys leave to everybody else.

use super::world::{Shop, fault};
use crate::{cloudpods::migrate, testing::Bench};
use chrono::TimeDelta;
use engine::saga::{Outcome, contract::worker, drive};
use model::{administration::provisioning::JobStatus, ids::JobId};
use tokio_util::sync::CancellationToken;

impl Shop {
    /// Works on a job until it ends or rests.
    async fn drive(&self, job: JobId) -> Outcome {
        drive(&worker(&self.bench.services, Bench::registry()), job, &CancellationToken::new()).await.unwrap()
    }

    async fn sql(&self, sql: &'static str) {
        sqlx::query(sql).execute(&mut self.bench.services.db.owner().await).await.unwrap();
    }
}

#[tokio::test]
async fn a_build_waits_while_two_others_of_the_account_go_on_and_holds_no_place_meanwhile() {
    let shop = Shop::open().await;
    shop.deploy().await;
    let job = shop.start().await.unwrap();
    shop.sql(
        "insert into deploys (id, tenant_id, website_id, number, release, trigger, status, config, started_by, job_id, building, created_at)
         select gen_random_uuid(), tenant_id, website_id, number + n, number + n, 'PUSH', 'RUNNING', '{}', 'Push', job_id, true, created_at
           from deploys, generate_series(10, 11) n where number = 1",
    )
    .await;
    shop.sql("update jobs set status = 'running' where id = (select job_id from deploys where number = 1)").await;
    assert!(matches!(shop.drive(job).await, Outcome::Later(_)));
    assert_eq!(shop.on_server(), ["r1"], "the server was not asked");
    shop.sql("update jobs set status = 'done' where id = (select job_id from deploys where number = 1)").await;
    shop.bench.services.clock.advance(TimeDelta::seconds(11));
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert_eq!(shop.live().as_deref(), Some("r2"));
}

#[tokio::test]
async fn a_deploy_gives_way_to_a_migration_and_to_a_deletion() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let to = shop.bench.another_server("web2").await;
    let job = shop.start().await.unwrap();
    let tx = services.db.platform(&shop.bench.admin).await.unwrap();
    assert!(fault(migrate(services, tx, shop.pod.id, to).await).contains("It is being cancelled"));
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    let tx = services.db.platform(&shop.bench.admin).await.unwrap();
    let job = migrate(services, tx, shop.pod.id, to).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);

    let job = shop.start().await.unwrap();
    assert!(fault(shop.bench.delete(shop.pod.id, &shop.pod.name).await).contains("It is being cancelled"));
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    shop.bench.delete(shop.pod.id, &shop.pod.name).await.unwrap();
}

#[tokio::test]
async fn the_sites_of_a_cloudpod_share_a_number_of_deploys_in_an_hour() {
    let shop = Shop::open().await;
    shop.deploy().await;
    shop.sql(
        "with other as (
           insert into websites (id, tenant_id, cloud_pod_id, name, stack, status, created_at, deleted_at)
           select gen_random_uuid(), tenant_id, cloud_pod_id, 'other', 'STATIC', 'DELETED', created_at, created_at from websites returning id)
         insert into deploys (id, tenant_id, website_id, number, release, trigger, status, config, started_by, job_id, created_at, finished_at)
         select gen_random_uuid(), d.tenant_id, other.id, n, n, 'PUSH', 'FAILED', '{}', 'Push', d.job_id, d.created_at, d.created_at
           from deploys d, other, generate_series(1, 59) n",
    )
    .await;
    assert!(fault(shop.start().await).contains("60 times in an hour"));
}

#[tokio::test]
async fn what_old_deploys_have_said_is_forgotten() {
    let shop = Shop::open().await;
    let first = shop.deploy().await.job;
    let lines = "select count(*) from job_events where job_id = $1";
    assert!(shop.bench.count(lines, first.0).await > 0);
    let second = shop.deploy().await.job;
    shop.sql(
        "insert into deploys (id, tenant_id, website_id, number, release, trigger, status, config, started_by, job_id, created_at, finished_at)
         select gen_random_uuid(), tenant_id, website_id, number + n, number + n, 'PUSH', 'FAILED', '{}', 'Push', job_id,
                created_at - interval '2 hours', created_at
           from deploys, generate_series(1, 28) n where number = 2",
    )
    .await;
    let third = shop.deploy().await.job;
    assert_eq!(shop.bench.count(lines, first.0).await, 0);
    for kept in [second, third] {
        assert!(shop.bench.count(lines, kept.0).await > 0, "the last thirty are kept");
    }
}
