//! Browsers insist on HTTPS where a customer wants it, and there is a way back.

use super::world::{DOMAIN, World};
use adapters::visitor::Visitor;
use model::{administration::provisioning::JobStatus, hosting::certificates::Hsts};

async fn header(world: &World) -> Option<String> {
    world.visitor.https(DOMAIN).await.unwrap().hsts
}

#[tokio::test]
async fn browsers_insist_on_https_for_as_long_as_the_customer_wants_and_forget_it_when_it_is_turned_off() {
    let (world, pod) = World::with_certificate().await;
    assert_eq!((header(&world).await, world.row(pod).await.hsts), (None, None));
    for (choice, sent) in [(Hsts::Day, "max-age=86400"), (Hsts::Year, "max-age=31536000"), (Hsts::Off, "max-age=0")] {
        let job = world.insist(pod, choice).await.unwrap();
        assert_eq!(world.bench.finish(job).await, JobStatus::Done);
        assert_eq!((header(&world).await.as_deref(), world.row(pod).await.hsts), (Some(sent), Some(choice)));
    }
    assert_eq!(world.told().await.iter().filter(|action| *action == "HSTS_CHANGED").count(), 3);
}

#[tokio::test]
async fn browsers_are_not_told_to_insist_before_https_was_seen_from_outside() {
    let (world, pod) = World::with_site().await;
    world.visitor.block_https(DOMAIN, true);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    let fields = world.insist(pod, Hsts::Day).await.unwrap_err().into_api().fields;
    assert_eq!(fields[0].field, "hsts");
}

#[tokio::test]
async fn what_was_not_seen_from_outside_is_taken_back_and_forgotten_by_those_who_were_told() {
    let (world, pod) = World::with_certificate().await;
    let job = world.insist(pod, Hsts::Year).await.unwrap();
    world.visitor.block_https(DOMAIN, true);
    assert_eq!(world.bench.finish(job).await, JobStatus::Undone);
    world.visitor.block_https(DOMAIN, false);
    assert_eq!(header(&world).await.as_deref(), Some("max-age=0"));
}

#[tokio::test]
async fn a_renewed_certificate_keeps_what_browsers_are_told() {
    let (world, pod) = World::with_certificate().await;
    let job = world.insist(pod, Hsts::Month).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    world.pass(chrono::TimeDelta::days(61));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!(header(&world).await.as_deref(), Some("max-age=2592000"));
}
