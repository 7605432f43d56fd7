//! The maker's loop: tells an open page that the site was built anew, or that the panel has started again.

use crate::assets::Site;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response, Sse, sse::Event},
};
use futures::{StreamExt, stream};
use std::{
    convert::Infallible,
    sync::LazyLock,
    time::{Duration, SystemTime},
};

/// Differs from start to start.
static STARTED: LazyLock<SystemTime> = LazyLock::new(SystemTime::now);

/// A stream of stamps: one at once, another whenever the site was built. 404 where nobody asked for it (`dev_reload`).
pub async fn built(State(site): State<Site>) -> Response {
    if !site.reloads {
        return StatusCode::NOT_FOUND.into_response();
    }
    let looks = stream::unfold((site, None), async |(site, last)| {
        loop {
            let now = Some((*STARTED, site.built()));
            if now != last {
                let stamp = format!("{now:?}");
                return Some((Ok::<_, Infallible>(Event::default().data(stamp)), (site, now)));
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    });
    Sse::new(looks.boxed()).into_response()
}
