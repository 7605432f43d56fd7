//! CAA records are looked up before anything is ordered.

use super::world::{DOMAIN, World};
use adapters::dns::{CaaRecord, Dns, DnsUnavailable, DsRecord, Found};
use chrono::TimeDelta;
use model::{administration::provisioning::JobStatus, hosting::certificates::CertificateStatus, permission::SslRead};
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

#[tokio::test]
async fn where_caa_forbids_it_nothing_is_ordered_and_the_owner_is_told_which_record_and_what_to_set() {
    let (world, pod) = World::with_site().await;
    world.dns.set_caa("example.test", &[("issue", "letsencrypt.test"), ("iodef", "mailto:ops@example.test")]);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    assert_eq!((world.first.placed(), world.second.placed()), (0, 0), "no CA is asked");

    let services = &world.bench.services.services;
    let mut tx = services.db.tenant::<SslRead>(&world.owner, world.bench.tenant).await.unwrap();
    let row = crate::certificates::get_own(services, &mut tx, world.row(pod).await.id).await.unwrap();
    drop(tx);
    assert_eq!(
        row.state.failure.as_deref(),
        Some("The CAA record at example.test forbids first.test to issue a certificate for blog.example.test: 0 issue \"letsencrypt.test\".")
    );
    assert_eq!(row.state.remedy.as_deref(), Some("Add this CAA record at example.test: 0 issue \"first.test\". Then retry."));
    assert_eq!((row.state.status, row.owner_can_fix), (CertificateStatus::Failed, true));
    assert_eq!(world.told().await, ["SSL_ISSUE_REQUESTED", "SSL_FAILED"]);

    world.dns.set_caa("example.test", &[("issue", "letsencrypt.test"), ("issue", "first.test")]);
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    let row = world.row(pod).await;
    assert_eq!((row.state.status, row.state.failure, row.owner_can_fix), (CertificateStatus::Active, None, false));
}

#[tokio::test]
async fn records_at_the_name_itself_count_and_not_those_above_it() {
    let (world, pod) = World::with_site().await;
    world.dns.set_caa("example.test", &[("issue", ";")]);
    world.dns.set_caa(DOMAIN, &[("issue", "first.test; account=7")]);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
}

#[tokio::test]
async fn a_certificate_is_ordered_from_the_ca_that_caa_permits() {
    let (world, pod) = World::with_site().await;
    world.dns.set_caa(DOMAIN, &[("issue", "second.test")]);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!((world.first.placed(), world.second.issued()), (0, 1));
}

#[tokio::test]
async fn a_ca_that_does_not_say_what_caa_records_call_it_decides_itself() {
    let (world, pod) = World::with_site().await;
    world.first.set_identities(&[]);
    world.dns.set_caa(DOMAIN, &[("issue", "letsencrypt.test")]);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!(world.first.issued(), 1);
}

#[tokio::test]
async fn where_caa_cannot_be_looked_up_nothing_is_ordered_and_it_is_tried_again() {
    let (world, pod) = World::with_site().await;
    world.dns.fail("example.test");
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    assert_eq!(world.first.placed(), 0);
    let row = world.row(pod).await;
    assert!(row.state.failure.unwrap().starts_with("The CAA records of example.test could not be looked up"));
    world.dns.set_caa("example.test", &[]);
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
}

/// Fails at the first question about CAA records, and knows none afterwards.
#[derive(Default)]
struct FailsOnce(AtomicBool);

#[async_trait::async_trait]
impl Dns for FailsOnce {
    async fn texts(&self, _: &str) -> Result<Vec<String>, DnsUnavailable> {
        Ok(Vec::new())
    }

    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, DnsUnavailable> {
        Ok(Vec::new())
    }

    async fn name_servers(&self, _: &str) -> Result<Vec<String>, DnsUnavailable> {
        Ok(Vec::new())
    }

    async fn caa(&self, _: &str) -> Result<Vec<CaaRecord>, DnsUnavailable> {
        if self.0.swap(true, Ordering::SeqCst) { Ok(Vec::new()) } else { Err(DnsUnavailable("SERVFAIL".to_owned())) }
    }

    async fn ds(&self, _: &str) -> Result<Vec<DsRecord>, DnsUnavailable> {
        Ok(Vec::new())
    }

    async fn lookup(&self, _: &str, _: &str, _: &str) -> Vec<(String, Result<(Found, Option<u32>), DnsUnavailable>)> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_lookup_of_caa_that_fails_once_is_made_again_within_the_job() {
    let (mut world, pod) = World::with_site().await;
    world.bench.services.services = world.bench.services.services.clone().with::<dyn Dns>(Arc::new(FailsOnce::default()));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!((world.first.placed(), world.row(pod).await.state.failure), (1, None));
}
