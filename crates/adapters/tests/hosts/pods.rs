use super::{Yard, static_pod, within, wordpress_pod};
use mpanel_adapters::node::{CallOptions, NodeClient};
use std::{sync::Arc, time::Instant};
use tokio::sync::mpsc;
use wire::{
    PodName,
    observation::PodCondition,
    verb::{ArtifactHave, ArtifactKind, Call, PodApply, PodList, PodObserve, PodRemove, RemoveMode},
};

#[tokio::test]
async fn wordpress_is_made_through_the_links_and_answers_with_its_title() {
    let Some(yard) = Yard::enrolled("wp").await else { return };
    let Some(runtime) = yard.ship("php8.2", ArtifactKind::Runtime).await else { return };
    let Some(app) = yard.ship("wordpress", ArtifactKind::Archive).await else { return };
    assert!(yard.ask(ArtifactHave { sha256: runtime.sha256.clone() }, 10).await);

    let spec = wordpress_pod("blog", "Ana & Sons Bakery", runtime, app);
    let (lines, mut said) = mpsc::unbounded_channel();
    let began = Instant::now();
    let options = CallOptions { lines: Some(lines), ..within(120) };
    yard.links.call(&yard.target, PodApply { spec: spec.clone() }.into(), options).await.unwrap();
    println!("WordPress in {:?}", began.elapsed());

    let page = yard.page("blog.example.test").await;
    assert!(page.contains("Ana &amp; Sons Bakery") || page.contains("Ana &#038; Sons Bakery"), "{}", &page[..page.len().min(2000)]);
    let mut count = 0;
    while said.recv().await.is_some() {
        count += 1;
    }
    assert!(count > 3, "the job's log has lines");
    assert!(yard.ask(PodApply { spec }, 60).await.is_noop());
    let pod = PodName::new("blog").unwrap();
    yard.ask(PodRemove { pod: pod.clone(), mode: RemoveMode::Hold }, 60).await;
    assert_eq!(yard.ask(PodObserve { pod: pod.clone() }, 30).await.standing, PodCondition::Held);
    yard.ask(PodRemove { pod: pod.clone(), mode: RemoveMode::Purge }, 60).await;
    assert_eq!(yard.ask(PodObserve { pod }, 30).await.standing, PodCondition::Absent);
}

#[tokio::test]
async fn twenty_pods_are_made_at_once_on_one_host() {
    let Some(yard) = Yard::enrolled("many").await else { return };
    let began = Instant::now();
    let calls: Vec<_> = (0..20)
        .map(|n| {
            let (links, target) = (Arc::clone(&yard.links), yard.target.clone());
            let spec = static_pod(&format!("p{n}"), &format!("Site number {n}"));
            tokio::spawn(async move { links.call(&target, PodApply { spec }.into(), within(180)).await })
        })
        .collect();
    for call in calls {
        PodApply::read(call.await.unwrap().unwrap()).unwrap();
    }
    println!("twenty static pods in {:?}", began.elapsed());
    for n in 0..20 {
        let page = yard.page(&format!("p{n}.example.test")).await;
        assert!(page.contains(&format!("<title>Site number {n}</title>")), "{page}");
    }
    let pods = yard.ask(PodList {}, 10).await;
    assert_eq!(pods.len(), 20);
    assert!(pods.iter().all(|pod| !pod.unfinished && !pod.held));
}
