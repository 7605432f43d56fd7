//! A working certificate is never dropped: it is renewed in time, and a renewal that fails changes nothing but what is told.

use super::world::{DOMAIN, World};
use crate::{
    certificates::{self, rules},
    cloudpods,
    testing::LIMITS,
};
use adapters::{
    acme::{Mood, RenewalWindow},
    visitor::Visitor,
};
use chrono::TimeDelta;
use engine::secrets::MasterKey;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        certificates::CertificateStatus,
        cloudpods::{Limits, SleepRule},
    },
    permission::CloudpodsRead,
};
use uuid::Uuid;

#[tokio::test]
async fn a_certificate_is_renewed_when_a_third_of_its_life_is_left() {
    let (world, pod) = World::with_certificate().await;
    let before = world.row(pod).await.state.fingerprint;
    world.pass(TimeDelta::days(56));
    assert_eq!(world.settle(pod).await, None, "34 of 90 days are left");
    world.pass(TimeDelta::days(5));

    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));

    let row = world.row(pod).await;
    assert!(row.state.fingerprint != before && row.state.status == CertificateStatus::Active);
    assert_eq!(world.visitor.https(DOMAIN).await.unwrap().fingerprint, row.state.fingerprint.unwrap());
    assert!(world.first.was_told_of_a_replacement());
    assert_eq!(world.told().await.last().map(String::as_str), Some("SSL_RENEWED"));
    assert_eq!(world.mails().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_ca_that_wants_a_certificate_renewed_earlier_is_followed() {
    let (world, pod) = World::with_certificate().await;
    let now = world.bench.services.services.now();
    world.first.set_window(Some(RenewalWindow { start: now + TimeDelta::hours(1), end: now + TimeDelta::hours(2) }));
    world.pass(TimeDelta::hours(7));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!(world.first.issued(), 2);
}

#[tokio::test]
async fn certificates_for_six_days_are_renewed_in_time_as_well() {
    let (world, pod) = World::with_site().await;
    world.first.set_lifetime(TimeDelta::days(6));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    for _ in 0..60 {
        world.pass(TimeDelta::hours(6));
        world.settle(pod).await;
        assert!(world.visitor.https(DOMAIN).await.is_ok(), "it never lapses");
    }
    assert!((3..=5).contains(&world.first.issued()), "{} in 15 days", world.first.issued());
}

#[tokio::test]
async fn a_renewal_that_fails_keeps_what_works_and_is_told_at_14_7_3_and_1_days() {
    let (world, pod) = World::with_certificate().await;
    let before = world.row(pod).await.state.fingerprint.unwrap();
    for ca in [&world.first, &world.second] {
        ca.set_mood(Mood::Down);
    }
    world.pass(TimeDelta::days(61));
    let mut told = Vec::new();
    for day in (1..=29).rev() {
        assert_ne!(world.settle(pod).await, Some(JobStatus::Done));
        assert_eq!(world.visitor.https(DOMAIN).await.unwrap().fingerprint, before, "{day} days before the end");
        assert_eq!(world.visitor.http(DOMAIN, "/").await.unwrap().status, 301, "visitors are still sent to HTTPS");
        told.push((day, world.mails().await.len()));
        world.pass(TimeDelta::days(1));
        world.settle(pod).await;
    }
    let steps: Vec<i32> = told.windows(2).filter(|pair| pair[1].1 > pair[0].1).map(|pair| pair[1].0).collect();
    assert_eq!(steps, [14, 7, 3, 1], "{told:?}");
    let mails = world.mails().await;
    assert_eq!(mails.len(), 8, "{mails:?}");
    assert!(mails.iter().any(|to| to == "billing@hosting.example"), "staff are told: {mails:?}");
    let row = world.row(pod).await;
    assert!(row.state.failure.unwrap().contains("does not respond") && row.state.remedy.is_some());

    world.first.set_mood(Mood::Well);
    world.pass(TimeDelta::days(2));
    world.settle(pod).await;
    assert_eq!(world.row(pod).await.state.status, CertificateStatus::Active);
    assert_ne!(world.visitor.https(DOMAIN).await.unwrap().fingerprint, before);
}

#[tokio::test]
async fn a_domain_that_has_moved_away_is_said_before_its_certificate_is_tried() {
    let (world, pod) = World::with_certificate().await;
    world.pass(TimeDelta::days(61));
    world.visitor.lead_elsewhere(DOMAIN, true);
    let asked = world.first.placed();
    assert_eq!(world.settle(pod).await, None);
    let row = world.row(pod).await;
    assert_eq!((row.state.status, row.state.failure.as_deref()), (CertificateStatus::Failing, Some("blog.example.test leads to another server.")));
    assert_eq!(world.first.placed(), asked);
}

#[tokio::test]
async fn a_renewal_that_visitors_do_not_get_leaves_them_the_one_of_before() {
    let (world, pod) = World::with_certificate().await;
    let before = world.bench.services.servers.certificate(DOMAIN).unwrap();
    world.pass(TimeDelta::days(61));
    world.visitor.block_https(DOMAIN, true);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    assert_eq!(world.bench.services.servers.certificate(DOMAIN), Some(before));
}

#[tokio::test]
async fn keys_are_sealed_and_stay_readable_when_the_installations_key_is_rotated() {
    let (world, pod) = World::with_certificate().await;
    certificates::create_csr(&world.bench.services.services, world.own().await, world.row(pod).await.id).await.unwrap();
    let sealed: (Vec<u8>, Vec<u8>) = sqlx::query_as("select sealed_key, csr_sealed_key from ssl_certificates where cloud_pod_id = $1")
        .bind(pod)
        .fetch_one(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    assert!([sealed.0, sealed.1].iter().all(|sealed| !String::from_utf8_lossy(sealed).contains("PRIVATE KEY")));
    let mut services = world.bench.services.services.clone();
    services.key = MasterKey::new([3; 32]).with_older(vec![engine::testing::MASTER_KEY]);
    assert_eq!(certificates::secrets::reseal(&services).await.unwrap(), 3, "the certificate's, that of the CSR and the account's");
    services.key = MasterKey::new([3; 32]);
    assert!(certificates::secrets::reseal(&services).await.is_ok(), "the old key is needed no more");
}

#[test]
fn those_issued_together_are_not_renewed_together() {
    let start = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let end = start + TimeDelta::days(90);
    let times: std::collections::BTreeSet<_> = (0..200).map(|_| rules::renewal_time(random(), start, end)).collect();
    let (first, last) = (*times.first().unwrap(), *times.last().unwrap());
    assert!(first >= end - TimeDelta::days(33) && last <= end - TimeDelta::days(30), "{first} to {last}");
    assert!(last - first > TimeDelta::days(2) && times.len() > 150, "spread over three days: {first} to {last}");
    let window = RenewalWindow { start, end };
    assert!((0..200).map(|_| rules::within(random(), window)).all(|at| at >= start && at < end));
}

fn random() -> Uuid {
    Uuid::from_bytes(engine::secrets::random_bytes())
}

#[tokio::test]
async fn a_look_at_the_certificate_of_a_site_that_sleeps_does_not_wake_it() {
    let (world, pod) = World::with_certificate().await;
    let services = &world.bench.services.services;
    let limits = Limits { sleep: Some(SleepRule { after_minutes: 60, is_optional: false }), ..LIMITS };
    let mut tx = services.db.system("test").await.unwrap();
    cloudpods::set_limits(services, tx.conn(), world.bench.subscription, "wordpress", limits).await.unwrap();
    tx.commit_progress().await.unwrap();
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    let seen = async || {
        let mut tx = services.db.platform::<CloudpodsRead>(&world.bench.admin).await.unwrap();
        cloudpods::get(services, &mut tx, pod).await.unwrap().pod
    };
    let (name, since) = (seen().await.name, services.now().timestamp().unsigned_abs());
    assert_eq!(world.bench.services.servers.put_to_sleep(world.bench.server, &name, since), 1);
    let before = world.row(pod).await.state.verified_at;
    // The certificate is looked at, and the pod after that.
    for time in [TimeDelta::hours(7), TimeDelta::minutes(10)] {
        world.pass(time);
        assert_eq!(world.settle(pod).await, None);
    }
    assert!(world.row(pod).await.state.verified_at > before);
    assert!(seen().await.asleep_since.is_some());
}
