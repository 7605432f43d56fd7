//! Hashing and checking of passwords: argon2id, in threads of its own, a few at a time.

use crate::{Error, Result};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::{
    sync::{LazyLock, OnceLock, atomic::{AtomicUsize, Ordering}},
    time::Duration,
};
use tokio::sync::Semaphore;

/// At most this many hashes at once: a flood of sign-ins must leave cores and memory (19 MiB each) to everybody else.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Semaphore::new((cores / 2).clamp(1, 4))
});
/// Requests that stand in line; who comes later is sent away.
static IN_LINE: AtomicUsize = AtomicUsize::new(0);
const LINE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(10);

/// A new password's hash, with a salt and the cost in it (PHC string).
///
/// # Errors
/// When too many stand in line.
pub async fn hash(password: &str) -> Result<String> {
    let password = password.to_owned();
    in_line(move || hashed(&password)).await?
}

/// Whether the password belongs to the hash. Without a hash the same work is done, and the answer is no.
///
/// # Errors
/// When too many stand in line.
pub async fn verify(password: &str, hash: Option<&str>) -> Result<bool> {
    let password = password.to_owned();
    let hash = hash.map(str::to_owned);
    in_line(move || {
        let stand_in = stand_in()?;
        let right = hasher().verify_password(password.as_bytes(), hash.as_deref().unwrap_or(stand_in)).is_ok();
        Ok(right && hash.is_some())
    })
    .await?
}

/// The hash that unknown addresses are checked against: of the same cost as a real one.
fn stand_in() -> Result<&'static str> {
    static STAND_IN: OnceLock<String> = OnceLock::new();
    if let Some(hash) = STAND_IN.get() {
        return Ok(hash);
    }
    let hash = hashed(&crate::secrets::new_token())?;
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

async fn in_line<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let place = Place::take()?;
    let permit = tokio::time::timeout(PATIENCE, AT_ONCE.acquire()).await.map_err(|_| busy())?.map_err(|_| busy())?;
    // Both go along: a request that is dropped leaves its hash running.
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop((permit, place));
        done
    });
    done.await.map_err(|error| Error::Internal(anyhow::anyhow!("hashing stopped: {error}")))
}

fn busy() -> Error {
    Error::unavailable("Many people sign in at this moment. Try again in a minute.")
}

/// A place in the line; given back when dropped, also when the request is gone.
struct Place;

impl Place {
    fn take() -> Result<Self> {
        if IN_LINE.fetch_add(1, Ordering::Relaxed) >= LINE {
            IN_LINE.fetch_sub(1, Ordering::Relaxed);
            return Err(busy());
        }
        Ok(Place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        IN_LINE.fetch_sub(1, Ordering::Relaxed);
    }
}
