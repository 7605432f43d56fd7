use super::panicked;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
    routing::get,
};
use model::error::{ApiError, ErrorCode};
use std::{
    io,
    sync::{Arc, Mutex},
};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

/// A log that can be read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a log").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn panics(path: &'static str) -> (StatusCode, ApiError, String) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let fixed: fn() = || panic!("the secret is 12345");
    let told: fn() = || panic!("the secret is {}", 12345);
    let routes = Router::new().route("/fixed", get(async move || fixed())).route("/told", get(async move || told()));
    let answer = routes.layer(CatchPanicLayer::custom(panicked)).oneshot(Request::get(path).body(Body::empty()).expect("a request")).await;
    let answer = answer.expect("an answer");
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 10_000).await.expect("a body");
    let log = String::from_utf8(log.0.lock().expect("a log").clone()).expect("text");
    (status, serde_json::from_slice(&body).expect("an error as JSON"), log)
}

#[tokio::test]
async fn a_panic_is_a_500_with_an_incident_number_that_leads_to_the_log() {
    for path in ["/fixed", "/told"] {
        let (status, error, log) = panics(path).await;
        assert_eq!((status, error.code), (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal));
        let incident = error.incident.expect("an incident number");
        assert!(error.message.contains(&incident) && !error.message.contains("12345"), "{}", error.message);
        let line = log.lines().find(|line| line.contains(&incident)).unwrap_or_else(|| panic!("{incident} is not in the log: {log}"));
        assert!(line.contains("the secret is 12345") && line.contains("ERROR"), "{line}");
    }
}
