//! What machines ask: does it live, can it work, how much.

use crate::{
    panel::{Installation, eventually, free_port},
    seed::{PASSWORD, used, used_with},
};
use db::embedded::{Embedded, EmbeddedConfig};
use serde_json::json;

#[tokio::test]
async fn while_postgresql_is_away_the_panel_lives_and_is_not_ready() {
    let mut installation = Installation::new();
    let config = EmbeddedConfig { data_dir: installation.dir.join("elsewhere"), durable: false, die_with_parent: true };
    let start = async || {
        let config = config.clone();
        tokio::task::spawn_blocking(move || Embedded::start(&config)).await.expect("a thread").expect("PostgreSQL starts")
    };
    let postgres = start().await;
    installation.set("DATABASE_URL", postgres.owner_url());
    let process = installation.serve(&["--no-work"]).await;
    let visitor = crate::client::Visitor::new(installation.port);
    tokio::task::spawn_blocking(move || postgres.stop()).await.expect("a thread");
    let unready = visitor.get("/readyz").await;
    assert_eq!((unready.status, unready.text.as_str()), (503, "PostgreSQL is unavailable\n"));
    assert_eq!(visitor.get("/healthz").await.status, 200);
    let plans = visitor.call("/api/public/checkout/plans", &json!({})).await;
    assert!(plans.status >= 500 && !plans.text.contains("postgres"), "the reason is for the log: {plans:?}");
    let again = start().await;
    eventually("ready again", async || (visitor.get("/readyz").await.status == 200).then_some(())).await;
    assert_eq!(visitor.call("/api/public/checkout/plans", &json!({})).await.status, 200);
    assert!(process.stop().await.success());
    tokio::task::spawn_blocking(move || again.stop()).await.expect("a thread");
}

#[tokio::test]
async fn the_figures_count_requests_jobs_and_reconciliations_and_are_for_this_machine_only() {
    let used = used(&["--no-work"]).await;
    let visitor = used.stranger();
    for _ in 0..3 {
        assert_eq!(visitor.get("/nothing-is-here").await.status, 404);
    }
    let figures = visitor.get("/metrics").await;
    assert_eq!((figures.status, figures.header("content-type")), (200, "text/plain; version=0.0.4"));
    for line in [
        r#"mpanel_http_requests_total{status="404"} 3"#,
        r#"mpanel_jobs{state="done"} 2"#,
        r#"mpanel_jobs{state="stuck"} 0"#,
        r#"mpanel_reconciliations{reconciler="cloudpod",state="all"} 2"#,
    ] {
        assert!(figures.text.lines().any(|known| known == line), "{line} is not in\n{}", figures.text);
    }
    assert!(figures.text.contains("mpanel_http_request_seconds"), "{}", figures.text);
    // A proxy on this machine says that somebody else asks.
    for header in ["x-forwarded-for", "forwarded"] {
        let passed_on = visitor.send(visitor.request("GET", "/metrics").header(header, "for=203.0.113.9")).await;
        assert_eq!((passed_on.status, passed_on.text.as_str()), (404, ""));
    }
}

#[tokio::test]
async fn with_a_token_the_figures_are_for_who_has_it() {
    let used = used_with(&["--no-work"], |installation| installation.set("MPANEL_METRICS_TOKEN", PASSWORD)).await;
    let visitor = used.stranger();
    assert_eq!(visitor.get("/metrics").await.status, 404);
    let with = async |word: &str| visitor.send(visitor.request("GET", "/metrics").header("authorization", word)).await.status;
    assert_eq!(with("Bearer something else").await, 404);
    assert_eq!(with(PASSWORD).await, 404);
    assert_eq!(with(&format!("Bearer {PASSWORD}")).await, 200);
    let mut short = Installation::new();
    short.set("MPANEL_METRICS_TOKEN", "short");
    short.set("DATABASE_URL", format_args!("postgres://127.0.0.1:{}/none", free_port()));
    let refused = short.run(&["serve"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("metrics_token"), "{refused:?}");
}
