//! A pod that moves between two real hosts: the same files and rows, and a visitor who never stops asking is always answered.

use crate::{
    cloudpods::{self, jobs::MigrateCloudpod},
    testing::{Bench, Yard},
};
use engine::saga::{
    Saga,
    contract::{Fault, Faults, When, finish, worker_with},
};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{PodStatus, Stack},
    ids::{JobId, ServerId},
};
use std::{
    collections::BTreeSet,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::bed::Host;

/// What a visitor saw.
struct Visits {
    /// Longest that they waited for an answer.
    longest: Duration,
    count: usize,
    /// Answers that were not the site's, or were broken off.
    wrong: Vec<String>,
}

/// The page, or how it was broken off.
async fn ask(http: &reqwest::Client, address: Ipv4Addr, domain: &str) -> Result<String, String> {
    let mut answer = http.get(format!("http://{address}/")).header("host", domain).send().await.map_err(|error| format!("{error:?}"))?;
    let (status, mut page) = (answer.status(), Vec::new());
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) => page.extend_from_slice(&piece),
            Ok(None) if status.is_success() => return Ok(String::from_utf8_lossy(&page).into_owned()),
            Ok(None) => return Err(format!("{status}")),
            Err(error) => return Err(format!("{status}, broken off after {} bytes: {error:?}", page.len())),
        }
    }
}

/// Asks again and again until told to stop.
fn visitor(http: &reqwest::Client, address: Ipv4Addr, domain: &str, stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<Visits> {
    let (http, domain, stop) = (http.clone(), domain.to_owned(), Arc::clone(stop));
    tokio::spawn(async move {
        let mut visits = Visits { longest: Duration::ZERO, count: 0, wrong: Vec::new() };
        while !stop.load(Ordering::SeqCst) {
            let began = Instant::now();
            match ask(&http, address, &domain).await {
                Ok(page) if page.contains("<title>Ana") => {}
                Ok(page) => visits.wrong.push(page.chars().take(300).collect()),
                Err(why) => visits.wrong.push(format!("{why}, {:.2?} after it was asked, {}", began.elapsed(), chrono::Utc::now())),
            }
            visits.longest = visits.longest.max(began.elapsed());
            visits.count += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        visits
    })
}

/// Checksums of the files of the site, and of the rows of its database.
async fn content(host: &Host, pod: &str) -> (BTreeSet<String>, String) {
    // Logs go on.
    let files = "cd /srv/pods/$1/sites && find . -type f -not -path './*/logs/*' -printf '%m %U %G ' -exec sha256sum {} \\;";
    // WordPress keeps its own calendar in its options, and visits change it.
    let rows = "db=pod_${1//-/_}; mariadb-dump --no-defaults --socket=/run/pods/$1/db/mysqld.sock --user=root --skip-comments \
                --ignore-table=$db.wp_options $db | sha256sum";
    let run = async |script: &str| host.must(&["bash", "-c", script, "bash", pod]).await.unwrap();
    (run(files).await.lines().map(str::to_owned).collect(), run(rows).await)
}

async fn migrate(bench: &Bench, pod: model::ids::CloudPodId, to: ServerId) -> JobId {
    let services = &bench.services.services;
    cloudpods::migrate(services, services.db.platform(&bench.admin).await.unwrap(), pod, to).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_pod_moves_between_two_hosts_with_all_it_has_and_a_visitor_is_answered_all_the_while() {
    let Some(yard) = Yard::fresh().await else { return };
    let (other, second) = yard.another("web2").await;
    let bench = &yard.bench;
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    assert_eq!(yard.page(&pod.domain).await.0, 200);
    // What its owner has made: many files, and a row.
    let more = format!(
        "cd /srv/pods/{0}/sites/main/public && mkdir many && for n in $(seq 500); do head -c 20000 /dev/urandom > many/$n; done && chown -R p-{0}:p-{0} many",
        pod.name
    );
    yard.host.must(&["bash", "-c", &more]).await.unwrap();
    let before = content(&yard.host, &pod.name).await;

    let stop = Arc::new(AtomicBool::new(false));
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(60)).build().unwrap();
    let visits = visitor(&http, yard.host.address, &pod.domain, &stop);
    let job = migrate(bench, pod.id, second).await;
    let ended = bench.finish(job).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::SeqCst);
    let visits = visits.await.unwrap();
    println!("moved: {} visits, the longest took {:.2?}", visits.count, visits.longest);
    if !visits.wrong.is_empty() {
        for host in [&yard.host, &other] {
            println!(
                "{}",
                host.must(&["sh", "-c", "tail -n 30 /var/log/nginx/error.log /srv/pods/*/web/*error*; journalctl -n 80 --no-pager -o short-precise"])
                    .await
                    .unwrap()
            );
        }
    }
    assert_eq!((ended, visits.wrong), (JobStatus::Done, Vec::new()));
    let caught_up = "select count(*) from job_events where job_id = $1 and message like 'Copied % that had changed meanwhile.'";
    assert_eq!(bench.count(caught_up, job.0).await, 1, "visitors do not wait for what has changed during the first copy");

    let there = async |address: Ipv4Addr| {
        let page = http.get(format!("http://{address}/")).header("host", &pod.domain).send().await.unwrap();
        (page.status().as_u16(), page.text().await.unwrap().contains("<title>Ana"))
    };
    assert_eq!((there(other.address).await, there(yard.host.address).await), ((200, true), (200, true)), "there, and through the old server");
    let after = content(&other, &pod.name).await;
    let other_files: Vec<&String> = before.0.symmetric_difference(&after.0).collect();
    assert!(before.0.len() > 1000 && other_files.is_empty(), "the same files, owners and modes: {other_files:?}");
    assert_eq!(after.1, before.1, "the same rows");
    assert_eq!(bench.status(pod.id).await, PodStatus::Running);
    let gone = format!("ls -d /srv/pods/{0} /srv/pods/.moves/{0} /var/lib/mpanel/pods/{0}.json 2>/dev/null; getent passwd p-{0}", pod.name);
    assert_eq!(yard.host.exec(&["sh", "-c", &gone]).await.unwrap().stdout, "", "only the virtual host is left");
    let copies = format!("ls -d /srv/pods/.moves/{} 2>/dev/null", pod.name);
    assert_eq!(other.exec(&["sh", "-c", &copies]).await.unwrap().stdout, "");
    let quota = format!("btrfs qgroup show -re --raw /srv/pods/{} | tail -1 | awk '{{print $4}}'", pod.name);
    assert_eq!(other.must(&["sh", "-c", &quota]).await.unwrap().trim(), (1024_u64 * 1024 * 1024).to_string(), "its limit holds there");

    bench.services.clock.advance(chrono::Duration::hours(25));
    engine::reconcile::run_due(&bench.services.services).await.unwrap();
    assert_eq!(yard.left_of(&pod.name).await, "", "after a day nothing is left");
    other.down().await.unwrap();
    yard.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_site_that_moved_sees_its_visitors_own_addresses_and_nobody_can_make_one_up() {
    let Some(yard) = Yard::fresh().await else { return };
    let (other, second) = yard.another("web2").await;
    let bench = &yard.bench;
    let pod = bench.running(Stack::Php, "shop.example.test").await;
    let who = format!(
        "cd /srv/pods/{0}/sites/main/public && echo '<?php echo $_SERVER[\"REMOTE_ADDR\"];' > who.php && chown p-{0}:p-{0} who.php",
        pod.name
    );
    yard.host.must(&["sh", "-c", &who]).await.unwrap();
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    // A visitor who claims to be somebody else, as far as that goes.
    let seen = async |address: Ipv4Addr| {
        let asked = http.get(format!("http://{address}/who.php")).header("host", &pod.domain).header("x-forwarded-for", "198.51.100.9");
        asked.send().await.unwrap().text().await.unwrap()
    };
    let own = seen(yard.host.address).await;
    assert_ne!(own, "198.51.100.9");
    let job = migrate(bench, pod.id, second).await;
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    assert_eq!((seen(other.address).await, seen(yard.host.address).await), (own.clone(), own), "there, and through the old server");

    // Only the old server's own word counts, and only as long as it sends visitors on.
    let from = async |host: &Host| {
        let request = format!("GET /who.php HTTP/1.0\\r\\nHost: {}\\r\\nX-Forwarded-For: 198.51.100.9\\r\\n\\r\\n", pod.domain);
        let ask = format!("exec 3<>/dev/tcp/{}/80; printf '{request}' >&3; sed '1,/^\\r$/d' <&3", other.address);
        host.must(&["bash", "-c", &ask]).await.unwrap()
    };
    assert_eq!((from(&yard.host).await, from(&other).await), ("198.51.100.9".to_owned(), other.address.to_string()));
    bench.services.clock.advance(chrono::Duration::hours(25));
    engine::reconcile::run_due(&bench.services.services).await.unwrap();
    assert_eq!(from(&yard.host).await, yard.host.address.to_string());
    other.down().await.unwrap();
    yard.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_target_that_loses_power_in_the_decisive_step_leaves_the_pod_serving_where_it_was() {
    let Some(yard) = Yard::fresh().await else { return };
    let (other, second) = yard.another("web2").await;
    let bench = &yard.bench;
    let pod = bench.running(Stack::Wordpress, "blog.example.test").await;
    let steps = MigrateCloudpod::steps().into_list();
    let decisive = steps.iter().position(|step| step.info().name == "start_there").unwrap();
    let job = migrate(bench, pod.id, second).await;
    // The worker is gone in the moment when the new server is to start the pod, and so is that server.
    let faults = Faults::of(&[(decisive, false, Fault::Crash(When::Before))]);
    let first = worker_with(bench.services.services.clone(), faults.clone().into_registry(Bench::registry()));
    tokio::select! {
        ended = finish(&bench.services, &first, job) => panic!("it ended as {ended:?}"),
        () = faults.crashed() => {}
    }
    drop(first);
    other.kill().await.unwrap();
    let began = Instant::now();
    assert_eq!(bench.finish(job).await, JobStatus::Undone);
    println!("back after {:.1?}", began.elapsed());
    let (status, page) = yard.page(&pod.domain).await;
    assert!(status == 200 && page.contains("<title>Ana"), "{status}");
    assert_eq!(bench.status(pod.id).await, PodStatus::Running);
    let kept = "select count(*) from cloud_pods where id = $1 and moving_to is null";
    assert_eq!(bench.count(kept, pod.id.0).await, 1);
    let copies = format!("ls -d /srv/pods/.moves/{} 2>/dev/null", pod.name);
    assert_eq!(yard.host.exec(&["sh", "-c", &copies]).await.unwrap().stdout, "");

    // Back again, it is tidied up.
    other.again().await.unwrap();
    other.wait().await.unwrap();
    let left = "select count(*) from pod_remains where cloud_pod_id = $1 and removed_at is null";
    for _ in 0..30 {
        bench.services.clock.advance(chrono::Duration::hours(1));
        engine::reconcile::run_due(&bench.services.services).await.unwrap();
        if bench.count(left, pod.id.0).await == 0 {
            break;
        }
    }
    let gone = format!("ls -d /srv/pods/{0} /srv/pods/.moves/{0} 2>/dev/null; getent passwd p-{0}", pod.name);
    assert_eq!(other.exec(&["sh", "-c", &gone]).await.unwrap().stdout, "");
    other.down().await.unwrap();
    yard.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn what_no_pod_can_have_made_is_not_taken_from_another_server_and_what_a_tenant_made_is_named_before_the_site_stops() {
    let Some(yard) = Yard::fresh().await else { return };
    let (other, second) = yard.another("web2").await;
    let bench = &yard.bench;
    let pod = bench.running(Stack::Static, "blog.example.test").await;
    let public = format!("/srv/pods/{}/sites/main/public", pod.name);
    let refused = async |make: &str, remove: &str, said: &str| {
        yard.host.must(&["sh", "-c", make]).await.unwrap();
        let job = migrate(bench, pod.id, second).await;
        assert_eq!(bench.finish(job).await, JobStatus::Undone, "{make}");
        let why: String = sqlx::query_scalar("select coalesce(string_agg(error, ' '), '') from (select error from jobs where id = $1 union all select error from job_steps where job_id = $1) said")
            .bind(job)
            .fetch_one(&mut bench.services.db.owner().await)
            .await
            .unwrap();
        assert!(why.contains(said), "{make}: {why}");
        let copies = format!("ls -d /srv/pods/{0} /srv/pods/.moves/{0} 2>/dev/null", pod.name);
        assert_eq!(other.exec(&["sh", "-c", &copies]).await.unwrap().stdout, "", "{make}");
        yard.host.must(&["sh", "-c", remove]).await.unwrap();
    };
    refused(&format!("install -m 4755 /bin/true {public}/root"), &format!("rm {public}/root"), "program with root's rights").await;
    refused(&format!("mknod {public}/null c 1 3"), &format!("rm {public}/null"), "device is in the copy").await;
    refused(&format!("btrfs subvolume create {public}/mine"), &format!("btrfs subvolume delete {public}/mine"), "public/mine").await;
    // The device of the number 0 anybody may make.
    yard.host.must(&["mknod", &format!("{public}/none"), "c", "0", "0"]).await.unwrap();
    let job = migrate(bench, pod.id, second).await;
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    other.down().await.unwrap();
    yard.down().await;
}
