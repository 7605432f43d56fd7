//! Scheduled jobs of sites.
//!
//! - A job is part of what a site is set to, and comes to its server as every other change does. The server runs it by its own clock, inside the
//!   site's sandbox; the panel has no part in that.
//! - What the last run of each job came to is fetched from the server. The first failure after a success is told to the people of the account, of
//!   each job at most once a day.

mod letters;
mod queries;
mod results;
mod rules;

pub(in crate::cloudpods) use queries::forget_others;
pub(in crate::cloudpods) use results::CronJobResults;
pub(super) use rules::require_room;

use super::{
    change::{lock_site, require_started, set},
    queries as sites, require_free,
};
use crate::cloudpods::{
    queries as pods,
    remote::{target, trusted},
};
use adapters::node::{CallOptions, NodeClient};
use chrono::TimeDelta;
use core_administration::servers::error_for_user;
use db::{AuditEvent, PlatformRead, SystemTx, TenantRead, TenantTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
};
use model::{
    audit_action::AuditAction,
    hosting::{
        cloudpods::Stack,
        cron_jobs::{CronJob, CronJobInput, CronJobView, DEFAULT_CRON_MINUTES, MAX_CRON_JOBS, MAX_CRON_MINUTES},
        websites::SiteConfig,
    },
    ids::{JobId, TenantId, WebsiteId},
    permission::{WebsitesRead, WebsitesWrite},
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{
    InvalidText, PodName, SiteName,
    cron::{CronCommand, CronJobKey, CronSchedule},
    verb::{Call, JobRun},
};

/// Longest name of a job.
const MAX_NAME_CHARS: usize = 60;
/// Runs to come that are shown.
const NEXT_RUNS: usize = 3;
/// Longest that a server may take to start a job.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// After a job was started by hand, what it came to is looked for after this.
const AFTER_START: TimeDelta = TimeDelta::seconds(2);
/// A job is started by hand once in this time.
const START_REST: TimeDelta = TimeDelta::minutes(1);
/// Jobs of an account that are started by hand in [`STARTS_WITHIN`].
const MAX_STARTS: i64 = 30;
/// See [`MAX_STARTS`].
const STARTS_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// The scheduled jobs of a site.
///
/// # Errors
/// Not found.
pub async fn cron_jobs(services: &Services, tx: &mut impl PlatformRead<WebsitesRead>, id: WebsiteId) -> Result<Vec<CronJobView>> {
    views(services, tx.conn(), None, id).await
}

/// The scheduled jobs of a site of the open account.
///
/// # Errors
/// Not found, also when it is somebody else's.
pub async fn own_cron_jobs(services: &Services, tx: &mut impl TenantRead<WebsitesRead>, id: WebsiteId) -> Result<Vec<CronJobView>> {
    let tenant = tx.tenant();
    views(services, tx.conn(), Some(tenant), id).await
}

async fn views(services: &Services, conn: &mut PgConnection, tenant: Option<TenantId>, id: WebsiteId) -> Result<Vec<CronJobView>> {
    let row = sites::rows(&mut *conn, (None, Some(id))).await?.into_iter().find(|row| tenant.is_none_or(|tenant| row.tenant_id == tenant));
    let row = row.ok_or_else(|| Error::not_found("Site"))?;
    let (config, is_running) = (row.config.0, row.pod_runs);
    let mut runs = queries::runs(conn, id).await?;
    let view = |job: CronJob| {
        let schedule = CronSchedule::new(&job.schedule).ok().filter(|_| is_running && job.is_on && !config.stopped);
        let last_run = runs.iter().position(|(key, _)| *key == job.key).map(|at| runs.swap_remove(at).1.0);
        CronJobView { next_runs: schedule.map(|schedule| rules::next_runs(&schedule, services.now(), NEXT_RUNS)).unwrap_or_default(), last_run, job }
    };
    Ok(config.cron_jobs.clone().into_iter().map(view).collect())
}

/// Adds a job to a site of the open account, or changes the one with this key. Returns the job of the pod that brings it to the server.
///
/// # Errors
/// Not found; on fields `key`, `name`, `schedule`, `command` and `limit_minutes`; a conflict when its stack has no programs, the site is stopped or
/// not whole, or its pod does not run or is busy.
pub async fn save_cron_job(
    services: &Services,
    tx: TenantTx<WebsitesWrite>,
    id: WebsiteId,
    key: Option<&str>,
    input: &CronJobInput,
) -> Result<JobId> {
    set(services, tx, id, |stack, mut config| {
        let job = read(input)?;
        if stack == Stack::Static {
            return Err(Error::conflict("A static site has no programs that could run jobs."));
        }
        match key {
            Some(key) => {
                let found = find(&mut config, key)?;
                *found = CronJob { key: found.key.clone(), ..job };
            }
            None if config.cron_jobs.len() >= MAX_CRON_JOBS => {
                return Err(Error::field("name", format!("A site can have {MAX_CRON_JOBS} scheduled jobs.")));
            }
            None => config.cron_jobs.push(CronJob { key: new_key(), ..job }),
        }
        Ok(config)
    })
    .await
}

/// Removes a job from a site of the open account. A run that goes on is stopped. Returns the job of the pod.
///
/// # Errors
/// As [`save_cron_job`].
pub async fn delete_cron_job(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, key: &str) -> Result<JobId> {
    set(services, tx, id, |_, mut config| {
        find(&mut config, key)?;
        config.cron_jobs.retain(|job| job.key != key);
        Ok(config)
    })
    .await
}

/// Has the server start a job of a site of the open account now.
///
/// # Errors
/// Not found; on field `key`; a conflict when the site is stopped, its pod does not run or is busy, or the job is running already; `too_many` after
/// too many starts; unavailable when the server is not reached.
pub async fn run_cron_job(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, key: &str) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller.clone()).await?;
    let (pod, mut site) = lock_site(&mut tx, tenant, id).await?;
    let job = find(&mut site.config, key)?.clone();
    require_free(&mut tx, &pod).await?;
    require_started(&site)?;
    if !job.is_on {
        return Err(Error::field("key", "This job is turned off. Turn it on first."));
    }
    let server = pod.server_id.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let server = pods::server(tx.conn(), server).await?;
    trusted(&server).map_err(|_| Error::conflict(format!("The server {} is not in service.", server.name)))?;
    // A try counts, and what it came to is asked for, whatever comes of it: it may start although its answer is lost.
    note_start(services, &mut tx, tenant, &job.key).await?;
    touch(tx.conn(), CronJobResults::NAME, pod.id.0, services.now() + AFTER_START).await?;
    tx.commit_progress().await?;
    let internal = |invalid: InvalidText| Error::Internal(invalid.into());
    let call = JobRun {
        pod: PodName::new(&*pod.name).map_err(internal)?,
        site: SiteName::new(&*site.facts.name).map_err(internal)?,
        job: CronJobKey::new(&*job.key).map_err(internal)?,
    };
    let options = CallOptions { deadline: START_TIMEOUT, key: format!("websites/job/{}", Uuid::now_v7()), lines: None };
    let answer = services.part::<dyn NodeClient>().call(&target(&server), call.into(), options).await;
    let reply = match answer {
        Ok(reply) => reply,
        Err(error) => return Err(error_for_user(services, server.id, error).await),
    };
    if JobRun::read(reply) != Some(true) {
        return Err(Error::conflict("This job is running already."));
    }
    let mut tx = services.db.system(caller).await?;
    let event = AuditEvent::new(AuditAction::SiteCronJobStarted, "website", id, site.facts.main()).in_tenant(tenant);
    tx.record(event.after(serde_json::json!({ "job": job.name })));
    Ok(tx.commit_progress().await?)
}

/// Notes that a job is started by hand. Whoever calls has locked its pod.
async fn note_start(services: &Services, tx: &mut SystemTx, tenant: TenantId, job: &str) -> Result<()> {
    let now = services.now();
    let (was_lately, count) = queries::marks(tx.conn(), (tenant, job), queries::STARTED, (now - START_REST, now - STARTS_WITHIN)).await?;
    if was_lately {
        return Err(Error::too_many("This job was run less than a minute ago. Try again in a minute."));
    }
    if count >= MAX_STARTS {
        return Err(Error::too_many(format!("Jobs can be run by hand {MAX_STARTS} times in 10 minutes. Try again later.")));
    }
    Ok(queries::mark(tx.conn(), (tenant, job), queries::STARTED, now).await?)
}

fn find<'a>(config: &'a mut SiteConfig, key: &str) -> Result<&'a mut CronJob> {
    config.cron_jobs.iter_mut().find(|job| job.key == key).ok_or_else(|| Error::field("key", "This site has no such scheduled job."))
}

/// A key that no job of the site had before: what another one came to is not taken for its own.
fn new_key() -> String {
    format!("j{}", &Uuid::now_v7().simple().to_string()[20..])
}

/// A job as it is typed. Its key is not part of that.
fn read(input: &CronJobInput) -> Result<CronJob> {
    let refused = |field| move |invalid: InvalidText| Error::field(field, format!("Enter {}.", invalid.why));
    let name = input.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(Error::field("name", format!("Enter a name of at most {MAX_NAME_CHARS} characters.")));
    }
    let schedule = CronSchedule::new(&input.schedule).map_err(refused("schedule"))?;
    let command = input.command.replace("\r\n", "\n");
    let command = CronCommand::new(command.trim()).map_err(refused("command"))?;
    let typed = input.limit_minutes.trim();
    let minutes =
        if typed.is_empty() { Some(DEFAULT_CRON_MINUTES) } else { typed.parse().ok().filter(|minutes| (1..=MAX_CRON_MINUTES).contains(minutes)) };
    let limit_minutes = minutes.ok_or_else(|| Error::field("limit_minutes", format!("Enter a whole number from 1 to {MAX_CRON_MINUTES}.")))?;
    Ok(CronJob {
        key: String::new(),
        name,
        schedule: schedule.as_str().to_owned(),
        command: command.as_str().to_owned(),
        limit_minutes,
        is_on: input.is_on,
    })
}
