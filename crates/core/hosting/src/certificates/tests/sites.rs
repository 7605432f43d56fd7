//! A site gets its certificate when its names lead here, and not before visitors were seen to get it.

use super::world::{DOMAIN, World};
use crate::{certificates, cloudpods::websites, domains};
use adapters::{
    acme::{Authorities, FakeAuthority, Mood},
    node::simulated::Fault,
    visitor::Visitor,
};
use chrono::TimeDelta;
use db::{Caller, TenantTx};
use engine::Services;
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::{
        certificates::CertificateStatus,
        cloudpods::{PodStatus, Stack},
        domains::DomainHttps,
        suspensions::SuspensionReason,
    },
    ids::{TenantId, WebsiteId},
    page::PageRequest,
    permission::{DomainsRead, SslRead},
};
use std::{sync::Arc, time::Duration};
use wire::message::{Failure, FailureKind};

#[tokio::test]
async fn a_site_whose_name_leads_here_is_served_over_https_by_itself() {
    let (world, pod) = World::with_site().await;
    assert_eq!(world.visitor.http(DOMAIN, "/").await.unwrap().status, 200, "over HTTP at first");

    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));

    let row = world.row(pod).await;
    assert_eq!(
        (row.state.status, row.is_redirecting, row.state.covers.as_slice()),
        (CertificateStatus::Active, true, [DOMAIN.to_owned()].as_slice())
    );
    assert_eq!(world.visitor.https(DOMAIN).await.unwrap().fingerprint, row.state.fingerprint.unwrap());
    assert_eq!(world.visitor.http(DOMAIN, "/").await.unwrap().location.as_deref(), Some("https://blog.example.test/"));
    assert_eq!(world.told().await, ["SSL_ISSUE_REQUESTED", "SSL_ISSUED"]);
    assert_eq!((world.first.issued(), world.first.accounts(), world.second.placed()), (1, 1, 0));
    assert_eq!(world.settle(pod).await, None, "there is nothing left to do");
}

#[tokio::test]
async fn a_customer_lists_the_certificates_of_the_own_sites_and_nobody_elses() {
    let (world, pod) = World::with_certificate().await;
    let (services, db) = (&world.bench.services.services, &world.bench.services.db);
    let rival = db.user("eve@example.test", None).await;
    let other = db.tenant("globex").await;
    db.member(other, &rival, "TENANT_OWNER").await;
    let list = async |caller: &Caller, tenant: TenantId, request: PageRequest| {
        let mut tx: TenantTx<SslRead> = services.db.tenant(caller, tenant).await.unwrap();
        certificates::list_own(services, &mut tx, &request).await.unwrap().rows
    };
    assert_eq!(list(&world.owner, world.bench.tenant, PageRequest::default()).await, [world.row(pod).await]);
    let named = PageRequest { search: Some("BLOG.".to_owned()), ..PageRequest::default() };
    assert_eq!(list(&world.owner, world.bench.tenant, named).await.len(), 1);
    let failed = PageRequest { state: Some(CertificateStatus::Failed.as_str().to_owned()), ..PageRequest::default() };
    assert!(list(&world.owner, world.bench.tenant, failed).await.is_empty());
    assert!(list(&rival, other, PageRequest::default()).await.is_empty());
}

#[tokio::test]
async fn a_domain_says_how_far_its_names_are_on_their_way_to_https() {
    for leads_elsewhere in [false, true] {
        let (world, pod) = World::with_site().await;
        let (services, tenant) = (&world.bench.services.services, world.bench.tenant);
        let id = domains::connect(services, services.db.tenant(&world.owner, tenant).await.unwrap(), DOMAIN).await.unwrap();
        let https = async || {
            let mut tx: TenantTx<DomainsRead> = services.db.tenant(&world.owner, tenant).await.unwrap();
            domains::get_own(&mut tx, id).await.unwrap().https
        };
        assert_eq!(https().await, DomainHttps::Unknown);
        world.visitor.lead_elsewhere(DOMAIN, leads_elsewhere);
        if leads_elsewhere {
            assert_eq!(world.settle(pod).await, None);
            assert_eq!(https().await, DomainHttps::Waiting);
            world.visitor.lead_elsewhere(DOMAIN, false);
            world.pass(TimeDelta::minutes(3));
            assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
        } else {
            let job = world.due(pod).await.expect("a certificate is asked for");
            assert_eq!(https().await, DomainHttps::Issuing);
            assert_eq!(world.bench.finish(job).await, JobStatus::Done);
        }
        assert_eq!(https().await, DomainHttps::Served);
    }
}

#[tokio::test]
async fn a_site_below_the_platforms_own_domain_gets_one_too() {
    let world = World::new().await;
    let pod = world.bench.running(Stack::Static, "").await;
    assert_eq!(world.settle(pod.id).await, Some(JobStatus::Done));
    assert_eq!(world.row(pod.id).await.state.covers, [pod.domain]);
}

#[tokio::test]
async fn a_name_that_does_not_lead_here_is_said_and_not_tried() {
    let (world, pod) = World::with_site().await;
    world.visitor.lead_elsewhere(DOMAIN, true);

    assert_eq!(world.settle(pod).await, None);
    let row = world.row(pod).await;
    assert_eq!((row.state.status, row.state.failure.as_deref()), (CertificateStatus::Failed, Some("blog.example.test leads to another server.")));
    assert!(row.state.remedy.unwrap().starts_with("Point blog.example.test to "));
    assert_eq!((world.first.placed(), world.bench.services.servers.challenges(world.bench.server)), (0, 0), "no CA is asked, and no mark is left");

    world.visitor.lead_elsewhere(DOMAIN, false);
    assert_eq!(world.settle(pod).await, None, "not before its time");
    world.pass(TimeDelta::minutes(3));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done), "whoever sets a domain up waits for it");
    assert_eq!(world.row(pod).await.state.failure, None);
}

#[tokio::test]
async fn a_name_that_stays_elsewhere_is_looked_for_less_and_less() {
    let (world, pod) = World::with_site().await;
    world.visitor.lead_elsewhere(DOMAIN, true);
    assert_eq!(world.settle(pod).await, None);
    let mut looks = vec![0];
    for minute in 1..24 * 60 {
        world.pass(TimeDelta::minutes(1));
        if world.row(pod).await.state.next_try_at.is_none_or(|at| at <= world.bench.services.services.now()) {
            assert_eq!(world.settle(pod).await, None);
            looks.push(minute);
        }
    }
    assert!(looks.iter().filter(|at| **at < 60).count() >= 6, "{looks:?}");
    assert!((16..=20).contains(&looks.len()), "{looks:?}");
    let row = world.row(pod).await;
    assert_eq!((row.state.failures, world.first.placed()), (0, 0), "no CA was asked, so none has refused");
}

#[tokio::test]
async fn https_that_nobody_reaches_is_not_taken_into_use_and_costs_no_second_certificate() {
    let (world, pod) = World::with_site().await;
    world.visitor.block_https(DOMAIN, true);

    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    assert_eq!(world.visitor.http(DOMAIN, "/").await.unwrap().status, 200, "nobody is sent to HTTPS");
    assert_eq!(world.bench.services.servers.certificate(DOMAIN), None, "the server has it no more");
    let row = world.row(pod).await;
    assert_eq!(row.state.failure.as_deref(), Some("HTTPS does not work from outside: no connection to blog.example.test."));
    assert!(row.state.remedy.unwrap().contains("port 443"));

    world.visitor.block_https(DOMAIN, false);
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!((world.first.placed(), world.first.issued()), (1, 1), "what was issued is taken");
}

#[tokio::test]
async fn a_certificate_that_browsers_do_not_trust_is_not_taken_into_use() {
    let (mut world, pod) = World::with_site().await;
    let stranger = FakeAuthority::new("https://stranger.test/dir", Arc::clone(&world.visitor) as Arc<dyn Visitor>, {
        let clock = Arc::clone(&world.bench.services.clock);
        Arc::new(move || engine::clock::Clock::now(&*clock))
    });
    let authorities = adapters::acme::Authorities::new(Arc::new(stranger.unwrap()), []);
    world.bench.services.services = world.bench.services.services.clone().with(Arc::new(authorities));

    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    assert!(world.row(pod).await.state.failure.unwrap().contains("do not trust"));
    assert_eq!(world.bench.services.servers.certificate(DOMAIN), None);
}

#[tokio::test]
async fn where_the_first_ca_does_not_work_the_second_one_is_asked() {
    for mood in [Mood::Down, Mood::RateLimited(Some(Duration::from_secs(60)))] {
        let (world, pod) = World::with_site().await;
        world.first.set_mood(mood);
        assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
        assert_eq!(world.second.issued(), 1);
        assert_eq!(world.row(pod).await.state.issuer.as_deref(), Some("Root of https://second.test/dir"));
    }
}

#[tokio::test]
async fn what_a_ca_refuses_is_said_with_its_reason_and_no_other_one_is_asked() {
    let (world, pod) = World::with_site().await;
    world.first.set_mood(Mood::Refuses(DOMAIN.to_owned()));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    let row = world.row(pod).await;
    assert_eq!(row.state.failure.as_deref(), Some("fake CA refused: policy forbids issuing for blog.example.test."));
    assert_eq!((row.state.status, world.second.placed()), (CertificateStatus::Failed, 0));
    assert_eq!(world.told().await, ["SSL_ISSUE_REQUESTED", "SSL_FAILED"]);
}

#[tokio::test]
async fn a_ca_that_limits_requests_is_left_alone_as_long_as_it_says() {
    let (world, pod) = World::with_site().await;
    for ca in [&world.first, &world.second] {
        ca.set_mood(Mood::RateLimited(Some(Duration::from_secs(36 * 3600))));
    }
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    let asked = world.first.placed();
    for _ in 0..34 {
        world.pass(TimeDelta::hours(1));
        assert_eq!(world.settle(pod).await, None);
    }
    assert_eq!(world.first.placed(), asked);
    world.first.set_mood(Mood::Well);
    world.pass(TimeDelta::hours(3));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
}

#[tokio::test]
async fn a_ca_that_is_slow_signs_once_and_is_asked_again_for_the_same() {
    let (world, pod) = World::with_site().await;
    world.first.set_mood(Mood::Slow(2));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!((world.first.placed(), world.first.issued()), (1, 1));
}

#[tokio::test]
async fn failures_are_tried_again_after_growing_pauses() {
    let (world, pod) = World::with_site().await;
    world.first.set_mood(Mood::Refuses(DOMAIN.to_owned()));
    let mut tries = 0;
    for _ in 0..48 {
        if world.settle(pod).await.is_some() {
            tries += 1;
        }
        world.pass(TimeDelta::hours(1));
    }
    assert!((4..=6).contains(&tries), "{tries} tries in two days");
}

#[tokio::test]
async fn what_the_server_refuses_is_not_used_and_the_site_goes_on() {
    let (world, pod) = World::with_site().await;
    let refusal = Failure::new(FailureKind::Refused, "nginx rejected the virtual host");
    world.bench.services.servers.fault_on("PodApply", Fault::Fail(refusal));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    assert_eq!(world.row(pod).await.state.failure.as_deref(), Some("Nginx rejected the virtual host."));
    assert_eq!(world.visitor.http(DOMAIN, "/").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_suspended_site_keeps_its_certificate_and_is_closed_over_https_too() {
    let (world, pod) = World::with_certificate().await;
    let services = &world.bench.services.services;
    let tx = services.db.platform(&world.bench.admin).await.unwrap();
    crate::suspensions::suspend(services, tx, pod, SuspensionReason::Staff, "").await.unwrap();
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!(world.bench.status(pod).await, PodStatus::Suspended);
    assert_eq!(world.visitor.https(DOMAIN).await.unwrap().status, 503);
}

#[tokio::test]
async fn a_deleted_site_leaves_no_key() {
    let (world, pod) = World::with_certificate().await;
    let name = world.row(pod).await.pod_name;
    let job = world.bench.delete(pod, &name).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    assert_eq!(world.settle(pod).await, None);
    assert_eq!(world.bench.count("select count(*) from ssl_certificates where cloud_pod_id = $1", pod.0).await, 0);
}

#[tokio::test]
async fn without_a_ca_nothing_is_looked_at_and_nothing_is_offered() {
    let (world, pod) = World::with_certificate().await;
    let id = world.row(pod).await.id;
    let bench = &world.bench;
    let bare = Services { parts: bench_parts_without_ca(bench), ..bench.services.services.clone() };
    let mut tx = bare.db.platform::<SslRead>(&bench.admin).await.unwrap();
    assert_eq!(certificates::of_pod(&bare, &mut tx, pod).await.unwrap(), Vec::new());
    drop(tx);
    assert!(certificates::are_issued(&bench.services.services) && !certificates::are_issued(&bare));
    let mut own: TenantTx<SslRead> = bare.db.tenant(&world.owner, bench.tenant).await.unwrap();
    assert!(certificates::list_own(&bare, &mut own, &PageRequest::default()).await.unwrap().rows.is_empty());
    drop(own);
    let refused = certificates::issue(&bare, bare.db.platform(&bench.admin).await.unwrap(), id).await.unwrap_err();
    assert_eq!(refused.into_api().code, ErrorCode::Conflict);
}

fn bench_parts_without_ca(bench: &crate::testing::Bench) -> engine::services::Parts {
    engine::testing::services_around(bench.services.services.db.clone(), Arc::clone(&bench.services.clock), Arc::clone(&bench.services.servers) as _)
        .parts
}

#[tokio::test]
async fn certificates_are_listed_by_their_status_and_by_name() {
    let (world, pod) = World::with_certificate().await;
    let services = &world.bench.services.services;
    let mut tx = services.db.platform::<SslRead>(&world.bench.admin).await.unwrap();
    for (state, search, expected) in [(None, None, 1), (Some("ACTIVE"), Some("BLOG"), 1), (Some("FAILED"), None, 0), (None, Some("shop"), 0)] {
        let request = PageRequest { state: state.map(str::to_owned), search: search.map(str::to_owned), ..PageRequest::default() };
        let page = certificates::list(services, &mut tx, &request).await.unwrap();
        assert_eq!(page.rows.len(), expected, "{state:?} {search:?}");
        assert!(page.rows.iter().all(|row| row.cloud_pod == pod));
    }
}

#[tokio::test]
async fn a_deleted_site_leaves_no_certificate_and_no_key() {
    let (world, pod) = World::with_certificate().await;
    let (services, tenant, owner) = (&world.bench.services.services, world.bench.tenant, &world.owner);
    let new = websites::NewSite { title: "Shop".to_owned(), stack: Stack::Static, runtime: None, domain: String::new() };
    let job = websites::create(services, services.db.tenant(owner, tenant).await.unwrap(), pod, new).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done), "it gets one of its own");
    let keys = "select count(*) from ssl_certificates where cloud_pod_id = $1 and sealed_key is not null";
    assert_eq!(world.bench.count(keys, pod.0).await, 2);

    let shop = "select id from websites where cloud_pod_id = $1 and title = 'Shop'";
    let shop: WebsiteId = sqlx::query_scalar(shop).bind(pod).fetch_one(&mut world.bench.services.db.owner().await).await.unwrap();
    let job = websites::delete(services, services.db.tenant(owner, tenant).await.unwrap(), shop, "shop--blog.sites.example").await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    assert_eq!(world.settle(pod).await, None);
    assert_eq!(world.bench.count("select count(*) from ssl_certificates where website_id = $1", shop.0).await, 0);
    assert_eq!(
        (world.bench.count(keys, pod.0).await, world.row(pod).await.state.status),
        (1, CertificateStatus::Active),
        "its neighbour keeps its own"
    );
}

#[tokio::test]
async fn one_account_has_its_share_of_what_the_ca_issues_for_the_platforms_own_domain() {
    let mut world = World::new().await;
    let authorities = world.bench.services.services.find::<Authorities>().unwrap().as_ref().clone();
    world.bench.services.services = world.bench.services.services.clone().with(Arc::new(authorities.with_certificates_per_week(10)));
    for _ in 0..2 {
        let pod = world.bench.running(Stack::Static, "").await;
        assert_eq!(world.settle(pod.id).await, Some(JobStatus::Done));
        world.pass(TimeDelta::days(1));
    }
    let third = world.bench.running(Stack::Static, "").await;
    assert_eq!(world.settle(third.id).await, None);
    let row = world.row(third.id).await;
    assert!(row.state.failure.unwrap().starts_with("2 certificates for names below"), "{:?}", row.state.remedy);
    assert!(row.state.remedy.unwrap().contains("Names of your own domains are not counted."));
    let error = certificates::issue_own(&world.bench.services.services, world.own().await, row.id).await.unwrap_err();
    assert_eq!(error.into_api().code, ErrorCode::Conflict);
    assert_eq!(world.first.placed(), 2);

    let own = world.bench.running(Stack::Static, DOMAIN).await;
    assert_eq!(world.settle(own.id).await, Some(JobStatus::Done), "a domain of the account's own is another matter");
    assert_eq!(world.settle(third.id).await, None);
    world.pass(TimeDelta::days(5));
    assert_eq!(world.settle(third.id).await, Some(JobStatus::Done));
}
