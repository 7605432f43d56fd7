//! How long visitors wait while a large pod moves. A measurement, with a command of its own: docs/PERFORMANCE.md.

use crate::{
    cloudpods::{migrate, set_limits},
    testing::{LIMITS, Yard},
};
use engine::{Services, reconcile::run_due};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{Limits, Stack},
    ids::JobId,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Files that the pod has beside its WordPress, and their size together.
const FILES: u32 = 20_000;
const BYTES: u64 = 1 << 30;

/// Asks without a pause until told to stop: the longest wait for a whole answer, how many there were, and how many were none.
async fn visitor(url: String, domain: String, stop: Arc<AtomicBool>) -> (Duration, u32, u32) {
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(120)).build().unwrap();
    let (mut longest, mut answers, mut failures) = (Duration::ZERO, 0, 0);
    while !stop.load(Ordering::SeqCst) {
        let asked = Instant::now();
        let answer = http.get(&url).header("host", &domain).send().await;
        let page = match answer {
            Ok(answer) if answer.status().is_success() => answer.text().await.ok(),
            _ => None,
        };
        if page.is_some_and(|page| page.contains("<title>Ana")) {
            answers += 1
        } else {
            failures += 1
        }
        longest = longest.max(asked.elapsed());
    }
    (longest, answers, failures)
}

/// When each step was seen to begin.
async fn steps(services: Services, job: JobId, stop: Arc<AtomicBool>) -> Vec<(Instant, String)> {
    let mut seen: Vec<(Instant, String)> = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let mut tx = services.db.system_read("test").await.unwrap();
        let now: Option<String> = sqlx::query_scalar("select name from job_steps where job_id = $1 and status = 'running'")
            .bind(job)
            .fetch_optional(tx.conn())
            .await
            .unwrap();
        tx.finish().await.unwrap();
        if let Some(name) = now.filter(|name| seen.last().is_none_or(|(_, last)| last != name)) {
            seen.push((Instant::now(), name));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of minutes on two real hosts"]
async fn how_long_visitors_wait_while_a_gigabyte_moves() {
    let Some(yard) = Yard::fresh().await else { return };
    let (other, second) = yard.another("web2").await;
    let (bench, services) = (&yard.bench, yard.bench.services.services.clone());
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    let more = Limits { cpu_millis: 2000, memory_mb: 1024, disk_mb: 6000, ..LIMITS };
    let mut tx = services.db.system("test").await.unwrap();
    set_limits(&services, tx.conn(), bench.subscription, "larger", more).await.unwrap();
    tx.commit_progress().await.unwrap();
    run_due(&services).await.unwrap();
    let scale: JobId =
        sqlx::query_scalar("select id from jobs where kind = 'SCALE_CLOUDPOD'").fetch_one(&mut bench.services.db.owner().await).await.unwrap();
    assert_eq!(bench.finish(scale).await, JobStatus::Done);
    let uploads = format!("/srv/pods/{}/sites/main/public/wp-content/uploads", pod.name);
    let fill = format!(
        "mkdir -p {uploads} && cd {uploads} && head -c {BYTES} /dev/urandom | split -b {} -a 5 -d - photo && chown -R p-{1}:p-{1} . && sync && ls | wc -l",
        BYTES / u64::from(FILES),
        pod.name
    );
    let files = yard.host.must(&["sh", "-c", &fill]).await.unwrap();
    // Written all the while by who works on the site: megabytes a second; nothing without it.
    let written: u32 = std::env::var("GAP_WRITES").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let stop_writing = "/tmp/stop-writing";
    let write = format!(
        "cd {uploads}; n=0; while [ ! -e {stop_writing} ] && [ -d {uploads} ]; do head -c {}M /dev/urandom >new$n 2>/dev/null; n=$((n+1)); sleep 1; done",
        written.max(1)
    );
    if written > 0 {
        let unit = ["systemd-run", "--quiet", "--collect", "--unit=bench-writer", "sh", "-c", &write];
        yard.host.must(&unit).await.unwrap();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let visits = tokio::spawn(visitor(format!("http://{}/", yard.host.address), pod.domain.clone(), Arc::clone(&stop)));
    let began = Instant::now();
    let job = migrate(&services, services.db.platform(&bench.admin).await.unwrap(), pod.id, second).await.unwrap();
    let steps = tokio::spawn(steps(services.clone(), job, Arc::clone(&stop)));
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    let took = began.elapsed();
    stop.store(true, Ordering::SeqCst);
    let (longest, answers, failures) = visits.await.unwrap();
    let said = "select message from job_events where job_id = $1 and message like 'Copied %' order by id";
    let copied: Vec<String> = sqlx::query_scalar(said).bind(job).fetch_all(&mut bench.services.db.owner().await).await.unwrap();
    println!("{} files moved in {took:.1?}; {written} MB a second were written meanwhile", files.trim());
    println!("{answers} answers, {failures} failures, the longest took {longest:.2?}");
    copied.iter().for_each(|line| println!("  {line}"));
    for (at, name) in steps.await.unwrap() {
        println!("{:8.2} s  {name}", at.duration_since(began).as_secs_f64());
    }
    other.down().await.unwrap();
    yard.down().await;
}
