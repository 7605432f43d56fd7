//! Bodies that are taken piece by piece come at a least speed. Each holds one of few places, and whoever sends a byte now and then would keep it.

use axum::body::{BodyDataStream, Bytes};
use futures::StreamExt;
use model::error::{ApiError, ErrorCode};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How slowly a body may come.
#[derive(Clone, Copy, Debug)]
pub struct LeastSpeed {
    /// So many bytes have to come ...
    pub bytes: usize,
    /// ... in each so much time that is spent waiting for them.
    pub window: Duration,
    /// Longest that the whole body may take, however fast it comes.
    pub total: Duration,
}

impl LeastSpeed {
    /// The one of every route, for bodies that may take so long in all.
    pub const fn within(total: Duration) -> Self {
        Self { bytes: 64 * 1024, window: Duration::from_secs(30), total }
    }
}

/// The pieces of a body, for as long as it comes fast enough.
pub struct PacedBody<'a> {
    parts: &'a mut BodyDataStream,
    speed: LeastSpeed,
    ends_at: Instant,
    /// What has come in the current window, and how long was waited in it. What whoever takes the body does in between is no fault of its sender.
    came: usize,
    waited: Duration,
}

impl<'a> PacedBody<'a> {
    /// Begins with the next piece; the time of the whole body runs from now on.
    pub fn new(parts: &'a mut BodyDataStream, speed: LeastSpeed) -> Self {
        Self { parts, speed, ends_at: Instant::now() + speed.total, came: 0, waited: Duration::ZERO }
    }

    /// The next piece; nothing once the body is whole.
    ///
    /// # Errors
    /// `invalid` when it breaks off, `too_slow` when it comes too slowly or has taken too long.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        let began = Instant::now();
        let (in_window, in_all) = (self.speed.window.saturating_sub(self.waited), self.ends_at.saturating_duration_since(began));
        // A body without an end can be there at every look.
        if in_all.is_zero() {
            return Err(self.too_long());
        }
        let piece = match timeout(in_window.min(in_all), self.parts.next()).await {
            Ok(Some(Ok(piece))) => piece,
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(ApiError::new(ErrorCode::Invalid, "The upload broke off.")),
            Err(_) if in_all <= in_window => return Err(self.too_long()),
            Err(_) => return Err(self.too_slow()),
        };
        self.came += piece.len();
        self.waited += began.elapsed();
        if self.came >= self.speed.bytes {
            (self.came, self.waited) = (0, Duration::ZERO);
        }
        Ok(Some(piece))
    }

    fn too_slow(&self) -> ApiError {
        let (size, time) = (self.speed.bytes / 1024, self.speed.window.as_secs());
        let what = format!("The upload was too slow: less than {size} KiB arrived in {time} seconds.");
        ApiError::new(ErrorCode::TooSlow, format!("{what} Try again with a faster connection."))
    }

    fn too_long(&self) -> ApiError {
        let what = format!("The upload took longer than {} minutes.", self.speed.total.as_secs() / 60);
        ApiError::new(ErrorCode::TooSlow, format!("{what} Try again with a smaller file or a faster connection."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handlers::answer;
    use axum::{
        Router,
        body::{Body, to_bytes},
        http::{Request, StatusCode},
        response::IntoResponse,
        routing::post,
    };
    use futures::stream;
    use std::io;
    use tokio::time::sleep;
    use tower::ServiceExt;

    /// What has to come in a window of these tests.
    const BYTES: usize = 1024;
    /// Longer than any test takes.
    const LONG: Duration = Duration::from_secs(60);

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// So many pieces of this length, each a while after the one before.
    fn dripping(pieces: usize, length: usize, pause: Duration) -> Body {
        Body::from_stream(stream::iter(0..pieces).then(move |_| async move {
            sleep(pause).await;
            Ok::<_, io::Error>(Bytes::from(vec![b'a'; length]))
        }))
    }

    /// What a route answers that takes this body at this speed: how long it was, where it came whole.
    async fn answered(body: Body, speed: LeastSpeed) -> (StatusCode, String) {
        let take = move |body: Body| async move {
            let mut parts = body.into_data_stream();
            let (mut paced, mut taken) = (PacedBody::new(&mut parts, speed), 0_usize);
            loop {
                match paced.next().await {
                    Ok(Some(piece)) => taken += piece.len(),
                    Ok(None) => return taken.to_string().into_response(),
                    Err(error) => return answer(&error),
                }
            }
        };
        let request = Request::post("/").body(body).expect("a request");
        let response = Router::new().route("/", post(take)).oneshot(request);
        let response = timeout(LONG, response).await.expect("it is ended").expect("an answer");
        let status = response.status();
        let text = to_bytes(response.into_body(), 10_000).await.expect("a body");
        (status, String::from_utf8(text.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn whoever_sends_a_byte_now_and_then_or_nothing_gets_a_408_that_says_why() {
        let speed = LeastSpeed { bytes: BYTES, window: millis(100), total: LONG };
        let silent = Body::from_stream(stream::pending::<Result<Bytes, io::Error>>());
        for body in [dripping(usize::MAX, 1, millis(5)), silent] {
            let (status, text) = answered(body, speed).await;
            let error: ApiError = serde_json::from_str(&text).expect("an error as JSON");
            assert_eq!((status, error.code), (StatusCode::REQUEST_TIMEOUT, ErrorCode::TooSlow));
            assert!(error.message.starts_with("The upload was too slow: less than 1 KiB arrived"), "{}", error.message);
        }
    }

    #[tokio::test]
    async fn a_body_at_the_least_speed_comes_whole_however_many_windows_that_takes() {
        let speed = LeastSpeed { bytes: BYTES, window: millis(1000), total: LONG };
        assert_eq!(answered(dripping(12, BYTES, millis(100)), speed).await, (StatusCode::OK, (12 * BYTES).to_string()));
    }

    #[tokio::test]
    async fn while_whoever_takes_a_body_is_busy_its_sender_is_not_too_slow() {
        let mut parts = dripping(2, 1, millis(1)).into_data_stream();
        let mut paced = PacedBody::new(&mut parts, LeastSpeed { bytes: BYTES, window: millis(1000), total: LONG });
        for _ in 0..2 {
            assert!(paced.next().await.expect("it is fast enough").is_some());
            sleep(millis(1100)).await;
        }
        assert!(paced.next().await.expect("it is fast enough").is_none());
    }

    #[tokio::test]
    async fn a_body_that_is_fast_enough_ends_all_the_same_once_its_time_is_over() {
        let speed = LeastSpeed { bytes: BYTES, window: LONG, total: millis(100) };
        let (status, text) = answered(dripping(usize::MAX, BYTES, millis(5)), speed).await;
        assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
        assert!(text.contains("The upload took longer than"), "{text}");
    }
}
