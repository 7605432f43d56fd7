//! Who works: the panel itself, or another process beside it.

use crate::{
    client::Visitor,
    panel::{Installation, Process, eventually, free_port},
    seed::{Order, buy, made, result, selling, text},
};
use rustix::process::Signal;
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
    link.say(&json!({ "subscribe": { "channel": 1, "to": { "job": { "job": used.seed.anna.job, "after": 0 } } } })).await;
    link.hear().await.expect("it is open");
    let idle = tokio::net::TcpStream::connect(("127.0.0.1", used.installation.port)).await.expect("it listens");
    let began = Instant::now();
    let (port, mut process) = (used.installation.port, used.process);
    process.signal(Signal::TERM);
    let refused = async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err().then_some(());
    eventually("no new visitors are taken", refused).await;
    assert!(process.ended().await.success());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    drop((link, idle));
}

/// A job that a worker holds which has just been frozen: bought until one is caught in the middle.
async fn frozen_in_the_middle(worker: &Process, stranger: &Visitor) -> Order {
    for number in 0.. {
        let order = buy(stranger, "static", &format!("buyer{number}@northpier.example")).await;
        let status = async || text(&result(stranger, &order.id, &order.token).await["job"]["view"]["job"]["status"]);
        eventually("the worker has taken it", async || (status().await != "queued").then_some(())).await;
        worker.signal(Signal::STOP);
        if status().await == "running" {
            return order;
        }
        worker.signal(Signal::CONT);
    }
    unreachable!("numbers do not end")
}

#[tokio::test]
async fn a_frozen_worker_process_loses_its_job_to_another_and_adds_nothing_when_it_goes_on() {
    let mut installation = Installation::new();
    let (_panel, stranger, admin) = selling(&installation, &["--no-work"]).await;
    let mut frozen = installation.start(&["work"]);
    let order = frozen_in_the_middle(&frozen, &stranger).await;
    let froze = Instant::now();
    // Each process has a simulation, and that a port.
    installation.set("MPANEL_SITES__PORT", free_port());
    let _other = installation.start(&["work"]);
    let job = made(&stranger, &order).await["job"]["view"]["job"].clone();
    println!("a worker frozen: {:.1?} until another had done its job", froze.elapsed());
    let told = async || admin.must("/api/admin/provisioning/jobs/get", json!({ "id": job["id"] })).await;
    let before = told().await;
    assert_eq!(before["view"]["attempt"], 2, "{before:#}");
    frozen.signal(Signal::CONT);
    eventually("it sees that the job is another's", async || frozen.log().contains("another worker took over the job").then_some(())).await;
    assert_eq!(told().await, before, "not a line more");
    // It is well, and works on.
    frozen.assert_runs();
    let pods = admin.must("/api/admin/hosting/cloudpods/list", json!({ "request": { "search": "buyer" } })).await;
    assert!(pods["rows"].as_array().expect("rows").iter().all(|pod| pod["status"] == "RUNNING"), "{pods:#}");
}
