//! Who works: the panel itself, or another process beside it.

use crate::{
    panel::{Installation, eventually},
    seed::{buy, made, result, selling},
};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_worker_of_its_own_does_what_a_panel_without_workers_has_sold() {
    let installation = Installation::new();
    let (mut panel, stranger, _) = selling(&installation, &["--no-work"]).await;
    let order = buy(&stranger, "static", "anna@northpier.example").await;
    let status = result(&stranger, &order.id, &order.token).await["job"]["view"]["job"]["status"].clone();
    assert_eq!(status, "queued", "nobody works yet");
    // Both use the one PostgreSQL that the panel has started.
    let mut worker = installation.start(&["work"]);
    let view = made(&stranger, &order).await;
    let job = &view["job"]["view"];
    assert_eq!(job["attempt"], 1, "{job}");
    worker.assert_runs();
    panel.assert_runs();
    let began = Instant::now();
    assert!(worker.stop().await.success());
    assert!(panel.stop().await.success());
    assert!(began.elapsed() < Duration::from_secs(15), "both stop promptly: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_panel_that_is_told_to_stop_does_so_although_links_are_open() {
    let used = crate::seed::used(&[]).await;
    let mut link = crate::client::Socket::open(&used.anna(), None).await.expect("a link");
    link.say(&json!({ "subscribe": { "job": used.seed.anna.job, "after": 0 } })).await;
    link.hear().await.expect("it is open");
    let idle = tokio::net::TcpStream::connect(("127.0.0.1", used.installation.port)).await.expect("it listens");
    let began = Instant::now();
    let (port, mut process) = (used.installation.port, used.process);
    process.signal(rustix::process::Signal::TERM);
    let refused = async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err().then_some(());
    eventually("no new visitors are taken", refused).await;
    assert!(process.ended().await.success());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    drop((link, idle));
}
