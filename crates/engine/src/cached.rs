//! What is costly to work out: once for everybody, and kept for some seconds.

use crate::Result;
use chrono::Duration;
use model::Time;
use std::sync::{PoisonError, RwLock};
use tokio::sync::Mutex;

/// For so long a value is given as it is.
const FRESH: Duration = Duration::seconds(5);
/// For so long a value is given while somebody works out the next one.
const USABLE: Duration = Duration::minutes(1);

/// A value with the moment that it is of.
pub struct Cached<T> {
    value: RwLock<Option<(Time, T)>>,
    turn: Mutex<()>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { value: RwLock::new(None), turn: Mutex::new(()) }
    }
}

impl<T: Clone> Cached<T> {
    /// The value, not older than 5 s, or than a minute while somebody else works it out.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn get(&self, now: Time, work: impl AsyncFnOnce() -> Result<T>) -> Result<T> {
        if let Some(value) = self.younger_than(FRESH, now) {
            return Ok(value);
        }
        let turn = match (self.turn.try_lock(), self.younger_than(USABLE, now)) {
            (Err(_), Some(value)) => return Ok(value),
            (Err(_), None) => self.turn.lock().await,
            (Ok(turn), _) => turn,
        };
        // Who had the turn before may have brought it.
        if let Some(value) = self.younger_than(FRESH, now) {
            return Ok(value);
        }
        let value = work().await?;
        *self.value.write().unwrap_or_else(PoisonError::into_inner) = Some((now, value.clone()));
        drop(turn);
        Ok(value)
    }

    /// A value of the future is none: the clock was set back.
    fn younger_than(&self, age: Duration, now: Time) -> Option<T> {
        let value = self.value.read().unwrap_or_else(PoisonError::into_inner);
        value.as_ref().filter(|(of, _)| (Duration::zero()..age).contains(&(now - *of))).map(|(_, value)| value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use std::{future::pending, pin::pin};

    #[tokio::test]
    async fn a_value_is_kept_for_five_seconds_and_no_longer() {
        let (kept, now) = (Cached::default(), Time::UNIX_EPOCH);
        let at = async |seconds: i64| kept.get(now + Duration::seconds(seconds), async || Ok(seconds)).await.unwrap();
        assert_eq!((at(0).await, at(4).await, at(5).await, at(9).await), (0, 0, 5, 5));
        assert_eq!(at(-3600).await, -3600, "the clock was set back");
    }

    #[tokio::test]
    async fn while_one_works_the_others_get_what_there_was_unless_it_is_too_old() {
        let (kept, now) = (Cached::default(), Time::UNIX_EPOCH);
        kept.get(now, async || Ok(1)).await.unwrap();
        let mut slow = pin!(kept.get(now + Duration::seconds(10), async || pending().await));
        assert!(futures::poll!(&mut slow).is_pending());
        assert_eq!(kept.get(now + Duration::seconds(59), async || Ok(2)).await.unwrap(), 1);
        let mut late = pin!(kept.get(now + Duration::seconds(60), async || Ok(2)));
        assert!(futures::poll!(&mut late).is_pending(), "it waits for its turn");
    }

    #[tokio::test]
    async fn who_waits_for_the_turn_takes_what_the_turn_has_brought_and_works_after_a_failure() {
        let (kept, now) = (Cached::default(), Time::UNIX_EPOCH);
        let (done, wait) = tokio::sync::oneshot::channel::<Result<i32>>();
        let first = kept.get(now, async || wait.await.unwrap());
        let second = kept.get(now, async || Ok(2));
        let answer = async { done.send(Ok(1)) };
        let (first, second, _) = tokio::join!(first, second, answer);
        assert_eq!((first.unwrap(), second.unwrap()), (1, 1));
        let later = now + Duration::minutes(2);
        assert!(kept.get(later, async || Err(Error::not_found("It"))).await.is_err());
        assert_eq!(kept.get(later, async || Ok(3)).await.unwrap(), 3);
    }
}
