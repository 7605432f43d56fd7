//! A file that was changed by hand on a real host: left and shown, or put right, and limits that were changed there adopted, as staff chose.

use crate::{
    cloudpods::{self, RequestedPod, set_drift_policy},
    testing::Yard,
};
use engine::reconcile::run_due;
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{DriftPolicy, PodView, Stack},
    ids::JobId,
    permission::CloudpodsRead,
};

async fn view(yard: &Yard, pod: &RequestedPod) -> PodView {
    let services = &yard.bench.services.services;
    let mut tx = services.db.platform::<CloudpodsRead>(&yard.bench.admin).await.unwrap();
    cloudpods::get(services, &mut tx, pod.id).await.unwrap()
}

/// Chooses what is done, and lets the reconcilers and the jobs that they start do it.
async fn choose(yard: &Yard, pod: &RequestedPod, policy: DriftPolicy) -> Vec<String> {
    let services = &yard.bench.services.services;
    set_drift_policy(services, services.db.platform(&yard.bench.admin).await.unwrap(), pod.id, Some(policy)).await.unwrap();
    let mut kinds = Vec::new();
    for _ in 0..4 {
        yard.bench.services.clock.advance(chrono::Duration::minutes(6));
        run_due(services).await.unwrap();
        let next = "select id, kind from jobs where status in ('queued', 'running')";
        let job: Option<(JobId, String)> = sqlx::query_as(next).fetch_optional(&mut yard.bench.services.db.owner().await).await.unwrap();
        if let Some((job, kind)) = job {
            assert_eq!(yard.bench.finish(job).await, JobStatus::Done, "{kind}");
            kinds.push(kind);
        }
    }
    kinds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_file_that_was_changed_by_hand_is_left_and_shown_until_staff_want_the_plan_again_and_changed_limits_are_adopted() {
    let Some(yard) = Yard::fresh().await else { return };
    let pod = yard.bench.running(Stack::Php, "shop.example.test").await;
    let slice = format!("pods-{}.slice", pod.name.replace('-', "_"));
    let vhost = format!("/etc/nginx/mpanel.d/{}_main.conf", pod.name);
    let edit = format!(
        "sed -i 's/client_max_body_size 64m;/client_max_body_size 65m; add_header X-Mine yes always;/' {vhost} && systemctl reload nginx
         systemctl set-property {slice} MemoryMax=384M TasksMax=90"
    );
    yard.host.must(&["sh", "-c", &edit]).await.unwrap();
    let mine = async || {
        let page = yard.bench.services.services.http.get(format!("http://{}/", yard.host.address)).header("host", &pod.domain).send().await.unwrap();
        (page.status().as_u16(), page.headers().contains_key("x-mine"))
    };
    let memory = async || yard.host.must(&["systemctl", "show", &slice, "-p", "MemoryMax", "--value"]).await.unwrap().trim().to_owned();
    let (small, large) = ((256_u64 << 20).to_string(), (384_u64 << 20).to_string());

    assert_eq!(choose(&yard, &pod, DriftPolicy::Alert).await, Vec::<String>::new());
    let shown = view(&yard, &pod).await.drift.unwrap().differences;
    assert!(shown.contains(&format!("changed by hand: {vhost}")) && shown.iter().any(|line| line.contains("50-MemoryMax.conf")), "{shown:?}");
    assert_eq!((mine().await, memory().await), ((200, true), large.clone()), "as the hand left it");
    let letters = "select count(*) from outgoing_mail where template = 'pod_drift' and position($1::text in body_text) > 0";
    assert_eq!(yard.bench.count(letters, pod.id.0).await, 1, "the letter leads to its page");

    assert_eq!(choose(&yard, &pod, DriftPolicy::Adopt).await, ["SCALE_CLOUDPOD"]);
    let adopted = view(&yard, &pod).await;
    assert_eq!((adopted.limits.memory_mb, adopted.limits.tasks, memory().await), (384, 90, large.clone()));
    assert_eq!(adopted.drift.unwrap().differences, [format!("changed by hand: {vhost} (can't be adopted)")]);
    let left = format!("ls /etc/systemd/system.control/{slice}.d 2>/dev/null; grep MemoryMax /etc/systemd/system/{slice}");
    assert_eq!(yard.host.exec(&["sh", "-c", &left]).await.unwrap().stdout, "MemoryMax=384M\n", "the unit says it by itself now");
    assert_eq!(mine().await, (200, true));

    assert_eq!(choose(&yard, &pod, DriftPolicy::Heal).await, ["HEAL_CLOUDPOD"]);
    assert_eq!((mine().await, view(&yard, &pod).await.drift.unwrap().differences), ((200, false), Vec::new()));
    let copies = format!("grep -l 'X-Mine yes' /var/lib/mpanel/edits/{}/* | wc -l", pod.name);
    assert_eq!(yard.host.must(&["sh", "-c", &copies]).await.unwrap().trim(), "1", "a copy is kept");
    assert_ne!(small, memory().await, "the adopted limit stays");

    let job = yard.bench.delete(pod.id, &pod.name).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    // systemd forgets a unit a moment after its file is gone.
    assert_eq!(yard.left_of(&pod.name).await, "");
    yard.down().await;
}
