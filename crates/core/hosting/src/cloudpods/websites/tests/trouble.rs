//! Answers that are lost, workers that are gone, and customers who want too much.

use super::world::{FIRST, SHOP, Yard, fault};
use crate::{cloudpods::websites, suspensions, testing::Bench};
use adapters::node::simulated::Fault;
use chrono::TimeDelta;
use db::{AccessError, Caller};
use engine::reconcile::run_due;
use engine::saga::contract::{Fault as StepFault, Faults, When, finish, worker};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{Runtime, Stack},
        suspensions::SuspensionReason,
        websites::{FileSettings, HttpRules, PhpInput, SiteStatus},
    },
    permission::{WebsitesDelete, WebsitesWrite},
};

#[tokio::test]
async fn a_version_that_does_not_work_is_switched_back_although_the_answer_to_the_switch_was_lost() {
    let yard = Yard::open().await;
    let job = yard.create("Tool", Stack::Php, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let tool = yard.site("Tool").await;
    yard.bench.services.servers.break_runtime("php8.2");
    yard.bench.services.servers.fault_on("PodApply", Fault::LoseAfter);
    let job = yard.set_runtime(tool.id, Runtime::Php82).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Undone, "the site of before is the measure, not the one that was changed");
    assert_eq!((yard.site("Tool").await.runtime, yard.page(&tool.domain).await), (Some(Runtime::Php84), 200));
}

#[tokio::test]
async fn a_site_that_was_seen_is_made_whatever_its_owner_does_with_it_before_its_job_is_told() {
    let yard = Yard::open().await;
    let job = yard.create("Shop", Stack::Node, "").await.unwrap();
    let shop = yard.site("Shop").await.id;
    // The worker is gone after the last step was done, and before that is written.
    let faults = Faults::of(&[(2, false, StepFault::Crash(When::After))]);
    let first = worker(&yard.bench.services, faults.clone().into_registry(Bench::registry()));
    tokio::select! {
        status = finish(&yard.bench.services, &first, job) => panic!("{status:?}"),
        () = faults.crashed() => {}
    }
    assert_eq!(yard.status(shop).await, SiteStatus::Active);
    yard.bench.services.servers.break_runtime("node24");
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!((yard.status(shop).await, yard.page(SHOP).await), (SiteStatus::Active, 500), "it is its owner's");
    assert_eq!(yard.told(shop).await, ["SITE_CREATED"]);
}

#[tokio::test]
async fn a_pod_gets_no_more_than_twenty_new_sites_a_day_also_when_they_are_deleted_again() {
    let yard = Yard::open().await;
    sqlx::query(
        "insert into websites (id, tenant_id, cloud_pod_id, name, stack, status, created_at, deleted_at)
         select gen_random_uuid(), $1, $2, 'n' || n, 'STATIC', 'DELETED', $3, $3 from generate_series(1, 20) n",
    )
    .bind(yard.bench.tenant)
    .bind(yard.pod.id)
    .bind(yard.bench.services.services.now())
    .execute(&mut yard.bench.services.db.owner().await)
    .await
    .unwrap();
    assert_eq!(fault(yard.create("Shop", Stack::Static, "").await), "A CloudPod can have 20 new sites in 24 hours. Try again later.");
    yard.bench.services.clock.advance(chrono::Duration::hours(25));
    assert!(yard.create("Shop", Stack::Static, "").await.is_ok());
}

#[tokio::test]
async fn a_site_without_a_name_does_not_keep_its_pod_from_being_suspended() {
    let (yard, shop) = Yard::with_shop().await;
    sqlx::query("update site_domains set released_at = now() where website_id = $1")
        .bind(shop)
        .execute(&mut yard.bench.services.db.owner().await)
        .await
        .unwrap();
    let services = &yard.bench.services.services;
    suspensions::suspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, SuspensionReason::Staff, "").await.unwrap();
    yard.finish_jobs().await;
    assert_eq!((yard.page(FIRST).await, yard.page(SHOP).await), (503, 404));
}

#[tokio::test]
async fn a_suspension_does_not_wait_for_what_a_customer_has_begun() {
    let (yard, shop) = Yard::with_shop().await;
    let job = yard.set_stopped(shop, true).await.unwrap();
    let services = &yard.bench.services.services;
    suspensions::suspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, SuspensionReason::Staff, "").await.unwrap();
    run_due(services).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Undone);
    yard.bench.services.clock.advance(TimeDelta::seconds(10));
    yard.finish_jobs().await;
    assert_eq!((yard.page(FIRST).await, yard.page(SHOP).await), (503, 503));
}

#[tokio::test]
async fn whoever_deletes_a_site_is_asked_for_the_password_again() {
    let (yard, shop) = Yard::with_shop().await;
    let db = &yard.bench.services.services.db;
    let idle = Caller::new(yard.owner.actor.clone(), yard.owner.origin.clone());
    let refused = db.tenant::<WebsitesDelete>(&idle, yard.bench.tenant).await;
    assert!(matches!(refused, Err(AccessError::StepUp { permission: "websites:delete" })));
    db.tenant::<WebsitesWrite>(&idle, yard.bench.tenant).await.unwrap();
    yard.delete(shop, SHOP).await.unwrap();
}

#[tokio::test]
async fn each_site_is_seen_by_itself() {
    let yard = Yard::open().await;
    for (title, stack) in [("Shop", Stack::Node), ("Files", Stack::Static)] {
        let job = yard.create(title, stack, "").await.unwrap();
        assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
        assert_eq!((yard.view(yard.site(title).await.id).await.unwrap().job, yard.site(title).await.observed), (Some(job), None));
    }
    yard.bench.services.servers.break_runtime("node24");
    yard.compared().await;
    let seen = yard.sites().await.into_iter().map(|site| site.observed.unwrap()).collect::<Vec<_>>();
    assert_eq!(seen.iter().map(|seen| seen.http_status).collect::<Vec<_>>(), [Some(200), Some(500), Some(200)]);
    assert!(seen.iter().all(|seen| seen.observed_at == yard.bench.services.services.now()));
}

#[tokio::test]
async fn sites_and_names_of_a_pod_are_changed_at_most_sixty_times_an_hour() {
    let (yard, shop) = Yard::with_shop().await;
    let job = yard.set_stopped(shop, true).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let more = "insert into jobs select (jsonb_populate_record(j, jsonb_build_object('id', gen_random_uuid(), 'idempotency_key', 'again' || n))).*
                  from jobs j, generate_series(1, 59) n where j.id = $1";
    sqlx::query(more).bind(job).execute(&mut yard.bench.services.db.owner().await).await.unwrap();
    let refused = "The sites of a CloudPod can be changed 60 times in an hour. Try again later.";
    assert_eq!(fault(yard.set_stopped(shop, false).await), refused);
    yard.proved("bakery.example").await;
    let services = &yard.bench.services.services;
    assert_eq!(fault(websites::add_name(services, yard.write().await, shop, "www.bakery.example").await), refused);
    yard.bench.services.clock.advance(chrono::Duration::minutes(61));
    yard.set_stopped(shop, false).await.unwrap();
}

#[tokio::test]
async fn a_site_whose_job_was_cancelled_before_it_began_is_on_no_server_and_can_be_deleted() {
    let yard = Yard::open().await;
    let job = yard.create("App", Stack::Node, "").await.unwrap();
    sqlx::query("update jobs set cancel_requested_at = now() where id = $1")
        .bind(job)
        .execute(&mut yard.bench.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Undone);
    let app = yard.site("App").await;
    assert_eq!((app.status, yard.page(&app.domain).await), (SiteStatus::Requested, 404));
    let drift = yard.compared().await.drift.unwrap();
    assert_eq!((drift.differences, drift.error), (Vec::new(), None), "it is no part of the plan");
    let job = yard.delete(app.id, &app.domain).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
}

#[tokio::test]
async fn spaces_between_index_files_are_not_stored() {
    let (yard, shop) = Yard::with_shop().await;
    let files = FileSettings { index_files: format!("  a.html {} b.html", " ".repeat(100_000)), ..FileSettings::default() };
    let job = websites::set_files(&yard.bench.services.services, yard.write().await, shop, files).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(yard.view(shop).await.unwrap().config.files.index_files, "a.html b.html");
}

#[tokio::test]
async fn a_change_after_which_the_pod_could_not_be_described_to_be_suspended_is_refused_and_one_that_makes_it_smaller_is_not() {
    let yard = Yard::open().await;
    let site = yard.sites().await[0].id;
    let services = &yard.bench.services.services;
    // Sites of before redirects were limited together: 20 of them would be more than a message takes.
    let sites = "with sites as (insert into websites (id, tenant_id, cloud_pod_id, name, title, stack, status, created_at, config)
                                select gen_random_uuid(), $1, $2, 'fat' || n, 'Fat', 'STATIC', 'ACTIVE', now(), jsonb_build_object('answers', jsonb_build_object(
                                         'headers', '', 'redirects', (select string_agg('/' || repeat('a', 480) || m || ' /' || repeat('b', 980) || ' 301', E'\n')
                                                                        from generate_series(1, 50) m)))
                                  from generate_series(1, 10) n returning id, tenant_id, name)
                 insert into site_domains (id, tenant_id, website_id, domain, position, created_at)
                 select gen_random_uuid(), tenant_id, id, name || '.example.test', 0, now() from sites";
    let owner = &mut yard.bench.services.db.owner().await;
    sqlx::query(sites).bind(yard.bench.tenant).bind(yard.pod.id).execute(&mut *owner).await.unwrap();
    let why = "The settings of this CloudPod's sites are too large together.";
    let php = PhpInput { memory_limit_mb: "256".to_owned(), ..PhpInput::default() };
    let refused = websites::set_php(services, yard.write().await, site, &php).await;
    assert!(fault(refused).starts_with(why));
    assert!(fault(yard.create("Shop", Stack::Static, "").await).starts_with(why));
    let fat = yard.site("Fat").await.id;
    let fewer = HttpRules { redirects: "/a /b".to_owned(), headers: String::new() };
    assert!(websites::set_http_rules(services, yard.write().await, fat, &fewer).await.is_ok());
}
