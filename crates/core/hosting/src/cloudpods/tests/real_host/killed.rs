//! The worker's process killed (-9) before, in and after each step.

use super::Yard;
use crate::cloudpods::jobs::CreateCloudpod;
use engine::saga::{Saga, contract::When};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{PodStatus, Stack},
};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_worker_killed_anywhere_leaves_one_running_pod_or_nothing_on_a_real_host() {
    let Some(yard) = Yard::fresh().await else { return };
    let bench = &yard.bench;
    let steps = CreateCloudpod::steps().into_list().len();
    let mut cases: Vec<(usize, When)> = (0..steps).flat_map(|step| [(step, When::Before), (step, When::After)]).collect();
    // In the middle of making the pod.
    cases.extend([50, 250, 600].map(|ms| (2, When::Within(ms))));
    let (mut pods, mut longest) = (Vec::new(), Duration::ZERO);
    for (n, &(step, when)) in cases.iter().enumerate() {
        let stack = if n % 2 == 0 { Stack::Wordpress } else { Stack::Php };
        let pod = bench.order(stack, &format!("kill{n}x.example.test")).await.unwrap();
        yard.kill(pod.job, step, when).await;
        let death = Instant::now();
        assert_eq!((bench.finish(pod.job).await, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Running), "step {step}, {when:?}");
        let (status, page) = yard.page(&pod.domain).await;
        assert!(status == 200 && page.contains("Ana"), "step {step}, {when:?}: {status}");
        longest = longest.max(death.elapsed());
        pods.push(pod);
    }
    println!("worker killed while a pod was made: {} cases, at most {longest:.1?} from the death to the page", cases.len());
    assert_eq!(bench.count("select count(*) from cloud_pods where tenant_id = $1", bench.tenant.0).await, pods.len() as i64);
    // Deleting: killed before and after each step, and in the middle of taking off and of removing.
    let mut cases: Vec<(usize, When)> = (0..4).flat_map(|step| [(step, When::Before), (step, When::After)]).collect();
    cases.extend([(0, When::Within(20)), (2, When::Within(20)), (2, When::Within(60))]);
    let tried = cases.len();
    longest = Duration::ZERO;
    for (pod, (step, when)) in pods.iter().zip(cases) {
        assert_ne!(yard.left_of(&pod.name).await, "", "the look at the host finds what is there");
        let job = bench.delete(pod.id, &pod.name).await.unwrap();
        yard.kill(job, step, when).await;
        let death = Instant::now();
        assert_eq!((bench.finish(job).await, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Deleted), "step {step}, {when:?}");
        assert_ne!(yard.page(&pod.domain).await.0, 200, "step {step}, {when:?}");
        assert_eq!(yard.left_of(&pod.name).await, "", "left of {} after step {step}, {when:?}", pod.name);
        longest = longest.max(death.elapsed());
    }
    println!("worker killed while a pod was deleted: {tried} cases, at most {longest:.1?} from the death to nothing left");
    yard.down().await;
}
