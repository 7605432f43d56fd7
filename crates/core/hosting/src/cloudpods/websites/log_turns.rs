//! Whose turn it is to have a server read a log: an account has so many reads at once, over all of its sites, whatever asks for them.

use engine::{Error, Result};
use model::ids::TenantId;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Reads of one account at once; further ones wait.
const OF_ACCOUNT: usize = 2;
/// How long they wait.
const PATIENCE: Duration = Duration::from_secs(10);

static READING: LazyLock<Mutex<HashMap<TenantId, Arc<Semaphore>>>> = LazyLock::new(Mutex::default);

/// The next turn of an account; dropping it gives it to the next one.
///
/// # Errors
/// When so many wait that it does not come in time.
pub(super) async fn take(tenant: TenantId) -> Result<OwnedSemaphorePermit> {
    let late = || Error::too_many("Your account reads too many logs at once. Close some of the pages that follow logs, and try again.");
    timeout(PATIENCE, turns(tenant).acquire_owned()).await.map_err(|_| late())?.map_err(|closed| Error::Internal(closed.into()))
}

/// Who reads nothing leaves nothing behind.
fn turns(tenant: TenantId) -> Arc<Semaphore> {
    let mut reading = READING.lock().unwrap_or_else(PoisonError::into_inner);
    reading.retain(|_, turns| Arc::strong_count(turns) > 1);
    Arc::clone(reading.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(OF_ACCOUNT))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::pin::pin;
    use uuid::Uuid;

    #[tokio::test]
    async fn an_account_reads_two_logs_at_once_and_the_third_one_when_one_is_read() {
        let (account, other) = (TenantId::from(Uuid::now_v7()), TenantId::from(Uuid::now_v7()));
        let (first, _second) = (take(account).await.unwrap(), take(account).await.unwrap());
        let mut third = pin!(take(account));
        assert!(third.as_mut().now_or_never().is_none(), "two are at it");
        assert!(take(other).now_or_never().is_some(), "another account's do not count");
        drop(first);
        assert!(third.await.is_ok());
    }
}
