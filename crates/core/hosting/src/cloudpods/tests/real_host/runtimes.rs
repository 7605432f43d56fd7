//! Sites of several versions of a language on one real host.

use crate::{cloudpods::RequestedPod, testing::Yard};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{Runtime, Stack},
};

/// What the program of a site says of itself when a visitor asks for it.
async fn version(yard: &Yard, stack: Stack, pod: &RequestedPod) -> String {
    if stack == Stack::Node {
        let (_, page) = yard.page(&pod.domain).await;
        return page.split_once("<p>Node v").map(|(_, rest)| rest.to_owned()).unwrap_or(page);
    }
    let script = format!("/srv/pods/{}/sites/main/public/version.php", pod.name);
    yard.host.exec_with(&["tee", &script], b"<?php echo PHP_VERSION;").await.unwrap();
    let asked = yard.bench.services.services.http.get(format!("http://{}/version.php", yard.host.address)).header("host", &pod.domain);
    asked.send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn each_site_answers_from_the_version_that_was_chosen_for_it_on_a_real_host() {
    let Some(yard) = Yard::fresh().await else { return };
    let mut pods = Vec::new();
    for (stack, runtime, expected) in [
        (Stack::Php, Runtime::Php82, "8.2."),
        (Stack::Php, Runtime::Php84, "8.4."),
        (Stack::Node, Runtime::Node18, "18."),
        (Stack::Node, Runtime::Node20, "20."),
        (Stack::Node, Runtime::Node24, "24."),
        (Stack::Wordpress, Runtime::Php82, "8.2."),
        (Stack::Wordpress, Runtime::Php84, "8.4."),
    ] {
        let domain = format!("{stack}-{runtime}.example.test").to_lowercase();
        let pod = yard.bench.order_on(stack, Some(runtime), &domain).await.unwrap();
        assert_eq!(yard.bench.finish(pod.job).await, JobStatus::Done, "{domain}");
        pods.push((stack, pod, expected));
    }
    // All of them at once, each from its own version.
    for (stack, pod, expected) in pods {
        let (status, page) = yard.page(&pod.domain).await;
        assert!(status == 200 && page.contains("<title>Ana"), "{}: {status} {page}", pod.domain);
        let version = version(&yard, stack, &pod).await;
        assert!(version.starts_with(expected), "{}: {version}", pod.domain);
        // Visitors are not shown what a newer PHP says about older code.
        let log = format!("/srv/pods/{}/sites/main/logs/php.log", pod.name);
        let found = yard.host.exec(&["grep", "-E", "PHP (Deprecated|Parse|Fatal)", &log]).await.unwrap();
        assert_eq!(found.stdout, "", "{}", pod.domain);
    }
    yard.down().await;
}
