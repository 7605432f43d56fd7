//! The answers to certificate authorities, as any process of the panel has them. Anybody can ask for any: the database is asked at most once a second,
//! for all who wait.

use std::{collections::HashMap, time::Duration};
use tokio::{sync::Mutex, time::Instant};

/// How soon the database is asked again.
const APART: Duration = Duration::from_secs(1);

/// Answers by token, as the last look has found them.
#[derive(Default)]
pub(super) struct Answers(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    /// When the database was asked last, whatever came of it.
    tried_at: Option<Instant>,
    /// When the look began that has found what is known.
    at: Option<Instant>,
    known: HashMap<String, String>,
}

impl Answers {
    /// The answer for a token. One that is not known is looked for, since an authority may ask right after its answer was stored: by a look that began
    /// after it has asked, whoever's that is.
    ///
    /// # Errors
    /// What the look gives.
    pub(super) async fn find<E>(&self, token: &str, look: impl AsyncFnOnce() -> Result<Vec<(String, String)>, E>) -> Result<Option<String>, E> {
        let asked = Instant::now();
        let mut seen = self.0.lock().await;
        if !seen.known.contains_key(token) && seen.at.is_none_or(|at| at < asked) {
            if let Some(at) = seen.tried_at {
                tokio::time::sleep_until(at + APART).await;
            }
            let began = Instant::now();
            seen.tried_at = Some(began);
            seen.known = look().await?.into_iter().collect();
            seen.at = Some(began);
        }
        Ok(seen.known.get(token).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn any_number_of_strangers_cost_the_database_one_look_and_an_authority_finds_its_answer() {
        let (answers, looks) = (Answers::default(), AtomicUsize::new(0));
        let look = async || {
            let count = looks.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::task::yield_now().await;
            // It is stored after the first look.
            let stored = if count > 1 { vec![("token".to_owned(), "answer".to_owned())] } else { Vec::new() };
            Ok::<_, ()>(stored)
        };
        assert_eq!(answers.find("token", look).await, Ok(None));
        let strangers = (0..500).map(|which| format!("stranger-{which}")).collect::<Vec<_>>();
        let all = futures::future::join_all(strangers.iter().map(|token| answers.find(token, look)));
        let (found, authority) = futures::future::join(all, answers.find("token", look)).await;
        assert!(found.iter().all(|found| *found == Ok(None)));
        assert_eq!((authority, looks.load(Ordering::SeqCst)), (Ok(Some("answer".to_owned())), 2));
        assert_eq!(answers.find("token", look).await, Ok(Some("answer".to_owned())));
        assert_eq!(looks.load(Ordering::SeqCst), 2, "what is known is not looked for");
    }

    #[tokio::test]
    async fn a_look_that_failed_or_was_given_up_is_no_look_for_those_who_wait() {
        let answers = Answers::default();
        let stored = async || Ok::<_, ()>(vec![("token".to_owned(), "answer".to_owned())]);
        let (failed, authority) = futures::future::join(answers.find("other", async || Err(())), answers.find("token", stored)).await;
        assert_eq!((failed, authority), (Err(()), Ok(Some("answer".to_owned()))));

        let answers = Answers::default();
        let authority = {
            let mut given_up = Box::pin(answers.find("other", async || std::future::pending::<Result<Vec<(String, String)>, ()>>().await));
            assert!(futures::poll!(&mut given_up).is_pending());
            let mut waiting = Box::pin(answers.find("token", stored));
            assert!(futures::poll!(&mut waiting).is_pending());
            drop(given_up);
            waiting.await
        };
        assert_eq!(authority, Ok(Some("answer".to_owned())));
    }
}
