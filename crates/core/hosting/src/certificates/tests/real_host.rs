//! From an order to HTTPS on a real host, with a CA that validates for real.

use crate::{
    certificates, suspensions,
    testing::{Pebble, Yard},
};
use adapters::{
    acme::Authorities,
    visitor::{Visitor, WebVisitor},
};
use chrono::TimeDelta;
use engine::{Modules, reconcile::run_due};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        certificates::{CertificateRow, CertificateStatus, Hsts},
        cloudpods::{PodStatus, Stack},
        suspensions::SuspensionReason,
    },
    ids::{CloudPodId, JobId},
    permission::SslRead,
};
use std::{net::IpAddr, sync::Arc};

const DOMAIN: &str = "blog.example.test";

/// Lets the reconcilers start what is due, and brings that job to its end.
async fn settle(yard: &Yard, pod: CloudPodId) -> Option<JobStatus> {
    run_due(&yard.bench.services.services).await.unwrap();
    let unfinished = "select id from jobs where subject_id = $1 and status in ('queued', 'running')";
    let job: Option<JobId> = sqlx::query_scalar(unfinished).bind(pod).fetch_optional(&mut yard.bench.services.db.owner().await).await.unwrap();
    match job {
        Some(job) => Some(yard.bench.finish(job).await),
        None => None,
    }
}

async fn row(yard: &Yard, pod: CloudPodId) -> CertificateRow {
    let services = &yard.bench.services.services;
    let mut tx = services.db.platform::<SslRead>(&yard.bench.admin).await.unwrap();
    certificates::of_pod(services, &mut tx, pod).await.unwrap().pop().expect("the site was looked at")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn an_ordered_site_answers_over_https_to_a_visitor_who_trusts_nothing_but_the_cas_root() {
    let Some(mut yard) = Yard::fresh().await else { return };
    let address = yard.host.address;
    let pebble = Pebble::start(address).await;
    let web = WebVisitor::new(Some(&pebble.root), &[(DOMAIN, IpAddr::V4(address))]).unwrap();
    let modules = Modules::default().with(crate::register).with(certificates::register_issuing);
    let services = &mut yard.bench.services.services;
    *services = services
        .clone()
        .with(Arc::new(modules))
        .with(Arc::new(Authorities::new(Arc::new(pebble.authority()), [])))
        .with::<dyn Visitor>(Arc::new(web));
    let visitor = pebble.visitor(DOMAIN, address);
    let pod = yard.bench.running(Stack::Wordpress, DOMAIN).await;
    assert!(visitor.get(format!("https://{DOMAIN}/")).send().await.is_err(), "there is no HTTPS yet");

    assert_eq!(settle(&yard, pod.id).await, Some(JobStatus::Done));

    let page = visitor.get(format!("http://{DOMAIN}/")).send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.url().as_str()), (200, "https://blog.example.test/"), "sent to HTTPS");
    let text = page.text().await.unwrap();
    assert!(text.contains("Ana &#038; Sons") || text.contains("Ana &amp; Sons"), "{text:.400}");
    assert!(!text.contains(&format!("http://{DOMAIN}")), "nothing is fetched over HTTP");
    let first = row(&yard, pod.id).await;
    assert_eq!(
        (first.state.status, first.is_redirecting, first.state.covers.as_slice()),
        (CertificateStatus::Active, true, [DOMAIN.to_owned()].as_slice())
    );
    let left = yard.host.exec(&["sh", "-c", "ls /var/lib/mpanel/acme/.well-known/acme-challenge"]).await.unwrap().stdout;
    assert_eq!(left.trim(), "", "no answer is left");

    // Renewed by itself while visitors come and go.
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let asking = tokio::spawn({
        let visitor = visitor.clone();
        async move {
            let mut answers = 0;
            while !*stopped.borrow_and_update() {
                let answer = visitor.get(format!("https://{DOMAIN}/license.txt")).send().await.expect("no visitor is lost");
                assert_eq!(answer.status().as_u16(), 200);
                answers += 1;
            }
            answers
        }
    });
    sqlx::query("update ssl_certificates set renew_at = now() - interval '1 second', checked_at = null")
        .execute(&mut yard.bench.services.db.owner().await)
        .await
        .unwrap();
    sqlx::query("update ssl_certificates set checked_at = now() + interval '1 hour'")
        .execute(&mut yard.bench.services.db.owner().await)
        .await
        .unwrap();
    yard.bench.services.clock.advance(TimeDelta::minutes(6));
    assert_eq!(settle(&yard, pod.id).await, Some(JobStatus::Done));
    stop.send(true).unwrap();
    assert!(asking.await.unwrap() > 0);
    let second = row(&yard, pod.id).await;
    assert_ne!(second.state.fingerprint, first.state.fingerprint);

    // Browsers insist on it once its owner wants that.
    let owner = yard.bench.services.db.user("ana@example.test", None).await;
    yard.bench.services.db.member(yard.bench.tenant, &owner, "TENANT_OWNER").await;
    for (choice, sent) in [(Hsts::Day, "max-age=86400"), (Hsts::Off, "max-age=0")] {
        let services = &yard.bench.services.services;
        let tx = services.db.tenant(&owner, yard.bench.tenant).await.unwrap();
        let job = certificates::set_hsts(services, tx, second.id, choice).await.unwrap();
        assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
        let page = visitor.get(format!("https://{DOMAIN}/")).send().await.unwrap();
        assert_eq!(page.headers()["strict-transport-security"], sent);
    }

    // Suspended it is closed over HTTPS too, and comes back over it.
    let services = yard.bench.services.services.clone();
    let tx = services.db.platform(&yard.bench.admin).await.unwrap();
    suspensions::suspend(&services, tx, pod.id, SuspensionReason::Staff, "").await.unwrap();
    assert_eq!(settle(&yard, pod.id).await, Some(JobStatus::Done));
    assert_eq!(yard.bench.status(pod.id).await, PodStatus::Suspended);
    assert_eq!(visitor.get(format!("https://{DOMAIN}/")).send().await.unwrap().status().as_u16(), 503);
    let tx = services.db.platform(&yard.bench.admin).await.unwrap();
    suspensions::unsuspend(&services, tx, pod.id, SuspensionReason::Staff).await.unwrap();
    assert_eq!(settle(&yard, pod.id).await, Some(JobStatus::Done));
    assert_eq!(visitor.get(format!("https://{DOMAIN}/")).send().await.unwrap().status().as_u16(), 200);
    yard.down().await;
}
