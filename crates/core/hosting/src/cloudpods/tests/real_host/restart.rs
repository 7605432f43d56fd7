//! A restart on a real host: every process is another one, and a visitor who asks all the while gets the page.

use crate::{cloudpods, testing::Yard};
use model::{administration::provisioning::JobStatus, hosting::cloudpods::Stack};
use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinHandle;

/// How often the visitor asks at least, however soon the restart is over.
const ASKED_LEAST: usize = 20;

/// What became of a visitor's requests.
struct Visits {
    asked: usize,
    /// Answers that were not the whole page, or were broken off.
    failed: Vec<String>,
}

/// Asks one page after the other, each over a connection of its own, until told to stop.
fn visitor(address: Ipv4Addr, domain: &str, stop: &Arc<AtomicBool>) -> JoinHandle<Visits> {
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(60)).build().unwrap();
    let (domain, stop) = (domain.to_owned(), Arc::clone(stop));
    tokio::spawn(async move {
        let mut visits = Visits { asked: 0, failed: Vec::new() };
        while !stop.load(Ordering::SeqCst) || visits.asked < ASKED_LEAST {
            visits.asked += 1;
            match ask(&http, address, &domain).await {
                Ok((200, page)) if page.contains("<title>Ana") && page.contains("</html>") => {}
                Ok((status, page)) => visits.failed.push(format!("{status}: {page:.300}")),
                Err(error) => visits.failed.push(format!("{error:?}")),
            }
        }
        visits
    })
}

async fn ask(http: &reqwest::Client, address: Ipv4Addr, domain: &str) -> reqwest::Result<(u16, String)> {
    let answer = http.get(format!("http://{address}/")).header("host", domain).send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_restarted_pod_has_other_processes_and_the_same_page_and_fails_almost_no_request() {
    let Some(yard) = Yard::fresh().await else { return };
    let (bench, services) = (&yard.bench, yard.bench.services.services.clone());
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    let (status, before) = yard.page(&pod.domain).await;
    assert_eq!(status, 200);
    let processes = async || {
        let list = yard.host.must(&["pgrep", "-u", &format!("p-{}", pod.name)]).await.unwrap();
        list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let old = processes().await;
    assert!(old.len() >= 2, "PHP and the database: {old:?}");
    let shown = cloudpods::preview_restart(&services, services.db.platform(&bench.admin).await.unwrap(), pod.id).await.unwrap();
    assert_eq!(shown.len(), 2, "PHP and the database: {shown:?}");
    for line in &shown {
        let unit = line.strip_prefix("restart ").unwrap();
        assert_eq!(yard.host.must(&["systemctl", "is-active", unit]).await.unwrap().trim(), "active", "{unit}");
    }

    let stop = Arc::new(AtomicBool::new(false));
    let visits = visitor(yard.host.address, &pod.domain, &stop);
    let job = cloudpods::restart(&services, services.db.platform(&bench.admin).await.unwrap(), pod.id).await.unwrap();
    let ended = bench.finish(job).await;
    stop.store(true, Ordering::SeqCst);
    let visits = visits.await.unwrap();
    println!("restarted: {} visits, {} of them failed", visits.asked, visits.failed.len());
    assert_eq!(ended, JobStatus::Done);
    assert!(visits.asked >= ASKED_LEAST && visits.failed.len() * 100 < visits.asked, "{} visits, failed: {:?}", visits.asked, visits.failed);

    let new = processes().await;
    assert!(new.len() >= 2 && !new.iter().any(|pid| old.contains(pid)), "{old:?} {new:?}");
    assert_eq!(yard.page(&pod.domain).await, (200, before));
    yard.down().await;
}
