//! Pushes are deployed, once their pods are free.

use super::{
    super::{
        REST,
        change::{New, begin, is_calm},
        limits, lock_site, queries as deploys, require_started, rules,
        source::queries as sources,
    },
    message::UNKNOWN,
    queries,
};
use crate::cloudpods::reconcile::queries::has_unfinished_job;
use chrono::TimeDelta;
use engine::{
    Error, Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{hosting::deploys::DeployTrigger, ids::WebsiteId};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// While another job of the pod goes on, it is looked again after this.
const WHILE_BUSY: TimeDelta = TimeDelta::seconds(5);

/// Starts the deploys of pushes.
pub(in crate::cloudpods::deploys) struct Pushes;

impl Reconciler for Pushes {
    const NAME: &'static str = "site_push";
    const TITLE: &'static str = "Pushes to sites' repositories are deployed";
    const INTERVAL: Duration = Duration::from_secs(120);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::pushed_sites(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let id = WebsiteId(key);
        let mut tx = services.db.system("push").await?;
        let Some(source) = sources::source(tx.conn(), id).await?.filter(sources::Source::has_push) else { return Ok(Outcome::Removed) };
        let (pod, site) = match lock_site(&mut tx, source.tenant, id).await {
            Ok((pod, site)) => (pod, site.facts),
            // It is being made or deleted: there is nothing to deploy to.
            Err(Error::Api(_)) => return Ok(Outcome::Removed),
            Err(error) => return Err(error.into()),
        };
        // As it is now that the pod is locked.
        let Some(source) = sources::source(tx.conn(), id).await?.filter(sources::Source::has_push) else { return Ok(Outcome::Removed) };
        let subject = site.main().to_owned();
        let waits = |why: &str| Ok(Outcome::Checked { subject: subject.clone(), server: pod.server_id, differences: vec![why.to_owned()] });
        if !pod.is_changeable() || require_started(&site.config).is_err() {
            return waits("A push is deployed once the site is running.");
        }
        if !is_calm(services, &mut tx, id).await? {
            return waits("A push is deployed once there were fewer deploys in the last hour.");
        }
        if has_unfinished_job(tx.conn(), pod.id).await? {
            touch(tx.conn(), Self::NAME, key, services.now() + WHILE_BUSY).await?;
            tx.commit_progress().await?;
            return waits("A push is deployed once the CloudPod's current job has ended.");
        }
        // What else is to change of the pod comes first.
        if !pod.is_applied || pod.names_pending {
            touch(tx.conn(), Self::NAME, key, services.now() + WHILE_BUSY).await?;
            tx.commit_progress().await?;
            return waits("A push is deployed once the CloudPod's limits and domains are applied.");
        }
        if let Some(ended) = limits::queries::unasked_ended(tx.conn(), pod.id, services.now() - REST).await? {
            touch(tx.conn(), Self::NAME, key, ended + REST).await?;
            tx.commit_progress().await?;
            return waits("A push is deployed a minute after the one before, or after a new commit.");
        }
        queries::take_push(tx.conn(), id).await?;
        let number = deploys::next_number(tx.conn(), id).await?;
        let pushed = source.pushed_commit.clone();
        let commit = pushed.as_deref().filter(|commit| *commit != UNKNOWN);
        let config = rules::release(number, &source.input());
        let new = New { trigger: DeployTrigger::Push, number, release: number, config, commit, subject: None, settings: None, upload: None };
        begin(services, &mut tx, (&pod, &site), new).await?;
        tx.commit_progress().await?;
        Ok(Outcome::ok(subject))
    }
}
