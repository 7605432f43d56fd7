//! What deploys leave to everybody else.

use super::{
    pushes::{github, push},
    world::{Shop, fault},
};
use crate::{
    cloudpods::{self, deploys::limits::queries::begin_build, migrate},
    testing::Bench,
};
use chrono::TimeDelta;
use core_administration::servers;
use engine::{
    reconcile::run_due,
    saga::{Outcome, contract::worker, run_job},
};
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    ids::{DeployId, JobId},
};
use tokio_util::sync::CancellationToken;

impl Shop {
    /// Works on a job until it ends or rests.
    async fn run_job(&self, job: JobId) -> Outcome {
        run_job(&worker(&self.bench.services, Bench::registry()), job, &CancellationToken::new()).await.unwrap()
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
    assert!(matches!(shop.run_job(job).await, Outcome::Deferred(_)));
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
async fn a_push_whose_deploy_has_given_way_is_deployed_afterwards() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let secret = shop.create_webhook().await.unwrap().secret;
    let to = shop.bench.another_server("web2").await;
    assert!(push(&shop, &secret, &github("main", "aaaaaaa1")).await.unwrap());
    run_due(services).await.unwrap();
    let job = shop.view().await.deploys[0].job;
    let tx = services.db.platform(&shop.bench.admin).await.unwrap();
    assert!(fault(migrate(services, tx, shop.pod.id, to).await).contains("It is being cancelled"));
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    let tx = services.db.platform(&shop.bench.admin).await.unwrap();
    let job = migrate(services, tx, shop.pod.id, to).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert!(shop.view().await.is_push_waiting);
    assert!(!push(&shop, &secret, &github("main", "aaaaaaa1")).await.unwrap(), "it waits already");
    shop.bench.services.clock.advance(TimeDelta::seconds(61));
    shop.finish_jobs().await;
    let view = shop.view().await;
    assert_eq!((view.deploys.len(), view.is_push_waiting, shop.live().as_deref()), (2, false, Some("r2")));
}

#[tokio::test]
async fn a_deploy_keeps_going_where_no_server_could_take_its_cloudpod_and_whoever_cannot_stop_it_is_told_so() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let job = shop.start().await.unwrap();
    let tx = services.db.platform(&shop.bench.admin).await.unwrap();
    assert!(fault(migrate(services, tx, shop.pod.id, shop.bench.server).await).contains("cannot take this CloudPod now"));
    let to = shop.bench.another_server("web2").await;
    for said in ["It is being cancelled", "A job of this CloudPod is in progress."] {
        let tx = services.db.platform(&shop.bench.admin).await.unwrap();
        assert!(fault(migrate(services, tx, shop.pod.id, to).await).contains(said), "{said}");
    }
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
}

#[tokio::test]
async fn a_deploy_gives_way_to_a_drain() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    shop.bench.another_server("web2").await;
    let deploy = shop.start().await.unwrap();
    servers::drain(services, services.db.platform(&shop.bench.admin).await.unwrap(), shop.bench.server).await.unwrap();
    let job = cloudpods::drain_pods(services, services.db.platform(&shop.bench.admin).await.unwrap(), shop.bench.server).await.unwrap();
    assert!(matches!(shop.run_job(job).await, Outcome::Deferred(_)));
    assert_eq!(shop.bench.finish(deploy).await, JobStatus::Undone);
    shop.bench.services.clock.advance(TimeDelta::seconds(6));
    assert!(matches!(shop.run_job(job).await, Outcome::Deferred(_)));
    let moving: JobId =
        sqlx::query_scalar("select id from jobs where kind = 'MIGRATE_CLOUDPOD'").fetch_one(&mut shop.bench.services.db.owner().await).await.unwrap();
    assert_eq!(shop.bench.finish(moving).await, JobStatus::Done);
    shop.bench.services.clock.advance(TimeDelta::seconds(6));
    assert!(matches!(shop.run_job(job).await, Outcome::Ended(JobStatus::Done)));
}

#[tokio::test]
async fn whoever_has_waited_longest_for_a_place_among_the_builds_is_next() {
    let shop = Shop::open().await;
    shop.deploy().await;
    shop.sql(
        "insert into deploys (id, tenant_id, website_id, number, release, trigger, status, config, started_by, job_id, created_at)
         select ('00000000-0000-7000-8000-0000000000' || n)::uuid, tenant_id, website_id, n, n, 'PUSH', 'RUNNING', '{}', 'Push', job_id, created_at
           from deploys, generate_series(10, 12) n where number = 1",
    )
    .await;
    shop.sql("update jobs set status = 'running' where id = (select job_id from deploys where number = 1)").await;
    let mut now = shop.bench.services.services.now();
    let mut begin = async |n: u8| {
        let id = DeployId(format!("00000000-0000-7000-8000-0000000000{n}").parse().unwrap());
        now += TimeDelta::seconds(1);
        let mut tx = shop.bench.services.services.db.system("test").await.unwrap();
        let begun = begin_build(tx.conn(), id, now, (1, 1)).await.unwrap();
        tx.commit_progress().await.unwrap();
        begun
    };
    assert_eq!((begin(10).await, begin(12).await, begin(11).await), (Some(1), None, None));
    shop.sql("update deploys set building = false").await;
    assert_eq!((begin(11).await, begin(12).await, begin(11).await), (None, Some(1), None));
    shop.sql("update deploys set building = false").await;
    assert_eq!(begin(11).await, Some(1));
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
    let refused = shop.start().await.unwrap_err().into_api();
    assert_eq!(refused.code, ErrorCode::TooMany);
    assert!(refused.message.contains("60 times in an hour"), "{}", refused.message);
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
