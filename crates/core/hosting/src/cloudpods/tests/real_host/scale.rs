//! Other limits on a real host: in force on the running slice, and no process was restarted for them.

use crate::{
    cloudpods,
    testing::{LIMITS, Yard},
};
use engine::reconcile::run_due;
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{Limits, Stack},
    ids::JobId,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_pod_gets_other_limits_while_its_processes_run_on() {
    let Some(yard) = Yard::fresh().await else { return };
    let (bench, services) = (&yard.bench, yard.bench.services.services.clone());
    let pod = bench.running(Stack::Node, "app.example.test").await;
    assert_eq!(yard.page(&pod.domain).await.0, 200);
    let slice = format!("pods-{}.slice", pod.name.replace('-', "_"));
    let limits = async || {
        let show = ["systemctl", "show", &slice, "-p", "MemoryMax", "-p", "TasksMax", "-p", "CPUQuotaPerSecUSec", "--value"];
        yard.host.must(&show).await.unwrap().lines().map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    let processes = format!("pgrep -u p-{} | sort | tr '\\n' ' '", pod.name);
    let processes = async || yard.host.must(&["sh", "-c", &processes]).await.unwrap();
    let quota = format!("btrfs qgroup show -re --raw /srv/pods/{} | tail -1 | awk '{{print $4}}'", pod.name);
    let (before, running) = (limits().await, processes().await);
    assert!(!running.trim().is_empty());

    let more = Limits { cpu_millis: 750, memory_mb: 384, disk_mb: 2048, tasks: 150, ..LIMITS };
    let mut tx = services.db.system("test").await.unwrap();
    cloudpods::set_limits(&services, tx.conn(), bench.subscription, "larger", more).await.unwrap();
    tx.commit_progress().await.unwrap();
    run_due(&services).await.unwrap();
    let job: JobId =
        sqlx::query_scalar("select id from jobs where kind = 'SCALE_CLOUDPOD'").fetch_one(&mut bench.services.db.owner().await).await.unwrap();
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    let after = limits().await;
    assert_ne!(before, after);
    let has = |figure: u64| after.split(' ').any(|word| word == figure.to_string());
    assert!(has(384 * 1024 * 1024) && has(150) && after.contains("750ms"), "{after}");
    assert_eq!(yard.host.must(&["sh", "-c", &quota]).await.unwrap().trim(), (2048_u64 * 1024 * 1024).to_string());
    assert_eq!(processes().await, running, "the same processes");
    assert_eq!(yard.page(&pod.domain).await.0, 200);
    yard.down().await;
}
