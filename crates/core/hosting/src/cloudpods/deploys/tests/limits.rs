//! What deploys leave to everybody else.

use super::world::Shop;
use crate::testing::Bench;
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
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert_eq!(shop.live().as_deref(), Some("r2"));
}
