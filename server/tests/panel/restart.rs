//! Sudden deaths.

use crate::{
    panel::{Installation, eventually},
    seed::{buy, made, selling},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::{fs, time::Instant};

/// The process id of the embedded PostgreSQL.
pub fn postgres(installation: &Installation) -> Option<Pid> {
    let file = installation.data().join("postgres/postgresql/data/postmaster.pid");
    Pid::from_raw(fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()?)
}

/// Ended; somebody may still have to take note of it.
fn is_gone(pid: Pid) -> bool {
    fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default().is_empty()
}

#[tokio::test]
async fn after_the_sudden_death_of_panel_or_postgresql_everything_is_there_and_goes_on() {
    let installation = Installation::new();
    let (mut panel, stranger, admin) = selling(&installation, &[]).await;
    let first = buy(&stranger, "static", "anna@northpier.example").await;
    // PostgreSQL dies under the job: the panel starts it again and the job goes on.
    let old = postgres(&installation).expect("it runs");
    kill_process(old, Signal::KILL).expect("it runs");
    let death = Instant::now();
    eventually("another PostgreSQL", async || postgres(&installation).filter(|new| *new != old)).await;
    eventually("ready again", async || (admin.get("/readyz").await.status == 200).then_some(())).await;
    made(&stranger, &first).await;
    println!("PostgreSQL killed under a job: {:.1?} until it was done", death.elapsed());
    panel.assert_runs();
    // The panel dies with a job in hand; its PostgreSQL lives on, and dies too.
    let second = buy(&stranger, "static", "bert@southpier.example").await;
    panel.signal(Signal::KILL);
    panel.ended().await;
    let orphan = postgres(&installation).expect("it runs on");
    kill_process(orphan, Signal::KILL).expect("it runs on");
    eventually("it is gone", async || is_gone(orphan).then_some(())).await;
    let third = {
        let start = Instant::now();
        let panel = installation.serve(&[]).await;
        for order in [&first, &second] {
            made(&stranger, order).await;
        }
        println!("panel and PostgreSQL killed: {:.1?} from the next start until the job was done", start.elapsed());
        // Once more: this time the orphan is found alive.
        let third = buy(&stranger, "static", "carl@eastpier.example").await;
        panel.signal(Signal::KILL);
        third
    };
    let start = Instant::now();
    let panel = installation.serve(&[]).await;
    made(&stranger, &third).await;
    println!("panel killed: {:.1?} from the next start until the job was done", start.elapsed());
    let pods = admin.must("/api/admin/hosting/cloudpods/list", json!({ "request": {} })).await;
    assert_eq!(pods["rows"].as_array().map(Vec::len), Some(3), "nothing lost, nothing twice: {pods:#}");
    assert!(pods["rows"].as_array().expect("rows").iter().all(|pod| pod["status"] == "RUNNING"), "{pods:#}");
    let invoices = admin.must("/api/admin/billing/invoices/list", json!({ "request": {} })).await;
    assert_eq!(invoices["rows"].as_array().map(Vec::len), Some(3), "{invoices:#}");
    let verified = installation.run(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    assert!(panel.stop().await.success());
    assert!(postgres(&installation).is_none(), "and PostgreSQL stops with the panel");
}
