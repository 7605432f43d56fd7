//! What a page loads is loaded once.

use super::{Load, fetch};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use leptos::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

static OUTER: AtomicUsize = AtomicUsize::new(0);
static INNER: AtomicUsize = AtomicUsize::new(0);

/// Data in data, as a page in a frame is.
#[component]
fn Nested() -> impl IntoView {
    let outer = fetch(|| (), |()| async { Ok(OUTER.fetch_add(1, Ordering::SeqCst)) });
    view! { <Load data=outer view=|_: usize| view! { <Inside/> }/> }
}

#[component]
fn Inside() -> impl IntoView {
    let inner = fetch(|| (), |()| async { Ok(INNER.fetch_add(1, Ordering::SeqCst)) });
    view! { <Load data=inner view=|_: usize| view! { <b>"both are here"</b> }/> }
}

#[tokio::test]
async fn data_inside_data_is_fetched_once_and_stands_in_the_first_html() {
    // A second start is refused, and that is fine.
    let _ = any_spawner::Executor::init_tokio();
    let respond = leptos_axum::render_app_to_stream(|| view! { <html><head></head><body><Nested/></body></html> });
    let answer = respond(Request::new(Body::empty())).await;
    let html = to_bytes(answer.into_body(), 100_000).await.unwrap();
    let html = String::from_utf8(html.to_vec()).unwrap();
    assert!(html.contains("<b>both are here"), "{html}");
    assert_eq!((OUTER.load(Ordering::SeqCst), INNER.load(Ordering::SeqCst)), (1, 1));
}
