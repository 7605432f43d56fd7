//! Who may see and change what.

use super::{cancel, get, get_own, live, live_for_buyer, retry};
use db::{AccessError, Caller};
use engine::{
    Error, Modules,
    saga::{JobMeta, Saga, Step, StepContext, StepError, Steps, Subject, enqueue},
    secrets::token_hash,
    testing::TestServices,
};
use model::{
    actor::Actor,
    administration::provisioning::JobPage,
    error::ErrorCode,
    ids::{JobId, TenantId},
    permission::{JobsManage, JobsRead},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

struct Scene {
    services: TestServices,
    admin: Caller,
    tenant: TenantId,
    job: JobId,
}

/// A saga of two steps that do nothing.
#[derive(Serialize, Deserialize)]
struct Idle {
    number: usize,
}

impl Saga for Idle {
    const KIND: &'static str = "CREATE_CLOUDPOD";
    const TITLE: &'static str = "Create CloudPod";

    fn key(&self) -> String {
        format!("idle:{}", self.number)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<First>().then::<Second>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(5)
    }
}

macro_rules! idle_step {
    ($step:ident, $name:literal, $title:literal) => {
        struct $step;

        impl Step for $step {
            type Saga = Idle;
            type Output = ();
            const NAME: &'static str = $name;
            const TITLE: &'static str = $title;

            async fn run(_: &StepContext, _: &Idle) -> Result<(), StepError> {
                Ok(())
            }

            async fn undo(_: &StepContext, _: &Idle, _: Option<&()>) -> Result<(), StepError> {
                Ok(())
            }
        }
    };
}

idle_step!(First, "first", "First step");
idle_step!(Second, "second", "Second step");

/// A job of a tenant that nobody works on.
async fn scene() -> Scene {
    let mut services = TestServices::new().await;
    services.services = services.services.with(Arc::new(Modules::default().with(|modules| modules.sagas.add::<Idle>())));
    let admin = services.db.user("admin@mpanel.example", Some("PLATFORM_ADMIN")).await;
    let tenant = services.db.tenant("acme").await;
    let mut tx = services.services.db.system("test").await.unwrap();
    let saga = Idle { number: 0 };
    let meta = JobMeta { actor: Actor::system("checkout"), tenant: Some(tenant), subject: None };
    let job = enqueue(tx.conn(), services.services.now(), &saga, meta).await.unwrap().job;
    tx.commit_progress().await.unwrap();
    Scene { services, admin, tenant, job }
}

impl Scene {
    async fn set(&self, sql: &'static str) {
        sqlx::query(sql).bind(self.job).execute(&mut self.services.db.owner().await).await.unwrap();
    }
}

fn code(error: Error) -> ErrorCode {
    error.into_api().code
}

#[tokio::test]
async fn a_job_is_shown_with_its_steps_and_who_wanted_it() {
    let scene = scene().await;
    let mut tx = scene.services.services.db.platform::<JobsRead>(&scene.admin).await.unwrap();
    let page = get(&mut tx, scene.job).await.unwrap();
    assert_eq!((page.view.actor.as_str(), page.view.job.tenant_name.as_deref()), ("System (checkout)", Some("acme")));
    assert_eq!(page.view.steps.len(), 2);
    assert!(page.view.can_cancel() && !page.view.can_retry());
    assert_eq!(code(get(&mut tx, JobId(uuid::Uuid::now_v7())).await.unwrap_err()), ErrorCode::NotFound);
}

#[tokio::test]
async fn lines_come_once_each_behind_the_last_one_seen() {
    let scene = scene().await;
    scene.set("insert into job_events (job_id, level, message) select $1, 'info', n::text from generate_series(1, 620) n").await;
    let mut tx = scene.services.services.db.platform::<JobsRead>(&scene.admin).await.unwrap();
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let part = live(&mut tx, scene.job, after).await.unwrap().unwrap().events;
        let Some(last) = part.last() else { break };
        assert!(part.len() <= 500);
        after = last.id;
        seen.extend(part.into_iter().map(|event| event.message));
    }
    assert_eq!(seen, (1..=620).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn each_state_allows_what_it_allows() {
    let scene = scene().await;
    let services = &scene.services.services;
    let tx = async || services.db.platform::<JobsManage>(&scene.admin).await.unwrap();
    assert_eq!(code(retry(services, tx().await, scene.job).await.unwrap_err()), ErrorCode::Conflict);
    cancel(services, tx().await, scene.job).await.unwrap();
    assert_eq!(code(cancel(services, tx().await, scene.job).await.unwrap_err()), ErrorCode::Conflict);
    scene.set("update jobs set status = 'done' where id = $1").await;
    assert_eq!(code(cancel(services, tx().await, scene.job).await.unwrap_err()), ErrorCode::Conflict);
    assert_eq!(code(retry(services, tx().await, scene.job).await.unwrap_err()), ErrorCode::Conflict);
    scene.set("update jobs set status = 'undone' where id = $1").await;
    retry(services, tx().await, scene.job).await.unwrap();
    let mut tx = services.db.platform::<JobsRead>(&scene.admin).await.unwrap();
    let view = get(&mut tx, scene.job).await.unwrap().view;
    assert!(view.can_cancel() && view.error.is_none());
    let told: Vec<String> = sqlx::query_scalar("select action from audit_events where target_id = $1::text and tenant_id = $2 order by seq")
        .bind(scene.job)
        .bind(scene.tenant)
        .fetch_all(&mut scene.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!(told, ["JOB_CANCEL_REQUESTED", "JOB_RETRIED"]);
}

#[tokio::test]
async fn a_member_of_the_tenant_cannot_cancel() {
    let scene = scene().await;
    let owner = scene.services.db.user("ana@acme.example", None).await;
    scene.services.db.member(scene.tenant, &owner, "TENANT_OWNER").await;
    let refused = scene.services.services.db.tenant::<JobsManage>(&owner, scene.tenant).await;
    assert!(matches!(refused, Err(AccessError::Forbidden { .. })));
}

#[tokio::test]
async fn jobs_for_the_same_object_within_an_hour_are_shown_with_a_job_and_a_tenant_sees_its_own_alone() {
    let scene = scene().await;
    let (services, now) = (&scene.services.services, scene.services.services.now());
    let rival = scene.services.db.tenant("rival").await;
    let shop = uuid::Uuid::now_v7();
    let hour = chrono::Duration::hours(1);
    let mut tx = services.db.system("test").await.unwrap();
    let mut jobs = Vec::new();
    // The first of them is the one that is looked at, and what belongs to somebody else is about the same object only here.
    let all = [
        (scene.tenant, shop, now),
        (scene.tenant, shop, now),
        (rival, shop, now),
        (scene.tenant, uuid::Uuid::now_v7(), now),
        (scene.tenant, shop, now + hour * 2),
        (scene.tenant, shop, now + hour / 2),
    ];
    for (number, (tenant, id, at)) in (1..).zip(all) {
        let meta =
            JobMeta { actor: Actor::system("test"), tenant: Some(tenant), subject: Some(Subject { kind: "cloud_pod", id, name: "shop".to_owned() }) };
        jobs.push(enqueue(tx.conn(), at, &Idle { number }, meta).await.unwrap().job);
    }
    tx.commit_progress().await.unwrap();
    let [first, follows, of_rival, _, too_late, later]: [JobId; 6] = jobs.try_into().unwrap();

    let owner = scene.services.db.user("ana@acme.example", None).await;
    scene.services.db.member(scene.tenant, &owner, "TENANT_OWNER").await;
    let shown = |page: JobPage| page.view.later.into_iter().map(|job| job.id).collect::<Vec<_>>();
    let to_staff = async |job| {
        let mut tx = services.db.platform::<JobsRead>(&scene.admin).await.unwrap();
        get(&mut tx, job).await.map(shown)
    };
    let to_owner = async |job| {
        let mut tx = services.db.tenant::<JobsRead>(&owner, scene.tenant).await.unwrap();
        get_own(&mut tx, job).await.map(shown)
    };
    assert_eq!(to_staff(first).await.unwrap(), [follows, of_rival, too_late, later], "it goes on");
    let end = sqlx::query("update jobs set status = 'done', finished_at = $2 where id = $1").bind(first).bind(now);
    end.execute(&mut scene.services.db.owner().await).await.unwrap();
    assert_eq!(to_staff(first).await.unwrap(), [follows, of_rival, later]);
    assert_eq!(to_owner(first).await.unwrap(), [follows, later]);
    assert!(to_owner(later).await.unwrap().is_empty());
    assert_eq!(code(to_owner(of_rival).await.unwrap_err()), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_buyer_follows_the_job_of_the_purchase_and_no_other() {
    let scene = scene().await;
    scene.set("insert into job_events (job_id, level, message) values ($1, 'info', 'a line')").await;
    sqlx::query(
        "insert into checkout_sessions (id, plan_code, billing_cycle, email, country, domain, currency, net, tax, tax_treatment, tax_rate_bp, total,
                                        lines, status, provider, follow_hash, tenant_id, job_id, expires_at)
         values (gen_random_uuid(), 'php', 'MONTHLY', 'a@b.example', 'DE', 'b.example', 'EUR', 0, 0, 'DOMESTIC', 0, 0, '[]', 'PAID', 'sandbox', $1, $2, $3, now())",
    )
    .bind(token_hash("the buyer's token"))
    .bind(scene.tenant)
    .bind(scene.job)
    .execute(&mut scene.services.db.owner().await)
    .await
    .unwrap();
    let mut tx = scene.services.services.db.public(Actor::Visitor).await.unwrap();
    let seen = live_for_buyer(&mut tx, scene.job, "the buyer's token", 0).await.unwrap().unwrap();
    assert_eq!((seen.events.len(), seen.view.steps.len(), seen.view.worker), (1, 2, None));
    assert!(live_for_buyer(&mut tx, scene.job, "another token", 0).await.unwrap().is_none());
    assert!(live_for_buyer(&mut tx, JobId(uuid::Uuid::now_v7()), "the buyer's token", 0).await.unwrap().is_none());
}
