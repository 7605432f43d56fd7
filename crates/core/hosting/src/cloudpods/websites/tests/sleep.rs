//! Sites that sleep while nobody visits them, and those that are kept always on.

use super::world::{FIRST, Yard, fault};
use crate::{
    cloudpods::{self, websites},
    suspensions,
    testing::{LIMITS, Yard as RealYard},
};
use adapters::node::simulated::Fault;
use db::TenantTx;
use engine::reconcile::run_due;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{Limits, ObservedState, Runtime, SleepRule, Stack},
        suspensions::SuspensionReason,
    },
    ids::JobId,
    permission::{CloudpodsRead, WebsitesRead, WebsitesWrite},
};
use wire::{PodName, verb::PodRestart};

/// After an hour without visitors.
fn hourly(is_optional: bool) -> Option<SleepRule> {
    Some(SleepRule { after_minutes: 60, is_optional })
}

/// The plan of the pod says from now on when its sites sleep.
async fn set_rule(yard: &Yard, sleep: Option<SleepRule>) {
    let services = &yard.bench.services.services;
    let mut tx = services.db.system("test").await.unwrap();
    cloudpods::set_limits(services, tx.conn(), yard.bench.subscription, "wordpress", Limits { sleep, ..LIMITS }).await.unwrap();
    tx.commit_progress().await.unwrap();
    yard.finish_jobs().await;
}

fn put_to_sleep(yard: &Yard) -> usize {
    let since = yard.bench.services.services.now() - chrono::Duration::hours(1);
    yard.bench.services.servers.put_to_sleep(yard.bench.server, &yard.pod.name, since.timestamp().unsigned_abs())
}

#[tokio::test]
async fn a_site_that_nobody_visits_is_asleep_and_well_until_the_next_visit() {
    let yard = Yard::open().await;
    assert_eq!((put_to_sleep(&yard), yard.view(yard.sites().await[0].id).await.unwrap().sleep), (0, None), "this plan's sites never sleep");
    set_rule(&yard, hourly(false)).await;
    let before = yard.compared().await;
    assert_eq!((before.limits.sleep, before.pod.asleep_since), (hourly(false), None));
    let answered = yard.sites().await[0].observed.unwrap();
    assert_eq!(put_to_sleep(&yard), 1);
    let since = yard.bench.services.services.now() - chrono::Duration::hours(1);
    // Looked at again and again, it sleeps on.
    for _ in 0..2 {
        let seen = yard.compared().await;
        assert_eq!((seen.pod.observed_state, seen.pod.observed_at), (Some(ObservedState::Running), Some(yard.bench.services.services.now())));
        assert_eq!(seen.pod.asleep_since.map(|at| at.timestamp()), Some(since.timestamp()));
        assert_eq!(seen.drift.map(|drift| (drift.differences, drift.error)), Some((Vec::new(), None)), "what sleeps is as planned");
        let site = yard.sites().await.remove(0);
        assert_eq!((site.asleep_since.map(|at| at.timestamp()), site.observed), (Some(since.timestamp()), Some(answered)), "it was not asked");
    }
    assert_eq!(yard.page(FIRST).await, 200);
    let seen = yard.compared().await;
    let site = yard.sites().await.remove(0);
    assert_eq!((seen.pod.asleep_since, site.asleep_since), (None, None));
    assert_eq!(site.observed.map(|seen| (seen.http_status, seen.observed_at)), Some((Some(200), yard.bench.services.services.now())));

    // Beside a site that has nothing to stop, the pod as a whole is awake.
    let job = yard.create("Files", Stack::Static, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(put_to_sleep(&yard), 1);
    assert_eq!(yard.compared().await.pod.asleep_since, None);
    let asleep: Vec<_> = yard.sites().await.into_iter().map(|site| site.asleep_since.is_some()).collect();
    assert_eq!(asleep, [true, false]);
    assert_eq!(yard.view(yard.site("Files").await.id).await.unwrap().sleep, None);

    // One that is stopped is not asleep.
    let first = yard.sites().await[0].id;
    let job = yard.set_stopped(first, true).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    yard.compared().await;
    assert_eq!(yard.sites().await[0].asleep_since, None);
}

/// What is shown before a restart is confirmed, and what the server then restarts.
async fn restarted(yard: &Yard) -> (Vec<String>, Vec<String>) {
    let services = &yard.bench.services.services;
    let shown = cloudpods::preview_restart(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id).await.unwrap();
    let mut tx = services.db.system_read("test").await.unwrap();
    let server = cloudpods::queries::server(tx.conn(), yard.bench.server).await.unwrap();
    tx.finish().await.unwrap();
    let done = cloudpods::plans::ask(services, &server, PodRestart { pod: PodName::new(&*yard.pod.name).unwrap() }).await.unwrap();
    (shown, done.units.into_iter().map(|unit| format!("restart {unit}")).collect())
}

#[tokio::test]
async fn a_restart_shows_exactly_the_units_that_its_server_then_restarts() {
    let yard = Yard::open().await;
    set_rule(&yard, hourly(false)).await;
    let job = yard.create("Shop", Stack::Php, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let job = yard.create("Files", Stack::Static, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let (shown, done) = restarted(&yard).await;
    assert_eq!((shown.len(), &shown), (3, &done), "two programs and the database");
    // What sleeps is left asleep, and what a visitor has woken is not.
    assert_eq!((put_to_sleep(&yard), yard.page(FIRST).await), (2, 200));
    let (shown, done) = restarted(&yard).await;
    assert_eq!((shown.len(), &shown), (2, &done));
    assert_eq!(put_to_sleep(&yard), 2);
    let (shown, done) = restarted(&yard).await;
    assert_eq!((shown.len(), &shown), (1, &done));
    // What is stopped by itself stays so.
    let job = yard.set_stopped(yard.site("Shop").await.id, true).await.unwrap();
    assert_eq!((yard.bench.finish(job).await, yard.page(FIRST).await), (JobStatus::Done, 200));
    let (shown, done) = restarted(&yard).await;
    assert_eq!((shown.len(), &shown), (2, &done));
}

#[tokio::test]
async fn a_pod_is_suspended_without_a_word_of_sleep_which_its_agent_may_not_know() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    set_rule(&yard, hourly(false)).await;
    suspensions::suspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, SuspensionReason::Staff, "").await.unwrap();
    yard.finish_jobs().await;
    assert_eq!((yard.page(FIRST).await, put_to_sleep(&yard)), (503, 0));
    assert_eq!(yard.compared().await.drift.map(|drift| drift.differences), Some(Vec::new()));
    suspensions::unsuspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, SuspensionReason::Staff).await.unwrap();
    yard.finish_jobs().await;
    assert_eq!((yard.page(FIRST).await, put_to_sleep(&yard)), (200, 1));
}

#[tokio::test]
async fn an_owner_keeps_a_site_always_on_only_where_the_plan_leaves_the_choice() {
    let yard = Yard::open().await;
    let site = yard.sites().await[0].id;
    let services = &yard.bench.services.services;
    let set = async |always_on| websites::set_always_on(services, yard.write().await, site, always_on).await;
    assert_eq!(fault(set(true).await), "This site never sleeps.");
    set_rule(&yard, hourly(false)).await;
    assert_eq!(fault(set(true).await), "The plan of this CloudPod can't keep sites always on.");
    assert_eq!(yard.view(site).await.unwrap().sleep, hourly(false));
    set_rule(&yard, hourly(true)).await;
    assert_eq!(fault(set(false).await), "This site already sleeps when it has no visitors.");
    let theirs: TenantTx<WebsitesWrite> = services.db.tenant(&yard.rival, yard.other).await.unwrap();
    assert_eq!(fault(websites::set_always_on(services, theirs, site, true).await), "Site not found.");

    let job = set(true).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let view = yard.view(site).await.unwrap();
    assert!(view.config.always_on && view.sleep == hourly(true));
    assert_eq!(put_to_sleep(&yard), 0, "its server is told nothing of sleep");
    assert_eq!(fault(set(true).await), "This site is always on already.");
    assert_eq!(yard.told(site).await.last().map(String::as_str), Some("SITE_UPDATED"));
    assert_eq!(yard.compared().await.drift.map(|drift| drift.differences), Some(Vec::new()));

    // With a plan that leaves no choice, what was chosen does not count.
    set_rule(&yard, hourly(false)).await;
    assert_eq!(put_to_sleep(&yard), 1);
    set_rule(&yard, hourly(true)).await;
    let job = set(false).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(put_to_sleep(&yard), 1);
}

#[tokio::test]
async fn what_a_change_breaks_behind_the_password_of_a_site_that_was_asleep_is_seen_and_taken_back() {
    let yard = Yard::open().await;
    let done = async |job: JobId| assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    done(yard.create("Tool", Stack::Php, "").await.unwrap()).await;
    let tool = yard.site("Tool").await.id;
    set_rule(&yard, hourly(false)).await;
    done(websites::set_protection(&yard.bench.services.services, yard.write().await, tool, "ana", "a good one").await.unwrap()).await;
    done(yard.set_runtime(tool, Runtime::Php82).await.unwrap()).await;
    assert_eq!(put_to_sleep(&yard), 2);
    yard.bench.services.servers.break_runtime("php8.4");
    let job = yard.set_runtime(tool, Runtime::Php84).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Undone);
    assert_eq!(yard.site("Tool").await.runtime, Some(Runtime::Php82));
}

#[tokio::test]
async fn what_is_not_known_of_a_site_before_a_change_is_no_excuse_for_what_is_broken_after_it() {
    let yard = Yard::open().await;
    let done = async |job: JobId| assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    done(yard.create("Tool", Stack::Php, "").await.unwrap()).await;
    let tool = yard.site("Tool").await.id;
    done(websites::set_protection(&yard.bench.services.services, yard.write().await, tool, "ana", "a good one").await.unwrap()).await;
    done(yard.set_runtime(tool, Runtime::Php82).await.unwrap()).await;
    yard.bench.services.servers.break_runtime("php8.4");
    yard.bench.services.servers.fault_on("SiteVisit", Fault::LoseBefore);
    let job = yard.set_runtime(tool, Runtime::Php84).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Undone);
}

#[tokio::test]
async fn a_protected_site_that_is_asleep_is_moved_with_its_pod() {
    let yard = Yard::open().await;
    set_rule(&yard, hourly(false)).await;
    let (first, services) = (yard.sites().await[0].id, &yard.bench.services.services);
    let job = websites::set_protection(services, yard.write().await, first, "ana", "a good one").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let to = yard.bench.another_server("second").await;
    assert_eq!(put_to_sleep(&yard), 1);
    let job = cloudpods::migrate(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, to).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(yard.bench.services.servers.pods(to), [yard.pod.name.as_str()]);
    assert_eq!(yard.page(FIRST).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn what_sleeps_on_a_real_host_is_well_for_the_panel_and_is_woken_by_a_visitor() {
    let Some(yard) = RealYard::fresh().await else { return };
    let (bench, services) = (&yard.bench, yard.bench.services.services.clone());
    let pod = bench.running(Stack::Wordpress, FIRST).await;
    let mut tx = services.db.system("test").await.unwrap();
    cloudpods::set_limits(&services, tx.conn(), bench.subscription, "wordpress", Limits { sleep: hourly(false), ..LIMITS }).await.unwrap();
    tx.commit_progress().await.unwrap();
    run_due(&services).await.unwrap();
    let job: JobId =
        sqlx::query_scalar("select id from jobs where kind = 'SCALE_CLOUDPOD'").fetch_one(&mut bench.services.db.owner().await).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    let compared = async || {
        bench.services.clock.advance(chrono::Duration::minutes(10));
        run_due(&services).await.unwrap();
        let mut tx = services.db.platform::<CloudpodsRead>(&bench.admin).await.unwrap();
        cloudpods::get(&services, &mut tx, pod.id).await.unwrap()
    };
    let seen = compared().await;
    assert_eq!(seen.drift.map(|drift| (drift.differences, drift.error)), Some((Vec::new(), None)));
    assert_eq!(seen.pod.asleep_since, None);

    // Two hours without visitors, in which the panel has looked.
    let unit = format!("pod-{}_main.service", pod.name);
    let asleep = format!(
        "touch -c -d '2 hours ago' /run/pods/{0}/*.sock
         timeout 60 sh -c 'until [ \"$(systemctl is-active {unit})\" = inactive ]; do {1} sleep; done'
         systemctl is-active {unit}; true",
        pod.name,
        wire::NODE_PATH
    );
    assert_eq!(yard.host.must(&["sh", "-c", &asleep]).await.unwrap().trim(), "inactive");
    for _ in 0..2 {
        let seen = compared().await;
        assert_eq!((seen.pod.observed_state, seen.pod.asleep_since.is_some()), (Some(ObservedState::Running), true));
        assert_eq!(seen.drift.map(|drift| (drift.differences, drift.error)), Some((Vec::new(), None)));
    }
    let mut tx = services.db.platform::<WebsitesRead>(&bench.admin).await.unwrap();
    assert!(websites::list(&services, &mut tx, pod.id).await.unwrap()[0].asleep_since.is_some());
    drop(tx);
    let (status, page) = yard.page(FIRST).await;
    assert!(status == 200 && page.contains("Ana"), "{status} {page:.300}");
    assert_eq!(compared().await.pod.asleep_since, None);
    yard.down().await;
}
