//! Suspended on a real host: closed for visitors, nothing runs, everything is there afterwards; and one bad pod delays no neighbour.

use crate::{
    cloudpods::jobs::{SuspendCloudpod, UnsuspendCloudpod},
    suspensions,
    testing::{Yard, step_of},
};
use engine::{reconcile::run_due, saga::contract::When};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{ObservedState, PodStatus, Stack},
        suspensions::SuspensionReason,
    },
    ids::{CloudPodId, JobId},
    permission::CloudpodsRead,
};
use std::time::{Duration, Instant};

/// The job that the pod's reconciler starts.
async fn started(yard: &Yard, pod: CloudPodId) -> JobId {
    run_due(&yard.bench.services.services).await.unwrap();
    let last = "select id from jobs where subject_id = $1 order by id desc limit 1";
    sqlx::query_scalar(last).bind(pod).fetch_one(&mut yard.bench.services.db.owner().await).await.unwrap()
}

/// Brings that to its end.
async fn settle(yard: &Yard, pod: CloudPodId) -> JobStatus {
    let job = started(yard, pod).await;
    yard.bench.finish(job).await
}

/// How many processes of the pod its host has.
async fn processes(yard: &Yard, pod: &str) -> usize {
    let running = format!("ps -eo user:40 | grep -c '^p-{pod}$' || true");
    yard.host.exec(&["sh", "-c", &running]).await.unwrap().stdout.trim().parse().unwrap()
}

async fn observed(yard: &Yard, pod: CloudPodId) -> Option<ObservedState> {
    let mut tx = yard.bench.services.services.db.platform::<CloudpodsRead>(&yard.bench.admin).await.unwrap();
    crate::cloudpods::get(&yard.bench.services.services, &mut tx, pod).await.unwrap().pod.observed_state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_suspended_pod_serves_nothing_and_runs_nothing_and_comes_back_with_its_own_page_and_a_broken_neighbour_is_seen() {
    let Some(yard) = Yard::fresh().await else { return };
    let (bench, services) = (&yard.bench, yard.bench.services.services.clone());
    let pod = bench.running(Stack::Wordpress, "closed.example.test").await;
    let neighbour = bench.running(Stack::Wordpress, "open.example.test").await;
    // Its owner has made another page of it: coming back must not wait for the title that was ordered.
    let own = format!("echo '<?php echo \"my own page\";' > /srv/pods/{}/sites/main/public/index.php", pod.name);
    yard.host.must(&["sh", "-c", &own]).await.unwrap();
    run_due(&services).await.unwrap();
    assert_eq!(observed(&yard, neighbour.id).await, Some(ObservedState::Running));

    let tx = services.db.platform(&bench.admin).await.unwrap();
    suspensions::suspend(&services, tx, pod.id, SuspensionReason::NonPayment, "").await.unwrap();
    assert_eq!(settle(&yard, pod.id).await, JobStatus::Done);
    assert_eq!((bench.status(pod.id).await, yard.page(&pod.domain).await.0), (PodStatus::Suspended, 503));
    assert_eq!(processes(&yard, &pod.name).await, 0);
    assert_eq!(yard.page(&neighbour.domain).await.0, 200);

    let tx = services.db.platform(&bench.admin).await.unwrap();
    suspensions::unsuspend(&services, tx, pod.id, SuspensionReason::NonPayment).await.unwrap();
    assert_eq!(settle(&yard, pod.id).await, JobStatus::Done);
    let (status, page) = yard.page(&pod.domain).await;
    assert_eq!((bench.status(pod.id).await, status, page.as_str()), (PodStatus::Running, 200, "my own page"));

    // A pod that cannot be read keeps nobody else from being looked at, and is shown.
    let broken = format!("chmod 000 /srv/pods/{}/sites/main/public/wp-config.php", pod.name);
    yard.host.must(&["sh", "-c", &broken]).await.unwrap();
    bench.services.clock.advance(chrono::Duration::minutes(1));
    let now = services.now();
    run_due(&services).await.unwrap();
    let mut tx = services.db.platform::<CloudpodsRead>(&bench.admin).await.unwrap();
    assert_eq!(crate::cloudpods::get(&services, &mut tx, neighbour.id).await.unwrap().pod.observed_at, Some(now));
    drop(tx);
    let shown = "select count(*) from reconciliations where key = $1 and (failures > 0 or cardinality(differences) > 0)";
    assert!(bench.count(shown, pod.id.0).await > 0, "staff see the broken one");
    assert_eq!(bench.count(shown, neighbour.id.0).await, 0);
    // What its owner did to its files does not keep it from being suspended.
    let tx = services.db.platform(&bench.admin).await.unwrap();
    suspensions::suspend(&services, tx, pod.id, SuspensionReason::Abuse, "").await.unwrap();
    assert_eq!(settle(&yard, pod.id).await, JobStatus::Done);
    assert_eq!((bench.status(pod.id).await, yard.page(&pod.domain).await.0), (PodStatus::Suspended, 503));
    yard.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_suspension_and_its_end_whose_worker_is_killed_in_the_decisive_step_are_completed_by_another_one() {
    let Some(yard) = Yard::fresh().await else { return };
    let (bench, services) = (&yard.bench, yard.bench.services.services.clone());
    let pod = bench.running(Stack::Wordpress, "closed.example.test").await;
    let neighbour = bench.running(Stack::Php, "open.example.test").await;
    let (cases, mut longest) = ([When::Before, When::Within(20), When::After], Duration::ZERO);
    for when in cases {
        let tx = services.db.platform(&bench.admin).await.unwrap();
        suspensions::suspend(&services, tx, pod.id, SuspensionReason::Staff, "").await.unwrap();
        let job = started(&yard, pod.id).await;
        yard.kill(job, step_of::<SuspendCloudpod>("close_sites"), when).await;
        let death = Instant::now();
        assert_eq!((bench.finish(job).await, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Suspended), "{when:?}");
        assert_eq!((yard.page(&pod.domain).await.0, processes(&yard, &pod.name).await), (503, 0), "{when:?}");
        assert_eq!(yard.page(&neighbour.domain).await.0, 200, "{when:?}");
        longest = longest.max(death.elapsed());

        let tx = services.db.platform(&bench.admin).await.unwrap();
        suspensions::unsuspend(&services, tx, pod.id, SuspensionReason::Staff).await.unwrap();
        let job = started(&yard, pod.id).await;
        yard.kill(job, step_of::<UnsuspendCloudpod>("open_sites"), when).await;
        let death = Instant::now();
        assert_eq!((bench.finish(job).await, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Running), "{when:?}");
        let (status, page) = yard.page(&pod.domain).await;
        assert!(status == 200 && page.contains("Ana"), "{when:?}: {status} {page:.300}");
        longest = longest.max(death.elapsed());
    }
    let told: Vec<String> =
        bench.told(pod.id).await.into_iter().filter(|action| action.starts_with("CLOUDPOD_") && action.contains("SUSPENDED")).collect();
    let once = ["CLOUDPOD_SUSPENDED", "CLOUDPOD_UNSUSPENDED"];
    assert_eq!(told, [once; 3].concat(), "each is told once");
    println!(
        "worker killed in the decisive step of a suspension and of its end: {} cases, at most {longest:.1?} from the death to the end",
        2 * cases.len()
    );
    yard.down().await;
}
