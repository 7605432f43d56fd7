//! A site's branch is asked for its newest commit when it is time, and deployed when that is another one.

use super::{
    super::{
        super::{
            REST,
            change::{New, begin, is_calm},
            limits, lock_site, queries as deploys, require_started, rules, webhook,
        },
        ask::{self, AskError, Repository},
        queries as sources,
    },
    queries::{self, Poll},
};
use crate::cloudpods::{queries as pods, reconcile::queries::has_unfinished_job};
use chrono::TimeDelta;
use db::SystemTx;
use engine::{
    Error, Services,
    quota::Quota,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{
    hosting::deploys::DeployTrigger,
    ids::{CloudPodId, WebsiteId},
};
use sqlx::PgConnection;
use std::{sync::LazyLock, time::Duration};
use uuid::Uuid;
use wire::{deploy::BranchHead, verb::SiteHead};

/// While the site cannot be deployed, it is looked again after this.
const WHILE_BUSY: TimeDelta = TimeDelta::minutes(1);
/// Longest pause after a repository did not answer.
const MAX_PAUSE: TimeDelta = TimeDelta::hours(24);
/// Longest that a server may take to ask a repository, which has ten seconds of it. Whoever takes longer has not answered.
const ASK_TIMEOUT: Duration = Duration::from_secs(20);
/// Pods whose server asks a repository for this program: one at a time, so that slow ones leave the server's places to others.
pub(in crate::cloudpods::deploys) static ASKING: LazyLock<Quota<CloudPodId>> = LazyLock::new(Quota::default);

/// Looks for new commits.
pub(in crate::cloudpods::deploys) struct Polls;

impl Reconciler for Polls {
    const NAME: &'static str = "site_poll";
    const TITLE: &'static str = "New commits of sites' branches are found and deployed";
    const INTERVAL: Duration = Duration::from_secs(300);
    const TIMEOUT: Duration = Duration::from_secs(75);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::sites(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let id = WebsiteId(key);
        let mut tx = services.db.system("poll").await?;
        let Some(poll) = queries::poll(tx.conn(), id).await? else { return Ok(Outcome::Removed) };
        let Some(site) = Site::find(&mut tx, &poll, id).await? else { return Ok(Outcome::Removed) };
        if services.now() < poll.next_at {
            touch(tx.conn(), Self::NAME, key, poll.next_at).await?;
            tx.commit_progress().await?;
            return Ok(site.checked());
        }
        let (Some(server), true) = (site.pod.server_id, site.can_change(tx.conn()).await?) else { return site.later(tx, services, id).await };
        if let Some(ended) = limits::queries::unasked_ended(tx.conn(), site.pod.id, services.now() - REST).await? {
            touch(tx.conn(), Self::NAME, key, ended + REST).await?;
            tx.commit_progress().await?;
            return Ok(site.checked());
        }
        let Some(source) = sources::build_source(tx.conn(), id).await? else { return Ok(Outcome::Removed) };
        let Some(_place) = ASKING.take(site.pod.id, 1) else { return site.later(tx, services, id).await };
        let server = pods::server(tx.conn(), server).await?;
        // Nobody waits for the pod while its server asks.
        drop(tx);
        let asked = match Repository::of(services, (&site.pod, &site.facts), &server, &source).await {
            Ok(Repository { pod, site, tools, source, .. }) => ask::ask(services, &server, SiteHead { pod, site, tools, source }, ASK_TIMEOUT).await,
            Err(error) => Err(error),
        };
        let asked = match asked {
            Ok(head) => Ok(head),
            Err(AskError::Repository(why)) => Err(why),
            Err(AskError::Server(why)) => return Err(ReconcileError(why)),
            Err(AskError::Failed(error)) => return Err(error.into()),
        };
        note(services, id, (&source.remote, &source.branch), asked).await
    }
}

/// A site whose repository is looked at, its pod locked.
struct Site {
    pod: crate::cloudpods::queries::PodFacts,
    facts: crate::cloudpods::queries::SiteFacts,
}

impl Site {
    /// Nothing while the site is being created or deleted.
    async fn find(tx: &mut SystemTx, poll: &Poll, id: WebsiteId) -> Result<Option<Self>, ReconcileError> {
        match lock_site(tx, poll.tenant, id).await {
            Ok((pod, site)) => Ok(Some(Self { pod, facts: site.facts })),
            Err(Error::Api(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn checked(&self) -> Outcome {
        Outcome::Checked { subject: self.facts.main().to_owned(), server: self.pod.server_id, differences: Vec::new() }
    }

    /// Whether a deploy could begin now: there is nothing to look for otherwise.
    async fn can_change(&self, conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let runs = self.pod.is_changeable() && require_started(&self.facts.config).is_ok();
        Ok(runs && self.pod.is_applied && !self.pod.names_pending && !has_unfinished_job(conn, self.pod.id).await?)
    }

    async fn later(&self, mut tx: SystemTx, services: &Services, id: WebsiteId) -> Result<Outcome, ReconcileError> {
        touch(tx.conn(), Polls::NAME, id.0, services.now() + WHILE_BUSY).await?;
        tx.commit_progress().await?;
        Ok(self.checked())
    }
}

/// Stores what was found, and deploys it if it is another commit than the last one. What was asked of another source is not believed of this one.
async fn note(services: &Services, id: WebsiteId, of: (&str, &str), asked: Result<BranchHead, String>) -> Result<Outcome, ReconcileError> {
    let mut tx = services.db.system("poll").await?;
    let Some(poll) = queries::poll(tx.conn(), id).await? else { return Ok(Outcome::Removed) };
    let Some(site) = Site::find(&mut tx, &poll, id).await? else { return Ok(Outcome::Removed) };
    let Some(source) = sources::source(tx.conn(), id).await? else { return Ok(Outcome::Removed) };
    let input = source.input();
    if (&*input.remote, &*input.branch) != of {
        return site.later(tx, services, id).await;
    }
    let now = services.now();
    let head = match asked {
        Ok(head) => head,
        Err(why) => {
            let next = now + pause(poll.minutes, poll.failures.saturating_add(1));
            queries::looked(tx.conn(), id, &why, poll.failures.saturating_add(1), (now, next)).await?;
            touch(tx.conn(), Polls::NAME, id.0, next).await?;
            tx.commit_progress().await?;
            return Ok(site.checked());
        }
    };
    if let Some(keys) = &head.host_keys {
        sources::pin_host_keys(tx.conn(), id, &input.remote, keys.as_str()).await?;
    }
    let short = head.commit.get(..7).unwrap_or(&head.commit).to_owned();
    let result = if queries::last_commit(tx.conn(), id).await?.as_ref() == Some(&head.commit) {
        format!("No new commit: the branch is at {short}.")
    } else if !site.can_change(tx.conn()).await? {
        // The next look finds it again.
        return site.later(tx, services, id).await;
    } else if !is_calm(services, &mut tx, id).await? {
        format!("New commit {short}: it is deployed once there were fewer deploys in the last hour.")
    } else {
        webhook::queries::take_push(tx.conn(), id).await?;
        let number = deploys::next_number(tx.conn(), id).await?;
        let config = rules::release(number, &input);
        let commit = Some(&*head.commit);
        let new = New { trigger: DeployTrigger::Poll, number, release: number, config, commit, subject: None, settings: None, upload: None };
        begin(services, &mut tx, (&site.pod, &site.facts), new).await?;
        format!("New commit {short}: deploy #{number} started.")
    };
    let next = now + TimeDelta::minutes(poll.minutes.into());
    queries::looked(tx.conn(), id, &result, 0, (now, next)).await?;
    touch(tx.conn(), Polls::NAME, id.0, next).await?;
    tx.commit_progress().await?;
    Ok(site.checked())
}

/// How long a repository is left alone that has not answered so many times in a row.
fn pause(minutes: i32, failures: i32) -> TimeDelta {
    let doubled = 1_i32 << failures.clamp(0, 9);
    TimeDelta::minutes(i64::from(minutes) * i64::from(doubled)).min(MAX_PAUSE)
}
