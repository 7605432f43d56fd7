//! The host loses its power, its network and its program while a pod is made, and while one is removed: all the same one
//! pod runs in the end, or nothing of it is left.

use crate::cloudpods::RequestedPod;
use crate::testing::Yard;
use engine::{
    clock::SystemClock,
    saga::contract::{finish, patient_worker},
};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{PodStatus, Stack},
    ids::JobId,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use testkit::bed::Host;

/// What comes over a host.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    ProgramKilled,
    CableCut,
    PacketsVanish,
    PacketsLost,
    PowerLost,
}

impl Trouble {
    const ALL: [Self; 5] = [Self::ProgramKilled, Self::CableCut, Self::PacketsVanish, Self::PacketsLost, Self::PowerLost];

    async fn comes(self, host: &Host) {
        match self {
            Self::ProgramKilled => drop(host.must(&["pkill", "-9", "mpanel-node"]).await.unwrap()),
            Self::CableCut => host.cut().await.unwrap(),
            Self::PacketsVanish => host.blackhole().await.unwrap(),
            Self::PacketsLost => host.lose(30).await.unwrap(),
            Self::PowerLost => host.kill().await.unwrap(),
        }
    }

    /// How long it lasts is an input as well. Packets are lost until the job has ended.
    async fn goes(self, host: &Host) {
        match self {
            Self::ProgramKilled | Self::PacketsLost => {}
            Self::CableCut => {
                tokio::time::sleep(Duration::from_secs(5)).await;
                host.mend().await.unwrap();
            }
            Self::PacketsVanish => {
                tokio::time::sleep(Duration::from_secs(5)).await;
                host.unhole().await.unwrap();
            }
            Self::PowerLost => host.again().await.unwrap(),
        }
    }
}

impl Yard {
    /// Waits until the job is at this step.
    async fn begun(&self, job: JobId, step: &str) {
        let mut owner = self.bench.services.db.owner().await;
        let mut begun = false;
        while !begun {
            begun = sqlx::query_scalar("select exists (select from job_steps where job_id = $1 and name = $2 and status = 'running')")
                .bind(job)
                .bind(step)
                .fetch_one(&mut owner)
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Works on the job while `trouble`, which says when it came. Afterwards nothing troubles the host any more.
    async fn ends_in_trouble(&self, job: JobId, trouble: impl Future<Output = Instant>) -> (JobStatus, Instant) {
        let runtime = patient_worker(self.bench.services.services.clone(), super::Bench::registry());
        let (ended, came) = tokio::join!(Box::pin(finish(&self.bench.services, &runtime, job)), Box::pin(trouble));
        self.host.lose(0).await.unwrap();
        (ended, came)
    }

    /// Makes a WordPress pod; a moment after its making on the server has begun, the trouble comes.
    async fn make_in(&self, trouble: Trouble) -> RequestedPod {
        let bench = &self.bench;
        let pod = bench.order(Stack::Wordpress, &format!("{trouble:?}.example.test").to_lowercase()).await.unwrap();
        let comes = async {
            self.begun(pod.job, "make_pod").await;
            tokio::time::sleep(Duration::from_millis(150)).await; // into the middle of the work
            let came = Instant::now();
            trouble.comes(&self.host).await;
            trouble.goes(&self.host).await;
            came
        };
        let (ended, came) = self.ends_in_trouble(pod.job, comes).await;
        assert_eq!((ended, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Running), "{trouble:?}");
        println!("{trouble:?} while a pod is made: {:.1?} to the running pod", came.elapsed());
        pod
    }

    /// Removes the pod; the trouble comes in the middle of it. A removal takes no longer than a blink, so the program that removes
    /// users stands still until the trouble is there: whenever that is, the pod is off, some of it is gone and some is not.
    async fn remove_in(&self, trouble: Trouble, pod: &RequestedPod) {
        let (bench, host) = (&self.bench, &self.host);
        let stand_in = "test -e /usr/sbin/userdel.real || mv /usr/sbin/userdel /usr/sbin/userdel.real
            printf '#!/bin/sh\nwhile [ -e /run/stands-still ]; do sleep 0.05; done\nexec /usr/sbin/userdel.real \"$@\"\n' >/usr/sbin/userdel
            chmod 755 /usr/sbin/userdel; touch /run/stands-still";
        host.must(&["sh", "-c", stand_in]).await.unwrap();
        let job = bench.delete(pod.id, &pod.name).await.unwrap();
        let comes = async {
            self.begun(job, "purge_server").await;
            while host.exec(&["pgrep", "-f", "/usr/sbin/userdel -- p-"]).await.unwrap().code != 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            host.must(&["id", &format!("p-{}", pod.name)]).await.unwrap();
            let came = Instant::now();
            trouble.comes(host).await;
            if trouble != Trouble::PowerLost {
                host.must(&["rm", "-f", "/run/stands-still"]).await.unwrap();
            }
            trouble.goes(host).await;
            came
        };
        let (ended, came) = self.ends_in_trouble(job, comes).await;
        // What is still starting after a power loss can neither tell nor hide what is left.
        host.ready().await.unwrap();
        assert_eq!((ended, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Deleted), "{trouble:?}");
        assert_eq!(self.left_of(&pod.name).await, "", "left of {} after {trouble:?}", pod.name);
        println!("{trouble:?} while a pod is removed: {:.1?} to nothing left", came.elapsed());
        assert_ne!(self.page(&pod.domain).await.0, 200, "{trouble:?}");
    }

    async fn serves(&self, pod: &RequestedPod) {
        let (status, page) = self.page(&pod.domain).await;
        assert!(status == 200 && page.contains("<title>Ana"), "{}: {status}", pod.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_host_in_trouble_ends_with_one_running_pod_and_after_a_removal_with_nothing_of_it() {
    let Some(mut yard) = Yard::fresh().await else { return };
    yard.bench.services.services.clock = Arc::new(SystemClock);
    let mut pods = Vec::new();
    for trouble in Trouble::ALL {
        pods.push(yard.make_in(trouble).await);
        // Also after the power was lost: what ran before answers again, without the panel's help.
        for pod in &pods {
            yard.serves(pod).await;
        }
    }
    let neighbour = yard.bench.running(Stack::Php, "neighbour.example.test").await;
    while let Some(pod) = pods.pop() {
        yard.remove_in(Trouble::ALL[pods.len()], &pod).await;
        for other in pods.iter().chain([&neighbour]) {
            yard.serves(other).await;
        }
    }
    let job = yard.bench.delete(neighbour.id, &neighbour.name).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(yard.left_of(&neighbour.name).await, "");
    yard.down().await;
}
