//! Hashing and checking of passwords: argon2id, in threads of its own, a few at a time.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use engine::{Error, Result};
use std::{
    num::NonZero,
    sync::{LazyLock, OnceLock},
    thread::available_parallelism,
    time::Duration,
};
use tokio::sync::Semaphore;

/// The line that all passwords of this process stand in. Half of the cores at most, and of 19 MiB each: a flood of sign-ins
/// must leave cores and memory to everybody else.
static LINE: LazyLock<Line> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, NonZero::get);
    Line::new((cores / 2).clamp(1, 4), 64)
});
// How often a test's own task has had argon2 look at a password.
#[cfg(test)]
tokio::task_local! {
    pub(super) static VERIFIED: std::sync::Arc<std::sync::atomic::AtomicUsize>;
}

/// How long a request stands in line.
const PATIENCE: Duration = Duration::from_secs(10);

/// A new password's hash, with a salt and the cost in it (PHC string).
///
/// # Errors
/// When too many stand in line.
pub async fn hash(password: &str) -> Result<String> {
    let password = password.to_owned();
    LINE.run(move || hashed(&password)).await?
}

/// Whether the password belongs to the hash. Without a hash the same work is done, and the answer is no.
///
/// # Errors
/// When too many stand in line.
pub async fn verify(password: &str, hash: Option<&str>) -> Result<bool> {
    let password = password.to_owned();
    let hash = hash.map(str::to_owned);
    #[cfg(test)]
    let verified = VERIFIED.try_with(std::sync::Arc::clone).ok();
    let check = move || {
        let stand_in = stand_in()?;
        #[cfg(test)]
        verified.inspect(|count| {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
        let right = hasher().verify_password(password.as_bytes(), hash.as_deref().unwrap_or(stand_in)).is_ok();
        Ok(right && hash.is_some())
    };
    LINE.run(check).await?
}

/// The hash that unknown addresses are checked against: of the same cost as a real one.
fn stand_in() -> Result<&'static str> {
    static STAND_IN: OnceLock<String> = OnceLock::new();
    if let Some(hash) = STAND_IN.get() {
        return Ok(hash);
    }
    let hash = hashed(&engine::secrets::new_token())?;
    Ok(STAND_IN.get_or_init(|| hash))
}

fn hashed(password: &str) -> Result<String> {
    let hash = hasher().hash_password(password.as_bytes()).map_err(|error| Error::Internal(anyhow::anyhow!("argon2: {error}")))?;
    Ok(hash.to_string())
}

/// OWASP's smallest recommended cost: 19 MiB, two passes.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// Work of which a few go on at once and some more wait; who comes later is sent away.
pub(super) struct Line {
    at_once: Semaphore,
    places: Semaphore,
}

impl Line {
    /// `at_once` go on, `places` are in the line, those that go on among them.
    pub(super) fn new(at_once: usize, places: usize) -> Self {
        Self { at_once: Semaphore::new(at_once), places: Semaphore::new(places) }
    }

    /// Does the work when its turn comes.
    ///
    /// # Errors
    /// `unavailable`, when the line is full or does not move.
    pub(super) async fn run<T: Send + 'static>(&'static self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = self.places.try_acquire().map_err(|_| busy())?;
        let turn = tokio::time::timeout(PATIENCE, self.at_once.acquire()).await.map_err(|_| busy())?.map_err(|_| busy())?;
        // Both go along: a request that is dropped leaves its hash running.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, place));
            done
        });
        done.await.map_err(|error| Error::Internal(anyhow::anyhow!("hashing stopped: {error}")))
    }
}

fn busy() -> Error {
    Error::unavailable("Sign-in is busy. Try again in a minute.")
}
