//! Sites of several versions of a language on one real host.

use crate::testing::Yard;
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::{Runtime, Stack},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn each_site_answers_from_the_version_that_was_chosen_for_it_on_a_real_host() {
    let Some(yard) = Yard::fresh().await else { return };
    let mut pods = Vec::new();
    for (stack, runtime, expected) in [
        (Stack::Php, Runtime::Php82, "<p>PHP 8.2."),
        (Stack::Php, Runtime::Php84, "<p>PHP 8.4."),
        (Stack::Node, Runtime::Node18, "<p>Node v18."),
        (Stack::Node, Runtime::Node20, "<p>Node v20."),
        (Stack::Node, Runtime::Node24, "<p>Node v24."),
        (Stack::Wordpress, Runtime::Php84, "wp-includes"),
    ] {
        let domain = format!("{}-{runtime}.example.test", stack.as_str()).to_lowercase();
        let pod = yard.bench.order_on(stack, Some(runtime), &domain).await.unwrap();
        assert_eq!(yard.bench.finish(pod.job).await, JobStatus::Done, "{domain}");
        pods.push((domain, expected));
    }
    // All of them at once, each from its own version.
    for (domain, expected) in pods {
        let (status, page) = yard.page(&domain).await;
        assert!(status == 200 && page.contains("<title>Ana") && page.contains(expected), "{domain}: {status} {page}");
        // What a newer PHP says about older code would stand in the page.
        assert!(!page.contains("Deprecated") && !page.contains("Warning"), "{domain}: {page}");
    }
    yard.down().await;
}
