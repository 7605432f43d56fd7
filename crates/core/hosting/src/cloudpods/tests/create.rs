//! From an order to a page that answers.

use super::worlds::Creating;
use crate::cloudpods;
use crate::testing::{Bench, LIMITS};
use adapters::node::{
    NodeClient,
    simulated::{Ended, Fault},
};
use core_administration::provisioning;
use engine::{Modules, saga::contract::saga_contract_tests, secrets::MasterKey, settings::Settings};
use model::{
    administration::provisioning::{EventLevel, JobStatus},
    hosting::cloudpods::{PodStatus, Runtime, Stack},
    ids::CloudPodId,
    page::PageRequest,
    permission::{CloudpodsRead, JobsRead},
};
use std::sync::Arc;
use wire::message::{Failure, FailureKind};

saga_contract_tests!(Creating);

#[tokio::test]
async fn every_stack_ends_with_its_page_seen_from_outside() {
    let bench = Bench::new().await;
    for (stack, domain) in
        [(Stack::Wordpress, "a.example.test"), (Stack::Php, "b.example.test"), (Stack::Node, "c.example.test"), (Stack::Static, "")]
    {
        let pod = bench.running(stack, domain).await;
        assert_eq!(bench.status(pod.id).await, PodStatus::Running, "{stack}");
        assert_eq!(bench.visit(&pod.domain).await.0, 200, "{stack}");
    }
    assert_eq!(bench.on_server().len(), 4);
}

#[tokio::test]
async fn no_pod_gets_the_name_of_the_panel_of_a_name_server_or_of_the_acme_zone() {
    let mut bench = Bench::new().await;
    let settings = bench.services.services.settings.as_ref().clone();
    bench.services.services.settings = Arc::new(Settings { public_url: format!("https://portal.{}", settings.base_domain), ..settings });
    sqlx::query("insert into nameservers (server_id, name, created_at) values ($1, 'dns1.sites.example', now())")
        .bind(bench.server)
        .execute(&mut bench.services.db.owner().await)
        .await
        .unwrap();
    for ours in ["portal", "dns1", "acme"] {
        let pod = bench.order(Stack::Static, &format!("{ours}.test")).await.unwrap();
        assert!(pod.name.starts_with(&format!("{ours}-")), "{}", pod.name);
    }
    assert_eq!(bench.order(Stack::Static, "bakery.test").await.unwrap().name, "bakery");
}

/// The runtime that the pod was made with.
async fn made_with(bench: &Bench, pod: CloudPodId) -> Option<String> {
    let mut owner = bench.services.db.owner().await;
    sqlx::query_scalar("select runtime ->> 'name' from websites where cloud_pod_id = $1").bind(pod).fetch_one(&mut owner).await.unwrap()
}

#[tokio::test]
async fn a_site_runs_on_the_version_that_was_chosen_or_on_the_default_of_its_stack() {
    let bench = Bench::new().await;
    for (number, (stack, chosen, expected)) in [
        (Stack::Php, Some(Runtime::Php82), Some("php8.2")),
        (Stack::Php, None, Some("php8.4")),
        (Stack::Node, Some(Runtime::Node20), Some("node20")),
        (Stack::Node, None, Some("node24")),
        (Stack::Wordpress, None, Some("php8.4")),
        (Stack::Static, None, None),
    ]
    .into_iter()
    .enumerate()
    {
        let pod = bench.order_on(stack, chosen, &format!("site{number}.example.test")).await.unwrap();
        assert_eq!(bench.finish(pod.job).await, JobStatus::Done, "{stack}");
        assert_eq!(made_with(&bench, pod.id).await.as_deref(), expected, "{stack}");
        let mut tx = bench.services.services.db.platform::<CloudpodsRead>(&bench.admin).await.unwrap();
        assert_eq!(cloudpods::get(&bench.services.services, &mut tx, pod.id).await.unwrap().runtime.map(Runtime::as_str), expected, "{stack}");
    }
}

#[tokio::test]
async fn a_runtime_of_another_stack_is_refused() {
    let bench = Bench::new().await;
    for (stack, runtime) in [(Stack::Node, Runtime::Php84), (Stack::Wordpress, Runtime::Node24), (Stack::Static, Runtime::Php82)] {
        let error = bench.order_on(stack, Some(runtime), "a.example.test").await.unwrap_err();
        assert!(format!("{error:?}").contains("cannot use"), "{stack} {runtime}: {error:?}");
    }
    assert!(bench.on_server().is_empty());
}

#[tokio::test]
async fn the_whole_story_is_told() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    assert_eq!(bench.told(pod.id).await, ["CLOUDPOD_REQUESTED", "CLOUDPOD_PLACED", "CLOUDPOD_PROVISIONED"]);
    let mut tx = bench.services.services.db.platform::<JobsRead>(&bench.admin).await.unwrap();
    let page = provisioning::get(&mut tx, pod.job).await.unwrap();
    assert_eq!((page.view.job.status, page.view.job.subject.as_str()), (JobStatus::Done, pod.name.as_str()));
    let steps: Vec<&str> = page.events.iter().filter(|event| event.level == EventLevel::Step).map(|event| event.message.as_str()).collect();
    let titles: Vec<&str> = page.view.steps.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(steps, titles);
    assert!(page.events.iter().any(|event| event.message.contains("responded with \"Ana & Sons")));
    let rest = provisioning::live(&mut tx, pod.job, page.events[2].id).await.unwrap().unwrap();
    assert_eq!(rest.events, page.events[3..]);
}

async fn sealed(bench: &Bench, pod: CloudPodId) -> Vec<u8> {
    sqlx::query_scalar("select sealed_secrets from cloud_pods where id = $1").bind(pod).fetch_one(&mut bench.services.db.owner().await).await.unwrap()
}

#[tokio::test]
async fn no_password_reaches_the_log_or_the_database_in_the_open() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    let sealed = sealed(&bench, pod.id).await;
    let secrets = cloudpods::secrets::PodSecrets::open(&bench.services.services.key, pod.id, &sealed).unwrap();
    let mut owner = bench.services.db.owner().await;
    for secret in [secrets.database_password, secrets.admin_password] {
        let found: i64 = sqlx::query_scalar(
            "select (select count(*) from job_events where position($1 in message) > 0) + (select count(*) from job_steps where position($1 in output::text) > 0)
                  + (select count(*) from jobs where position($1 in payload::text) > 0) + (select count(*) from audit_events where position($1 in coalesce(after::text, '')) > 0)",
        )
        .bind(&secret)
        .fetch_one(&mut owner)
        .await
        .unwrap();
        assert_eq!(found, 0);
        assert!(!String::from_utf8_lossy(&sealed).contains(&secret));
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_under_the_same_name() {
    let bench = Bench::new().await;
    let pod = bench.order(Stack::Php, "blog.example.test").await.unwrap();
    bench.services.servers.fault_on("PodApply", Fault::LoseAfter);
    assert_eq!(bench.finish(pod.job).await, JobStatus::Done);
    let asked: Vec<String> = bench.services.servers.heard().into_iter().filter(|heard| heard.verb == "PodApply").map(|heard| heard.key).collect();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], asked[1]);
}

#[tokio::test]
async fn a_server_that_refuses_leaves_nothing_behind_and_its_reason_is_shown() {
    let bench = Bench::new().await;
    let pod = bench.order(Stack::Php, "blog.example.test").await.unwrap();
    let refusal = Failure::new(FailureKind::Refused, "nginx does not start").with_remedy("look at its log");
    bench.services.servers.fault_on("PodApply", Fault::Fail(refusal));
    assert_eq!(bench.finish(pod.job).await, JobStatus::Undone);
    assert_eq!((bench.status(pod.id).await, bench.on_server()), (PodStatus::Failed, vec![]));
    let mut tx = bench.services.services.db.platform::<JobsRead>(&bench.admin).await.unwrap();
    let page = provisioning::get(&mut tx, pod.job).await.unwrap();
    assert_eq!(page.view.error.as_deref(), Some("Nginx does not start. Fix: look at its log."));
}

#[tokio::test]
async fn a_server_that_hangs_is_let_go_when_a_person_cancels() {
    let bench = Bench::new().await;
    let pod = bench.order(Stack::Php, "blog.example.test").await.unwrap();
    bench.services.servers.fault_on("PodApply", Fault::Hang);
    let apply = || bench.services.servers.heard().into_iter().find(|heard| heard.verb == "PodApply").map(|heard| heard.ended);
    let cancelled = async {
        while apply().is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let services = &bench.services.services;
        provisioning::cancel(services, services.db.platform(&bench.admin).await.unwrap(), pod.job).await.unwrap();
    };
    let (ended, ()) = tokio::join!(bench.finish(pod.job), cancelled);
    assert_eq!((ended, bench.status(pod.id).await), (JobStatus::Undone, PodStatus::Failed));
    assert_eq!(apply(), Some(Ended::Cancelled));
    assert!(bench.on_server().is_empty());
}

#[tokio::test]
async fn a_changed_host_key_quarantines_the_server_and_nothing_is_sent() {
    let bench = Bench::new().await;
    let mut owner = bench.services.db.owner().await;
    let pinned = bench.services.services.part::<dyn NodeClient>().host_key("100.64.0.9").await.unwrap().line;
    sqlx::query("update servers set driver = 'SSH', address = '100.64.0.9', host_key = $1").bind(pinned).execute(&mut owner).await.unwrap();
    bench.services.servers.change_host_key("100.64.0.9");
    let pod = bench.order(Stack::Static, "blog.example.test").await.unwrap();
    let heard = bench.services.servers.heard().len();
    assert_eq!(bench.finish(pod.job).await, JobStatus::Stuck);
    assert_eq!(bench.services.servers.heard().len(), heard);
    let status: String = sqlx::query_scalar("select status from servers").fetch_one(&mut owner).await.unwrap();
    assert_eq!(status, "QUARANTINED");
}

#[tokio::test]
async fn a_tenant_sees_its_own_pods_and_jobs_and_no_servers() {
    let bench = Bench::new().await;
    let pod = bench.running(Stack::Static, "blog.example.test").await;
    let owner = bench.services.db.user("ana@acme.example", None).await;
    bench.services.db.member(bench.tenant, &owner, "TENANT_USER").await;
    let other = bench.services.db.tenant("other").await;
    bench.services.db.member(other, &owner, "TENANT_OWNER").await;
    let db = &bench.services.services.db;
    let mut tx = db.tenant::<CloudpodsRead>(&owner, bench.tenant).await.unwrap();
    let view = cloudpods::get_own(&mut tx, pod.id).await.unwrap();
    assert_eq!((view.pod.name.as_str(), view.pod.server, view.limits), (pod.name.as_str(), None, LIMITS));
    assert_eq!(view.jobs.len(), 1);
    let mut tx = db.tenant::<JobsRead>(&owner, bench.tenant).await.unwrap();
    let job = provisioning::get_own(&mut tx, pod.job).await.unwrap();
    assert_eq!((job.view.server, job.view.worker), (None, None));
    assert_eq!(provisioning::list_own(&mut tx, &PageRequest::default()).await.unwrap().rows.len(), 1);
    let mut tx = db.tenant::<CloudpodsRead>(&owner, other).await.unwrap();
    assert!(cloudpods::get_own(&mut tx, pod.id).await.is_err());
    assert!(cloudpods::list_own(&mut tx, &PageRequest::default()).await.unwrap().rows.is_empty());
    let mut tx = db.tenant::<JobsRead>(&owner, other).await.unwrap();
    assert!(provisioning::live_own(&mut tx, pod.job, 0).await.unwrap().is_none());
}

#[tokio::test]
async fn lists_know_states_words_and_pages() {
    let bench = Bench::new().await;
    let first = bench.order(Stack::Static, "first.example.test").await.unwrap();
    let second = bench.running(Stack::Static, "second.example.test").await;
    let mut tx = bench.services.services.db.platform::<CloudpodsRead>(&bench.admin).await.unwrap();
    let names = async |tx: &mut _, request: PageRequest| -> Vec<String> {
        cloudpods::list(tx, &request).await.unwrap().rows.into_iter().map(|row| row.name).collect()
    };
    assert_eq!(names(&mut tx, PageRequest::default()).await, [second.name.clone(), first.name.clone()]);
    let running = PageRequest { state: Some("RUNNING".to_owned()), ..PageRequest::default() };
    assert_eq!(names(&mut tx, running).await, [second.name]);
    let found = PageRequest { search: Some("FIRST.ex".to_owned()), ..PageRequest::default() };
    assert_eq!(names(&mut tx, found).await, [first.name]);
    let unknown = PageRequest { state: Some("GREEN".to_owned()), ..PageRequest::default() };
    assert!(cloudpods::list(&mut tx, &unknown).await.is_err());
}

#[tokio::test]
async fn its_passwords_are_sealed_anew_with_a_new_key_of_the_installation() {
    let bench = Bench::new().await;
    let ordered = bench.order(Stack::Wordpress, "blog.example.test").await.unwrap();
    let mut services = bench.services.services.clone();
    let before = sealed(&bench, ordered.id).await;
    let old = std::mem::replace(&mut services.key, MasterKey::new([10; 32]).with_older(vec![engine::testing::MASTER_KEY]));
    services = services.with(Arc::new(Modules::default().with(crate::register)));
    assert!(core_security::key::rotate_key(&services).await.unwrap().sealed.contains(&("CloudPods", 1)));
    let after = sealed(&bench, ordered.id).await;
    let open = |key: &MasterKey, sealed: &[u8]| cloudpods::secrets::PodSecrets::open(key, ordered.id, sealed);
    let (was, is) = (open(&old, &before).unwrap(), open(&MasterKey::new([10; 32]), &after).unwrap());
    assert_eq!((was.database_password, was.admin_password), (is.database_password, is.admin_password));
    assert!(open(&old, &after).is_err(), "the old key opens it no more");
}
