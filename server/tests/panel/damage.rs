//! What breaks around a panel that is in use: the database under a rush of purchases, the disk, the file handles.

use crate::{
    client::Visitor,
    panel::{Installation, eventually},
    restart::postgres,
    seed::{after, buy, made, order, selling, text},
};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use serde_json::{Value, json};
use std::{
    fs,
    io::{self, ErrorKind, Read},
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

/// A call of somebody who tries again until there is an answer.
async fn stubborn(visitor: &Visitor, path: &str, input: Value) -> Value {
    eventually(path, async || {
        let request = visitor.request("POST", path).header("content-type", "application/json").body(input.to_string());
        let answer = request.send().await.ok()?;
        (answer.status() == 200).then_some(answer.json().await.ok()?)
    })
    .await
}

/// Buys and pays, whatever happens meanwhile.
async fn buy_stubbornly(visitor: &Visitor, email: &str) -> Value {
    let session = stubborn(visitor, "/api/public/checkout/session", order("static", email)).await;
    let token = after(&text(&session["paymentUrl"]), "token=");
    let key = json!({ "id": session["checkoutSessionId"], "token": token });
    let mut choice = key.clone();
    choice["choice"] = json!("approve");
    stubborn(visitor, "/api/public/checkout/sandbox_decide", choice).await;
    eventually("the order is carried out", async || {
        let view = stubborn(visitor, "/api/public/checkout/result", key.clone()).await;
        (view["job"]["view"]["job"]["status"] == "done").then_some(view)
    })
    .await
}

async fn rows(admin: &Visitor, path: &str) -> Vec<Value> {
    stubborn(admin, path, json!({ "request": {} })).await["rows"].as_array().expect("rows").clone()
}

#[tokio::test]
async fn postgresql_killed_under_a_rush_of_purchases_loses_none_and_carries_none_out_twice() {
    let installation = Installation::new();
    let (mut panel, stranger, admin) = selling(&installation, &[]).await;
    let buyers: Vec<String> = (0..8).map(|number| format!("c{number}@example.org")).collect();
    let rush = futures::future::join_all(buyers.iter().map(|email| buy_stubbornly(&stranger, email)));
    let mut longest = Duration::ZERO;
    let blows = async {
        for paid in [1, 4] {
            // Into the middle of it: some have paid, some are on their way.
            eventually("some have bought", async || (rows(&admin, "/api/admin/billing/invoices/list").await.len() >= paid).then_some(())).await;
            let old = postgres(&installation).expect("it runs");
            kill_process(old, Signal::KILL).expect("it runs");
            let death = Instant::now();
            eventually("another PostgreSQL", async || postgres(&installation).filter(|new| *new != old)).await;
            eventually("ready again", async || (admin.get("/readyz").await.status == 200).then_some(())).await;
            longest = longest.max(death.elapsed());
        }
    };
    tokio::join!(rush, blows);
    println!("PostgreSQL killed: at most {longest:.1?} until the panel was ready again");
    panel.assert_runs();
    let pods = rows(&admin, "/api/admin/hosting/cloudpods/list").await;
    assert_eq!(pods.len(), 8, "{pods:#?}");
    assert!(pods.iter().all(|pod| pod["status"] == "RUNNING"), "{pods:#?}");
    assert_eq!(rows(&admin, "/api/admin/billing/invoices/list").await.len(), 8);
    assert_eq!(rows(&admin, "/api/admin/billing/subscriptions/list").await.len(), 8);
    let verified = installation.run(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}

/// A small disk of its own below a folder; gone with it.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn at(folder: PathBuf, megabytes: u32) -> Self {
        fs::create_dir_all(&folder).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=711"), "tmpfs"]).arg(&folder).status();
        assert!(mounted.expect("mount starts").success());
        Self(folder)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_stops_sales_with_a_word_and_nothing_else_and_with_space_they_go_on() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can make a small disk");
        return;
    }
    let installation = Installation::new();
    let disk = SmallDisk::at(installation.data(), 300);
    let (mut panel, stranger, admin) = selling(&installation, &[]).await;
    made(&stranger, &buy(&stranger, "static", "anna@northpier.example").await).await;
    let ballast = disk.0.join("ballast");
    let full = fs::File::create(&ballast).and_then(|mut file| io::copy(&mut io::repeat(0).take(1 << 30), &mut file)).expect_err("full");
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    let filled = Instant::now();
    let mut order = order("static", "bert@example.org");
    order["siteTitle"] = json!("x".repeat(100));
    eventually("a purchase is refused", async || {
        let answer = stranger.call("/api/public/checkout/session", &order).await;
        assert!(answer.status == 200 || answer.json()["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer:?}");
        (answer.status != 200).then_some(())
    })
    .await;
    let refused = filled.elapsed();
    panel.assert_runs();
    assert_eq!(stranger.get("/healthz").await.status, 200, "the panel itself lives");
    fs::remove_file(&ballast).expect("space");
    let space = Instant::now();
    buy_stubbornly(&stranger, "carla@eastpier.example").await;
    println!("a full disk: a purchase is refused after {refused:.1?}; with space the next one is carried out after {:.1?}", space.elapsed());
    assert!(rows(&admin, "/api/admin/hosting/cloudpods/list").await.iter().all(|pod| pod["status"] == "RUNNING"));
    let verified = installation.run(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    assert!(panel.stop().await.success());
}

#[tokio::test]
async fn out_of_file_handles_the_panel_waits_and_answers_when_there_are_some_again() {
    let installation = Installation::new();
    let (mut panel, stranger, _admin) = selling(&installation, &[]).await;
    let few = Rlimit { current: Some(1), ..getrlimit(Resource::Nofile) };
    let before = prlimit(Some(panel.pid()), Resource::Nofile, few).expect("its own child");
    // Each of these needs a handle that the panel does not get.
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(tokio::net::TcpStream::connect(("127.0.0.1", installation.port)).await.expect("the kernel takes it"));
    }
    eventually("it says so", async || panel.log().contains("failed to accept a connection").then_some(())).await;
    panel.assert_runs();
    prlimit(Some(panel.pid()), Resource::Nofile, before).expect("its own child");
    drop(waiting);
    let handles = Instant::now();
    buy_stubbornly(&stranger, "anna@northpier.example").await;
    println!("file handles are back: a purchase is carried out after {:.1?}", handles.elapsed());
    panel.assert_runs();
}
