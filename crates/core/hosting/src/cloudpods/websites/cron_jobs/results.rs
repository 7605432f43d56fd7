//! What scheduled jobs came to, as their servers tell it.

use super::{letters::JobFailed, queries};
use crate::cloudpods::{
    queries::{PodFacts, SiteFacts},
    reconcile::{ask, placed},
};
use chrono::{DateTime, TimeDelta};
use core_administration::outbox;
use db::SystemTx;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{
    hosting::{
        cloudpods::PodStatus,
        cron_jobs::{CronJob, CronRun},
    },
    ids::WebsiteId,
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{PodName, cron::CronJobResult, verb};

/// Characters of the output that a letter has.
const LETTER_CHARS: usize = 2000;
/// Characters of the output that are kept.
const OUTPUT_CHARS: usize = 8192;
/// How far back it is asked for runs again; a server's clock that was ahead of ours once hides none.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// What a job that was started by hand came to is looked for at least this far apart, and the further the longer it runs.
const SOONEST: TimeDelta = TimeDelta::seconds(2);
/// One that runs for longer is looked at as often as those that start by themselves.
const AWAITED: TimeDelta = TimeDelta::minutes(4);
/// People are told of a job once in this time, and of [`MAX_TOLD`] jobs of their account.
const TOLD_WITHIN: TimeDelta = TimeDelta::days(1);
/// See [`TOLD_WITHIN`].
const MAX_TOLD: i64 = 20;

/// Fetches what the last runs came to, and tells people of failures.
pub(in crate::cloudpods) struct CronJobResults;

impl Reconciler for CronJobResults {
    const NAME: &'static str = "site_jobs";
    const TITLE: &'static str = "Scheduled jobs report their runs";
    const INTERVAL: Duration = Duration::from_secs(60);
    const TIMEOUT: Duration = Duration::from_secs(40);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::pods_with_jobs(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let Some((pod, server)) = placed(services, key).await? else { return Ok(Outcome::Removed) };
        // While it is suspended nothing runs; it is listed again once it is not.
        if pod.status != PodStatus::Running || pod.sites.iter().all(|site| site.config.cron_jobs.is_empty()) {
            return Ok(Outcome::Removed);
        }
        let checked = |pod: PodFacts| Ok(Outcome::Checked { subject: pod.name, server: Some(server.id), differences: Vec::new() });
        if pod.moving_to.is_some() {
            return checked(pod);
        }
        let mut tx = services.db.system_read("reconciler").await?;
        let last = queries::last_end(tx.conn(), pod.id).await?;
        tx.finish().await?;
        // The last minutes are asked for again: what another job came to may have been told later. What is known is no news.
        let since = last.map(|last| (last.min(services.now()) - OVERLAP).timestamp());
        let since = since.and_then(|since| u64::try_from(since).ok()).unwrap_or_default();
        let name = PodName::new(&*pod.name).map_err(|invalid| ReconcileError(format!("Invalid CloudPod name: {invalid}.")))?;
        let found = ask(services, &server, verb::JobResults { pod: name, since }, Duration::from_secs(20)).await?;
        let mut tx = services.db.system("reconciler").await?;
        for result in found {
            note(services, &mut tx, &pod, result).await?;
        }
        let now = services.now();
        if let Some(started) = queries::awaited(tx.conn(), pod.id, now - AWAITED).await? {
            touch(tx.conn(), Self::NAME, key, now + ((now - started) / 4).max(SOONEST)).await?;
        }
        tx.commit_progress().await?;
        checked(pod)
    }
}

/// Stores what a run came to. What is told of jobs that the panel does not know, or cannot be true, is left out.
async fn note(services: &Services, tx: &mut SystemTx, pod: &PodFacts, result: CronJobResult) -> Result<(), ReconcileError> {
    let Some(site) = pod.sites.iter().find(|site| site.name == result.site.as_str()) else { return Ok(()) };
    let Some(job) = site.config.cron_jobs.iter().find(|job| job.key == result.job.as_str()) else { return Ok(()) };
    let at = |seconds: u64| i64::try_from(seconds).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    // One in the future would hide all later ones.
    let soonest = services.now() + TimeDelta::days(1);
    let (Some(started_at), Some(ended_at)) = (at(result.started), at(result.ended).filter(|ended| *ended <= soonest)) else { return Ok(()) };
    let output = result.output.chars().filter(|c| *c != '\0').take(OUTPUT_CHARS).collect();
    let run = CronRun { started_at, ended_at, exit_code: i16::from(result.code), timed_out: result.timed_out, output };
    let Some(is_told) = queries::store(tx.conn(), (pod.tenant_id, site.id), &job.key, &run).await? else { return Ok(()) };
    if run.is_good() || is_told { Ok(()) } else { tell(services, tx, pod, (site, job), &run).await }
}

/// Tells people of a job that fails. One that fails and succeeds in turn has them told of once a day; what is not told now is with a later failure.
async fn tell(
    services: &Services,
    tx: &mut SystemTx,
    pod: &PodFacts,
    (site, job): (&SiteFacts, &CronJob),
    run: &CronRun,
) -> Result<(), ReconcileError> {
    let (now, of_job) = (services.now(), (pod.tenant_id, job.key.as_str()));
    let (was_lately, told) = queries::marks(tx.conn(), of_job, queries::TOLD, (now - TOLD_WITHIN, now - TOLD_WITHIN)).await?;
    if was_lately || told >= MAX_TOLD {
        return Ok(());
    }
    queries::mark(tx.conn(), of_job, queries::TOLD, now).await?;
    queries::set_told(tx.conn(), site.id, &job.key).await?;
    let skipped = run.output.chars().count().saturating_sub(LETTER_CHARS);
    let letter = JobFailed {
        job: job.name.clone(),
        domain: site.main().to_owned(),
        result: match run.timed_out {
            true => format!("stopped after its time limit of {} min", job.limit_minutes),
            false => format!("exit code {}", run.exit_code),
        },
        started: run.started_at.format("%-d %B %Y, %H:%M:%S UTC").to_string(),
        output: run.output.chars().skip(skipped).collect::<String>().trim_end().to_owned(),
        link: format!("{}/t/{}/websites/{}", services.settings.public_url, queries::slug(tx.conn(), pod.tenant_id).await?, WebsiteId(site.id)),
    };
    for email in queries::people(tx.conn(), pod.tenant_id).await? {
        let Ok(to) = wire::Email::new(email) else { continue };
        let queued = outbox::queue(services, tx.conn(), Some(pod.tenant_id), &to, &letter).await?;
        tx.record(queued);
    }
    Ok(())
}
