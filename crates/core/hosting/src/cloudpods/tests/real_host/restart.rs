//! A restart on a real host: every process is another one, and visitors are answered all the while.

use crate::{cloudpods, testing::Yard};
use model::{administration::provisioning::JobStatus, hosting::cloudpods::Stack};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_restarted_pod_has_other_processes_and_the_same_page() {
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

    let job = cloudpods::restart(&services, services.db.platform(&bench.admin).await.unwrap(), pod.id).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    let new = processes().await;
    assert!(new.len() >= 2 && !new.iter().any(|pid| old.contains(pid)), "{old:?} {new:?}");
    assert_eq!(yard.page(&pod.domain).await, (200, before));
    yard.down().await;
}
