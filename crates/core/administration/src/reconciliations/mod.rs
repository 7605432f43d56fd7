//! What reconcilers have found: the list, and figures for metrics.

mod queries;
#[cfg(test)]
mod tests;

use db::{Keyset, PlatformRead};
use engine::{Error, Modules, Result, Services};
use model::{
    administration::reconciliations::{ReconciliationRow, ReconciliationState},
    page::{Page, PageRequest},
    permission::JobsRead,
};

pub use queries::Count;

/// Every object of every reconciler, newest first. `state` is a [`ReconciliationState`]; `search` looks in the objects' names.
///
/// # Errors
/// When the cursor or the state is not known.
pub async fn list(services: &Services, tx: &mut impl PlatformRead<JobsRead>, request: &PageRequest) -> Result<Page<ReconciliationRow>> {
    let keyset = Keyset::<i64>::from_request(request)?;
    let word = request.state.as_deref().filter(|word| !word.is_empty());
    let state: Option<ReconciliationState> = word.map(str::parse).transpose().map_err(|_| Error::field("state", "Unknown status filter."))?;
    let search = request.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let rows = queries::list(tx.conn(), &keyset, services.now(), state, search).await?;
    let titles = &services.part::<Modules>().reconcilers;
    Ok(keyset.page(rows.into_iter().map(|row| row.view(titles)).collect(), |row| row.id))
}

/// How many objects of each reconciler are in each state, and since when the oldest is overdue; for metrics.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn counts(services: &Services, tx: &mut impl PlatformRead<JobsRead>) -> Result<Vec<Count>> {
    Ok(queries::counts(tx.conn(), services.now()).await?)
}
