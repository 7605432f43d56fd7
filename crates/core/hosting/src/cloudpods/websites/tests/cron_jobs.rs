//! Scheduled jobs of sites.

use super::world::{FIRST, Yard, fault};
use crate::cloudpods::websites;
use adapters::node::simulated::Fault;
use db::TenantTx;
use engine::reconcile::run_due;
use model::{
    administration::provisioning::JobStatus,
    hosting::cron_jobs::{CronJobInput, CronJobView},
    ids::{JobId, WebsiteId},
    permission::{WebsitesRead, WebsitesWrite},
};
use wire::{
    SiteName,
    cron::{CronJobKey, CronJobResult},
};

fn typed(schedule: &str, command: &str) -> CronJobInput {
    CronJobInput {
        name: "Clear  cache".to_owned(),
        schedule: schedule.to_owned(),
        command: command.to_owned(),
        limit_minutes: String::new(),
        is_on: true,
    }
}

impl Yard {
    async fn save_job(&self, site: WebsiteId, key: Option<&str>, input: &CronJobInput) -> engine::Result<JobId> {
        websites::save_cron_job(&self.bench.services.services, self.write().await, site, key, input).await
    }

    async fn saved(&self, site: WebsiteId, key: Option<&str>, input: &CronJobInput) {
        let job = self.save_job(site, key, input).await.unwrap();
        assert_eq!(self.bench.finish(job).await, JobStatus::Done);
    }

    async fn jobs(&self, site: WebsiteId) -> Vec<CronJobView> {
        let services = &self.bench.services.services;
        let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&self.owner, self.bench.tenant).await.unwrap();
        websites::own_cron_jobs(services, &mut tx, site).await.unwrap()
    }

    /// Ends a run on the server, and has the panel hear of it.
    async fn ended(&self, key: &str, code: u8) {
        self.bench.services.clock.advance(chrono::Duration::minutes(2));
        self.ends(key, code);
        run_due(&self.bench.services.services).await.unwrap();
    }

    /// Ends a run on the server.
    fn ends(&self, key: &str, code: u8) {
        let now = u64::try_from(self.bench.services.services.now().timestamp()).unwrap();
        let result = CronJobResult {
            site: SiteName::new("main").unwrap(),
            job: CronJobKey::new(key).unwrap(),
            started: now - 3,
            ended: now,
            code,
            timed_out: false,
            output: format!("<b>code {code}</b>\n"),
        };
        self.bench.services.servers.end_cron_job(self.bench.server, &self.pod.name, result);
    }

    async fn letters(&self) -> Vec<(String, String)> {
        sqlx::query_as("select recipient, body_text from outgoing_mail where template = 'scheduled_job_failed' order by created_at, id")
            .fetch_all(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_job_comes_to_its_server_is_changed_turned_off_and_removed() {
    let yard = Yard::open().await;
    let site = yard.sites().await[0].id;
    yard.saved(site, None, &typed(" */15 *  * * *", "php cron.php\r\necho done")).await;
    let told = yard.bench.services.servers.cron_jobs(FIRST);
    assert_eq!(
        (told.len(), told[0].schedule.as_str(), told[0].command.as_str(), told[0].limit_seconds),
        (1, "*/15 * * * *", "php cron.php\necho done", 600)
    );
    let shown = yard.jobs(site).await.remove(0);
    assert_eq!((shown.job.name.as_str(), shown.next_runs.len(), shown.last_run), ("Clear cache", 3, None));
    assert!(shown.next_runs.iter().all(|run| run.timestamp() % 900 == 0 && *run > yard.bench.services.services.now()));
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());

    let key = shown.job.key;
    yard.saved(site, Some(&key), &CronJobInput { limit_minutes: "60".to_owned(), ..typed("0 3 * * *", "true") }).await;
    let told = yard.bench.services.servers.cron_jobs(FIRST);
    assert_eq!((told.len(), told[0].key.as_str(), told[0].limit_seconds), (1, key.as_str(), 3600));
    yard.saved(site, Some(&key), &CronJobInput { is_on: false, ..typed("0 3 * * *", "true") }).await;
    assert!(yard.bench.services.servers.cron_jobs(FIRST).is_empty());
    assert!(yard.jobs(site).await[0].next_runs.is_empty());
    let run = websites::run_cron_job(&yard.bench.services.services, yard.write().await, site, &key).await;
    assert_eq!(fault(run), "key: This job is turned off. Turn it on first.");
    let job = websites::delete_cron_job(&yard.bench.services.services, yard.write().await, site, &key).await.unwrap();
    assert_eq!((yard.bench.finish(job).await, yard.jobs(site).await.len()), (JobStatus::Done, 0));
    assert!(yard.told(site).await.iter().all(|action| action == "SITE_UPDATED"));
    // A command may have a password in it.
    let records: Vec<String> =
        sqlx::query_scalar("select after::text from audit_events where target_type = 'website' and target_id = $1::text order by seq")
            .bind(site)
            .fetch_all(&mut yard.bench.services.db.owner().await)
            .await
            .unwrap();
    assert!(records[0].contains("Clear cache") && records[0].contains("*/15 * * * *") && !records[0].contains("cron.php"), "{}", records[0]);
}

#[tokio::test]
async fn what_no_job_can_be_is_refused_on_its_field() {
    let (yard, shop) = Yard::with_shop().await;
    let site = yard.sites().await[0].id;
    let input = typed("* * * * *", "true");
    for (wrong, field) in [
        (CronJobInput { name: " ".to_owned(), ..input.clone() }, "name: "),
        (CronJobInput { schedule: "@daily".to_owned(), ..input.clone() }, "schedule: "),
        (CronJobInput { schedule: "0 0 31 2 *".to_owned(), ..input.clone() }, "schedule: Enter a day that exists: this schedule never runs."),
        (CronJobInput { command: "a\0b".to_owned(), ..input.clone() }, "command: "),
        (CronJobInput { limit_minutes: "61".to_owned(), ..input.clone() }, "limit_minutes: "),
    ] {
        assert!(fault(yard.save_job(site, None, &wrong).await).starts_with(field), "{field}");
    }
    assert!(fault(yard.save_job(site, Some("gone"), &input).await).starts_with("key: "));
    assert_eq!(fault(yard.save_job(shop, None, &input).await), "A static site has no programs that could run jobs.");
    let services = &yard.bench.services.services;
    let theirs: TenantTx<WebsitesWrite> = services.db.tenant(&yard.rival, yard.other).await.unwrap();
    assert_eq!(fault(websites::save_cron_job(services, theirs, site, None, &input).await), "Site not found.");
}

#[tokio::test]
async fn the_first_failure_after_a_success_is_told_to_the_people_of_the_account_and_no_other() {
    let yard = Yard::open().await;
    let site = yard.sites().await[0].id;
    yard.saved(site, None, &typed("* * * * *", "true")).await;
    let key = yard.jobs(site).await[0].job.key.clone();
    yard.ended(&key, 0).await;
    assert!(yard.letters().await.is_empty());
    yard.ended(&key, 3).await;
    let letters = yard.letters().await;
    assert_eq!(letters.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), ["ana@example.test"]);
    assert!(letters[0].1.contains("exit code 3") && letters[0].1.contains("<b>code 3</b>") && letters[0].1.contains(FIRST), "{}", letters[0].1);
    let run = yard.jobs(site).await[0].last_run.clone().unwrap();
    assert_eq!((run.exit_code, run.output.as_str(), (run.ended_at - run.started_at).num_seconds()), (3, "<b>code 3</b>\n", 3));
    yard.ended(&key, 4).await;
    assert_eq!(yard.letters().await.len(), 1, "it still fails");
    yard.ended(&key, 0).await;
    yard.ended(&key, 5).await;
    assert_eq!(yard.letters().await.len(), 1, "once a day");
    yard.bench.services.clock.advance(chrono::Duration::days(1));
    yard.ended(&key, 6).await;
    yard.ended(&key, 7).await;
    assert_eq!(yard.letters().await.len(), 2, "it has failed since it succeeded");

    // An account whose people were told of as many jobs as they can be in a day.
    let others =
        "insert into site_job_marks (id, tenant_id, job, kind, at) select gen_random_uuid(), $1, 'other', 'TOLD', $2 from generate_series(1, 20)";
    yard.bench.services.clock.advance(chrono::Duration::days(1));
    let (owner, now) = (&mut yard.bench.services.db.owner().await, yard.bench.services.services.now());
    sqlx::query(others).bind(yard.bench.tenant).bind(now).execute(&mut *owner).await.unwrap();
    yard.ended(&key, 0).await;
    yard.ended(&key, 8).await;
    assert_eq!(yard.letters().await.len(), 2);

    // A job that the panel does not know.
    yard.ended("other", 1).await;
    assert_eq!((yard.letters().await.len(), yard.jobs(site).await.len()), (2, 1));
}

#[tokio::test]
async fn a_job_is_started_by_hand_and_not_while_its_site_is_stopped() {
    let yard = Yard::open().await;
    let (site, services) = (yard.sites().await[0].id, &yard.bench.services.services);
    yard.saved(site, None, &typed("0 0 1 1 *", "true")).await;
    let key = yard.jobs(site).await[0].job.key.clone();
    let run = async |key: &str| websites::run_cron_job(services, yard.write().await, site, key).await;
    run(&key).await.unwrap();
    assert_eq!(fault(run(&key).await), "This job was run less than a minute ago. Try again in a minute.");
    assert!(fault(run("other").await).starts_with("key: "));
    assert_eq!(yard.told(site).await.last().map(String::as_str), Some("SITE_JOB_STARTED"));
    let others =
        "insert into site_job_marks (id, tenant_id, job, kind, at) select gen_random_uuid(), $1, 'other', 'STARTED', $2 from generate_series(1, 29)";
    let owner = &mut yard.bench.services.db.owner().await;
    sqlx::query(others).bind(yard.bench.tenant).bind(services.now()).execute(&mut *owner).await.unwrap();
    yard.bench.services.clock.advance(chrono::Duration::minutes(1));
    assert_eq!(fault(run(&key).await), "Jobs can be run by hand 30 times in 10 minutes. Try again later.");
    yard.bench.services.clock.advance(chrono::Duration::minutes(9));
    run(&key).await.unwrap();
    let job = yard.set_stopped(site, true).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(fault(run(&key).await), "This site is stopped. Start it first.");
    assert!(yard.jobs(site).await[0].next_runs.is_empty(), "a stopped site runs none");
    yard.bench.services.servers.set_down(yard.bench.server, true);
    let tx: TenantTx<WebsitesWrite> = services.db.tenant(&yard.rival, yard.other).await.unwrap();
    assert_eq!(fault(websites::run_cron_job(services, tx, site, &key).await), "Site not found.");
}

#[tokio::test]
async fn what_a_job_started_by_hand_came_to_is_there_seconds_after_its_end() {
    let yard = Yard::open().await;
    let (site, services) = (yard.sites().await[0].id, &yard.bench.services.services);
    yard.saved(site, None, &typed("0 0 1 1 *", "true")).await;
    let key = yard.jobs(site).await[0].job.key.clone();
    run_due(services).await.unwrap();
    websites::run_cron_job(services, yard.write().await, site, &key).await.unwrap();
    yard.bench.services.servers.forget_cron_runs(yard.bench.server, &yard.pod.name);
    let advance = async |seconds| {
        yard.bench.services.clock.advance(chrono::Duration::seconds(seconds));
        run_due(services).await.unwrap();
    };
    advance(2).await;
    assert_eq!(yard.jobs(site).await[0].last_run, None, "it still runs");
    yard.bench.services.clock.advance(chrono::Duration::seconds(2));
    yard.ends(&key, 0);
    let mut listener = sqlx::postgres::PgListener::connect(&yard.bench.services.db.owner_url).await.unwrap();
    listener.listen("live_object").await.unwrap();
    advance(3).await;
    assert_eq!(yard.jobs(site).await[0].last_run.as_ref().map(|run| run.exit_code), Some(0));
    // One that starts although its answer is lost is waited for all the same.
    yard.bench.services.clock.advance(chrono::Duration::minutes(1));
    run_due(services).await.unwrap();
    yard.bench.services.servers.fault_on("JobRun", Fault::LoseAfter);
    websites::run_cron_job(services, yard.write().await, site, &key).await.unwrap_err();
    yard.ends(&key, 7);
    advance(2).await;
    assert_eq!(yard.jobs(site).await[0].last_run.as_ref().map(|run| run.exit_code), Some(7));
    // Its page hears of it.
    let owner = &mut yard.bench.services.db.owner().await;
    sqlx::query("select pg_notify('live_object', 'last')").execute(owner).await.unwrap();
    let mut heard = Vec::new();
    while heard.last().is_none_or(|subject| subject != "last") {
        heard.push(listener.recv().await.unwrap().payload().to_owned());
    }
    assert!(heard.contains(&format!("cloud_pod:{}", yard.pod.id.0)), "{heard:?}");
}
