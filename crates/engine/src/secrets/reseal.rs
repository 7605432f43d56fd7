//! Tables with sealed secrets are sealed anew when the installation's key was replaced: a module gives the two statements of its table.

use super::{MasterKey, UnsealError};
use crate::{Result, Services};
use sqlx::PgConnection;
use std::future::Future;

/// A row of such a table: what finds it, and its sealed columns in the order of the statements.
pub type SealedRow<K> = (K, Vec<Option<Vec<u8>>>);

/// A table with sealed secrets. Its statements stand in the `queries.rs` of the module that owns it.
pub trait SealedTable {
    /// What finds a row, and rows are ordered by.
    type Key: Clone + Send + Sync;

    /// Rows behind `after`, some hundred at a time, so that none is missed; locked where others change them.
    fn rows(conn: &mut PgConnection, after: Option<Self::Key>) -> impl Future<Output = Result<Vec<SealedRow<Self::Key>>, sqlx::Error>> + Send;

    /// Puts the columns in place that were sealed anew.
    fn store(conn: &mut PgConnection, key: &Self::Key, sealed: &[Option<Vec<u8>>]) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// Seals everything of a table with the present key; says how many secrets. `place` is what a row's column is sealed for.
pub async fn reseal<T: SealedTable>(services: &Services, place: fn(&T::Key, usize) -> String) -> Result<usize> {
    let mut tx = services.db.system("command line").await?;
    let count = reseal_in::<T>(&services.key, tx.conn(), place).await?;
    tx.commit_progress().await?;
    Ok(count)
}

/// [`reseal`] in a transaction of a module with several tables.
pub async fn reseal_in<T: SealedTable>(key: &MasterKey, conn: &mut PgConnection, place: fn(&T::Key, usize) -> String) -> Result<usize> {
    let (mut after, mut count) = (None, 0);
    loop {
        let rows = T::rows(conn, after).await?;
        let Some((last, _)) = rows.last() else { return Ok(count) };
        after = Some(last.clone());
        for (found, mut columns) in rows {
            for (column, sealed) in columns.iter_mut().enumerate() {
                let Some(sealed) = sealed else { continue };
                *sealed = key.seal_anew(&place(&found, column), sealed)?;
                count += 1;
            }
            T::store(conn, &found, &columns).await?;
        }
    }
}

impl MasterKey {
    /// What was sealed for a place, with this key.
    pub fn seal_anew(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, UnsealError> {
        self.seal(place, &self.open(place, sealed)?)
    }
}
