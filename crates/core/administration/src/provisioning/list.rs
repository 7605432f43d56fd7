//! Reading jobs.

use super::{
    queries,
    view::{JobRecord, job_view},
};
use db::{Keyset, PlatformRead, PublicTx, TenantRead};
use engine::{
    error::{Error, Result},
    secrets::token_hash,
};
use model::{
    administration::provisioning::{EventView, JobPage, JobRow, JobStatus, JobView},
    ids::JobId,
    page::{Page, PageRequest},
    permission::JobsRead,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// What a follower of a job gets: how it stands, and the lines since the last ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// How it stands.
    pub view: JobView,
    /// Lines behind the one asked for, oldest first, at most 500; then there may be more.
    pub events: Vec<EventView>,
}

/// All jobs, newest first. `state` is a [`JobStatus`]; `search` looks in the names of what they are about.
///
/// # Errors
/// When the cursor or the state is not known.
pub async fn list(tx: &mut impl PlatformRead<JobsRead>, request: &PageRequest) -> Result<Page<JobRow>> {
    page(tx.conn(), request).await
}

/// How many jobs are in each state; states without a job are there with none.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn by_state(tx: &mut impl PlatformRead<JobsRead>) -> Result<Vec<(JobStatus, i32)>> {
    let counted = queries::by_state(tx.conn()).await?;
    let of = |state| counted.iter().find(|(known, _)| *known == state).map_or(0, |(_, count)| *count);
    Ok(JobStatus::ALL.iter().map(|state| (*state, of(*state))).collect())
}

/// Jobs of the tenant of this transaction, newest first.
///
/// # Errors
/// As [`list`].
pub async fn list_own(tx: &mut impl TenantRead<JobsRead>, request: &PageRequest) -> Result<Page<JobRow>> {
    page(tx.conn(), request).await
}

/// One job with the first part of its log.
///
/// # Errors
/// When there is no such job.
pub async fn get(tx: &mut impl PlatformRead<JobsRead>, job: JobId) -> Result<JobPage> {
    job_page(live(tx, job, 0).await?)
}

/// One job of the tenant of this transaction.
///
/// # Errors
/// When the tenant has no such job.
pub async fn get_own(tx: &mut impl TenantRead<JobsRead>, job: JobId) -> Result<JobPage> {
    job_page(live_own(tx, job, 0).await?)
}

/// How a job stands, and its lines behind the one with number `after`. Nothing when there is no such job.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn live(tx: &mut impl PlatformRead<JobsRead>, job: JobId, after: i64) -> Result<Option<Live>> {
    let record = queries::get(tx.conn(), job).await?;
    whole(tx.conn(), record, after).await
}

/// The same for the tenant of this transaction.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn live_own(tx: &mut impl TenantRead<JobsRead>, job: JobId, after: i64) -> Result<Option<Live>> {
    let record = queries::get_own(tx.conn(), job).await?;
    whole(tx.conn(), record, after).await
}

/// The same for a buyer without a session, who has the token of the checkout's result page.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn live_for_buyer(tx: &mut PublicTx, job: JobId, follow_token: &str, after: i64) -> Result<Option<Live>> {
    let hash = token_hash(follow_token);
    let Some(mut record) = queries::of_buyer(tx.conn(), job, &hash).await? else { return Ok(None) };
    // Whoever ordered typed an address: whose account it leads to is not the buyer's to know.
    (record.tenant_id, record.tenant_name) = (None, None);
    let steps = queries::buyer_steps(tx.conn(), job, &hash).await?;
    let events = queries::buyer_events(tx.conn(), job, &hash, after).await?.into_iter().map(EventView::from).collect();
    Ok(Some(Live { view: job_view(record, steps, Vec::new()), events }))
}

/// Jobs about an object, newest first: `("cloud_pod", id)`.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn about(conn: &mut PgConnection, object: (&str, Uuid), limit: i64) -> Result<Vec<JobRow>> {
    Ok(queries::about(conn, object, limit).await?.into_iter().map(JobRow::from).collect())
}

async fn page(conn: &mut PgConnection, request: &PageRequest) -> Result<Page<JobRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let word = request.state.as_deref().filter(|word| !word.is_empty());
    let state: Option<JobStatus> = word.map(str::parse).transpose().map_err(|_| Error::field("state", "Unknown status filter."))?;
    let search = request.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let rows = queries::list(conn, (keyset.before, keyset.after, keyset.limit()), state, search).await?;
    Ok(keyset.page(rows.into_iter().map(JobRow::from).collect(), |row| row.id.0))
}

async fn whole(conn: &mut PgConnection, record: Option<JobRecord>, after: i64) -> Result<Option<Live>> {
    let Some(record) = record else { return Ok(None) };
    let job = record.id;
    let steps = queries::steps(&mut *conn, job).await?;
    let later = queries::later(&mut *conn, job).await?;
    let events = queries::events(conn, job, after).await?.into_iter().map(EventView::from).collect();
    Ok(Some(Live { view: job_view(record, steps, later), events }))
}

fn job_page(live: Option<Live>) -> Result<JobPage> {
    let Live { view, events } = live.ok_or_else(|| Error::not_found("Job"))?;
    Ok(JobPage { view, events })
}
