//! The host loses its power, its network and its program while a pod is made: all the same one pod runs in the end.

use super::Yard;
use crate::{
    clock::SystemClock,
    hosting::cloudpods::RequestedPod,
    saga::contract::{finish, patient_worker},
};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{PodStatus, Stack},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

impl Yard {
    /// Makes a WordPress pod; a moment after its making on the server has begun, the trouble comes.
    async fn make_in_trouble(&self, name: &str, trouble: impl Future<Output = ()>) -> RequestedPod {
        let bench = &self.bench;
        let pod = bench.order(Stack::Wordpress, &format!("{name}-trouble.example.test")).await.unwrap();
        let runtime = patient_worker(bench.services.services.clone(), super::Bench::registry());
        let mut came = Instant::now();
        let comes = async {
            let begun = "select count(*) from job_steps where job_id = $1 and name = 'make_pod' and status = 'running'";
            while bench.count(begun, pod.job.0).await == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            tokio::time::sleep(Duration::from_millis(150)).await; // into the middle of the work
            came = Instant::now();
            trouble.await;
        };
        let (ended, ()) = tokio::join!(finish(&bench.services, &runtime, pod.job), comes);
        assert_eq!((ended, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Running), "{name}");
        println!("{name}: {:.1?} from the trouble to the running pod", came.elapsed());
        pod
    }

    async fn serves(&self, pod: &RequestedPod) {
        let (status, page) = self.page(&pod.domain).await;
        assert!(status == 200 && page.contains("<title>Ana"), "{}: {status}", pod.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_in_trouble_ends_with_one_running_pod() {
    let Some(mut yard) = Yard::fresh().await else { return };
    yard.bench.services.services.clock = Arc::new(SystemClock);
    let second = Duration::from_secs(1);
    let mut pods = Vec::new();
    let host = &yard.host;
    let killed = yard.make_in_trouble("killed-node", async { drop(host.exec(&["pkill", "-9", "mpanel-node"]).await.unwrap()) });
    pods.push(killed.await);
    let cut = yard.make_in_trouble("cut", async {
        host.cut().await.unwrap();
        tokio::time::sleep(5 * second).await;
        host.mend().await.unwrap();
    });
    pods.push(cut.await);
    let hole = yard.make_in_trouble("hole", async {
        host.blackhole().await.unwrap();
        tokio::time::sleep(5 * second).await;
        host.unhole().await.unwrap();
    });
    pods.push(hole.await);
    let loss = yard.make_in_trouble("loss", async { host.lose(30).await.unwrap() });
    pods.push(loss.await);
    host.lose(0).await.unwrap();
    for pod in &pods {
        yard.serves(pod).await;
    }
    let power = yard.make_in_trouble("power", async {
        host.kill().await.unwrap();
        host.again().await.unwrap();
    });
    pods.push(power.await);
    // What ran before the power was lost answers again, without the panel's help.
    for pod in &pods {
        yard.serves(pod).await;
    }
    for pod in &pods {
        let job = yard.bench.delete(pod.id, &pod.name).await.unwrap();
        assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
        assert_eq!(yard.left_of(&pod.name).await, "", "left of {}", pod.name);
    }
    yard.down().await;
}
