//! Certificates that customers bring.

use super::world::{DOMAIN, World};
use crate::certificates;
use adapters::{acme::SigningRequest, visitor::Visitor};
use chrono::TimeDelta;
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::certificates::{CertificateStatus, Hsts},
    permission::{SslManage, SslRead},
};

/// The site answers to another name too.
pub(super) async fn add_name(world: &World, name: &str) {
    sqlx::query(
        "insert into site_domains (id, domain, tenant_id, website_id, position, created_at)
         select gen_random_uuid(), $2, tenant_id, website_id, 1, created_at from site_domains where domain = $1",
    )
    .bind(DOMAIN)
    .bind(name)
    .execute(&mut world.bench.services.db.owner().await)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_certificate_that_a_customer_brings_is_what_visitors_get() {
    let (world, pod) = World::with_certificate().await;
    let bought = world.bought(&[DOMAIN, "www.blog.example.test"]);
    let job = world.install(pod, &bought).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);

    let row = world.row(pod).await;
    assert!(row.is_own && row.state.status == CertificateStatus::Active && row.is_redirecting);
    assert_eq!(row.state.issuer.as_deref(), Some("Root of https://second.test/dir"));
    assert_eq!(world.visitor.https(DOMAIN).await.unwrap().fingerprint, row.state.fingerprint.unwrap());
    assert_eq!(world.told().await.last().map(String::as_str), Some("SSL_INSTALLED"));
    world.pass(TimeDelta::days(61));
    assert_eq!(world.settle(pod).await, None, "what was brought is not renewed");
}

#[tokio::test]
async fn a_site_without_a_certificate_can_begin_with_its_owners() {
    let (world, pod) = World::with_site().await;
    world.first.set_mood(adapters::acme::Mood::Refuses(DOMAIN.to_owned()));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    let job = world.install(pod, &world.bought(&[DOMAIN])).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    let row = world.row(pod).await;
    assert_eq!((row.state.status, row.is_redirecting, row.state.failure), (CertificateStatus::Active, true, None));
}

#[tokio::test]
async fn its_owner_is_told_before_it_ends_and_it_gives_way_to_an_issued_one_in_its_last_three_days() {
    let (world, pod) = World::with_certificate().await;
    let job = world.install(pod, &world.bought(&[DOMAIN])).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    let mut told = Vec::new();
    for left in (4..90).rev() {
        world.pass(TimeDelta::days(1));
        assert_eq!(world.settle(pod).await, None, "{left} days before the end");
        told.push((left, world.mails_of("own_certificate_expiring").await.len()));
    }
    let days: Vec<i32> = told.windows(2).filter(|pair| pair[1].1 > pair[0].1).map(|pair| pair[1].0).collect();
    assert_eq!(days, [14, 7]);
    let to = world.mails_of("own_certificate_expiring").await;
    assert!(to.iter().all(|to| *to != "billing@hosting.example"), "it is the customer's affair: {to:?}");

    world.pass(TimeDelta::days(1));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    let row = world.row(pod).await;
    assert_eq!((row.is_own, row.state.status), (false, CertificateStatus::Active));
    assert_eq!(world.visitor.https(DOMAIN).await.unwrap().fingerprint, row.state.fingerprint.unwrap());
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_on_its_field() {
    let (world, pod) = World::with_certificate().await;
    let (chain, key) = world.bought(&[DOMAIN]);
    let other = SigningRequest::new().unwrap().key();
    world.second.set_lifetime(TimeDelta::days(2));
    let short = world.bought(&[DOMAIN]);
    for ((chain, key), field, says) in [
        (("hello".to_owned(), key.clone()), "chain", "there is no certificate in it"),
        ((format!("{chain}{}", world.first.root()), key.clone()), "chain", "do not follow from each other"),
        ((chain.clone(), "hello".to_owned()), "key", "openssl pkcs8"),
        ((chain.clone(), other), "key", "does not belong to the certificate"),
        (short, "chain", "expires within three days"),
    ] {
        let fields = world.install(pod, &(chain, key)).await.unwrap_err().into_api().fields;
        let found = fields.iter().find(|found| found.field == field).unwrap_or_else(|| panic!("{fields:?} for {says}"));
        assert!(found.message.contains(says), "{found:?}");
    }
    world.second.set_lifetime(TimeDelta::days(90));
    let fields = world.install(pod, &world.bought(&["else.example.test"])).await.unwrap_err().into_api().fields;
    assert_eq!(fields[0].message, "This certificate is not for blog.example.test.");
    assert_eq!(world.settle(pod).await, None, "nothing was begun");
}

#[tokio::test]
async fn one_that_visitors_would_not_trust_is_not_shown_to_them() {
    let (world, pod) = World::with_certificate().await;
    let request = SigningRequest::new().unwrap();
    let stranger = adapters::acme::FakeAuthority::new("https://stranger.test/dir", world.visitor.clone(), {
        let clock = std::sync::Arc::clone(&world.bench.services.clock);
        std::sync::Arc::new(move || engine::clock::Clock::now(&*clock))
    });
    let chain = stranger.unwrap().sell(&request, &[DOMAIN.to_owned()]).unwrap();
    let fields = world.install(pod, &(chain, request.key())).await.unwrap_err().into_api().fields;
    assert_eq!((fields[0].field.as_str(), fields[0].message.contains("do not trust")), ("chain", true));
    assert_eq!(world.settle(pod).await, None, "nothing was begun");
}

#[tokio::test]
async fn one_that_visitors_do_not_get_leaves_them_the_one_of_before() {
    let (world, pod) = World::with_certificate().await;
    let before = world.row(pod).await;
    let job = world.install(pod, &world.bought(&[DOMAIN])).await.unwrap();
    world.visitor.block_https(DOMAIN, true);
    assert_eq!(world.bench.finish(job).await, JobStatus::Undone);
    world.visitor.block_https(DOMAIN, false);

    assert_eq!(world.visitor.https(DOMAIN).await.unwrap().fingerprint, before.state.fingerprint.clone().unwrap());
    let after = world.row(pod).await;
    assert_eq!((after.state.fingerprint, after.state.status, after.state.failure), (before.state.fingerprint, CertificateStatus::Active, None));
    // Nor is it taken for an issued one when the time of the next has come.
    world.pass(TimeDelta::days(61));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!((world.row(pod).await.is_own, world.first.issued()), (false, 2));
}

#[tokio::test]
async fn a_customer_asks_for_a_new_one_once_a_day() {
    let (world, pod) = World::with_certificate().await;
    let job = world.install(pod, &world.bought(&[DOMAIN])).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    let services = &world.bench.services.services;
    let id = world.row(pod).await.id;
    let refused = certificates::issue_own(services, world.own().await, id).await.unwrap_err().into_api();
    assert_eq!(refused.code, ErrorCode::Conflict);
    world.pass(TimeDelta::hours(25));
    let job = certificates::issue_own(services, world.own().await, id).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    assert_eq!((world.first.issued(), world.row(pod).await.is_own), (2, false), "in place of the own one");
}

#[tokio::test]
async fn a_new_name_does_not_replace_what_a_customer_has_brought() {
    let (world, pod) = World::with_certificate().await;
    let job = world.install(pod, &world.bought(&[DOMAIN])).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    add_name(&world, "new.example.test").await;
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.settle(pod).await, None);
    assert!(world.row(pod).await.is_own);
}

#[tokio::test]
async fn one_with_a_wildcard_is_for_the_names_below_that_come_later_too() {
    let (world, pod) = World::with_certificate().await;
    let job = world.install(pod, &world.bought(&["*.example.test"])).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    add_name(&world, "new.example.test").await;
    let job = world.insist(pod, Hsts::Day).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    let shown = world.bench.services.servers.certificate("new.example.test").unwrap();
    assert!(shown.redirect && shown.hsts == Some(86_400));
    assert_eq!(world.row(pod).await.state.covers, ["*.example.test"]);
}

#[tokio::test]
async fn nobody_installs_a_certificate_for_somebody_elses_site() {
    let (world, pod) = World::with_certificate().await;
    let db = &world.bench.services.db;
    let rival = db.user("eve@example.test", None).await;
    let other = db.tenant("globex").await;
    db.member(other, &rival, "TENANT_OWNER").await;
    let services = &world.bench.services.services;
    let (id, (chain, key)) = (world.row(pod).await.id, world.bought(&[DOMAIN]));
    let tx = || async { services.db.tenant::<SslManage>(&rival, other).await.unwrap() };
    let code = |error: engine::Error| error.into_api().code;
    assert_eq!(code(certificates::install(services, tx().await, id, &chain, &key).await.unwrap_err()), ErrorCode::NotFound);
    assert_eq!(code(certificates::issue_own(services, tx().await, id).await.unwrap_err()), ErrorCode::NotFound);
    assert_eq!(code(certificates::set_hsts(services, tx().await, id, Hsts::Day).await.unwrap_err()), ErrorCode::NotFound);
    let mut read = services.db.tenant::<SslRead>(&rival, other).await.unwrap();
    assert_eq!(code(certificates::get_own(services, &mut read, id).await.unwrap_err()), ErrorCode::NotFound);
}
